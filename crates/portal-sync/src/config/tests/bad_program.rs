//! Store, server and telemetry that are refused, each with the message it is refused with.

use super::{refused, with_token};

#[test]
fn stores() {
    refused(
        &with_token("", "portalSync: { store: { url: portal.db } }"),
        "
app-config.yaml:7:29: portalSync.store.url: `portal.db` does not say which store it is
  fix: put `sqlite:` in front of the name of the file
",
    );
    refused(
        &with_token("", "portalSync: { store: { url: 'mysql://db' } }"),
        "
app-config.yaml:7:29: portalSync.store.url: `mysql:` is not a store that is known: use sqlite:PATH or postgres://…
",
    );
    refused(
        &with_token("", "portalSync: { store: { url: 'sqlite:' } }"),
        "
app-config.yaml:7:29: portalSync.store.url: `sqlite:` names no file
  fix: write `sqlite:portal-sync.db`
",
    );
    refused(
        &with_token("", "portalSync: { store: sqlite:portal.db }"),
        "
app-config.yaml:7:22: portalSync.store: expected a map with `url`, found a text
",
    );
}

#[test]
fn addresses() {
    refused(&with_token("", "portalSync: { server: { listen: 0.0.0.0:7007 } }"), "
app-config.yaml:7:33: portalSync.server.listen: `0.0.0.0:7007` is reachable from other machines, and no token is needed
  fix: add `tokens: ['${PORTAL_SYNC_TOKEN}']` beside it, or listen on `127.0.0.1`
");
    refused(&with_token("", "portalSync: { server: { listen: '[::]:7007', tokens: [] } }"), "
app-config.yaml:7:33: portalSync.server.listen: `[::]:7007` is reachable from other machines, and no token is needed
  fix: add `tokens: ['${PORTAL_SYNC_TOKEN}']` beside it, or listen on `127.0.0.1`
");
    refused(
        &with_token("", "portalSync: { server: { listen: portal:8080 } }"),
        "
app-config.yaml:7:33: portalSync.server.listen: `portal:8080` is not an IP address with a port
  fix: write `127.0.0.1:8080` for this machine only, `0.0.0.0:8080` for all
",
    );
    refused(&with_token("", "portalSync: { server: { listen: 7007 } }"), "
app-config.yaml:7:33: portalSync.server.listen: expected an address with a port, such as `127.0.0.1:7007`, found `7007`
");
}

#[test]
fn telemetry() {
    refused(
        &with_token(
            "",
            "portalSync: { telemetry: { log: yaml, otlpEndpoint: collector:4318 } }",
        ),
        "
app-config.yaml:7:33: portalSync.telemetry.log: `yaml` is not known here
  fix: use one of `text` and `json`
app-config.yaml:7:53: portalSync.telemetry.otlpEndpoint: not an `http:` or `https:` address
  fix: write something like `http://127.0.0.1:4318`
",
    );
    refused(
        &with_token(
            "",
            "portalSync: { telemetry: { log: jsn, otlp: http://127.0.0.1:4318 } }",
        ),
        "
app-config.yaml:7:33: portalSync.telemetry.log: `jsn` is not known here
  fix: did you mean `json`?
app-config.yaml:7:38: portalSync.telemetry.otlp: unknown key
  fix: the keys here are `log` and `otlpEndpoint`
",
    );
}

#[test]
fn the_section_itself() {
    refused(
        &with_token("", "portalSync: [1]"),
        "
app-config.yaml:7:13: portalSync: expected a map, found a list
",
    );
    refused(
        &with_token(
            "",
            "portalSync: { servr: {}, rateLimit: { share: 80 }, telemtry: 5 }",
        ),
        "
app-config.yaml:7:15: portalSync.servr: unknown key
  fix: did you mean `server`?
app-config.yaml:7:46: portalSync.rateLimit.share: `80` has no percent sign
  fix: write `80%`
app-config.yaml:7:52: portalSync.telemtry: unknown key
  fix: did you mean `telemetry`?
",
    );
    refused(&with_token("", "portalSync: { history: 5 }"), "
app-config.yaml:7:15: portalSync.history: unknown key
  fix: the keys here are `usersFromGroups`, `includeEmptyGroups`, `rateLimit`, `guard`, `limits`, `reconcile`, `mapping`, `store`, `retention`, `server`, `feed` and `telemetry`
");
}

#[test]
fn retention() {
    refused(&with_token("", "portalSync: { retention: { runs: 0, days: 36501, weeks: 3 } }"), "
app-config.yaml:7:34: portalSync.retention.runs: expected a whole number from 1 to 1000000, found `0`
app-config.yaml:7:43: portalSync.retention.days: expected a whole number from 1 to 36500, found `36501`
app-config.yaml:7:50: portalSync.retention.weeks: unknown key
  fix: the keys here are `runs` and `days`
");
    refused(&with_token("", "portalSync: { retention: 5 }"), "
app-config.yaml:7:26: portalSync.retention: expected a map such as `{ runs: 1000, days: 400 }`, found a number
");
}

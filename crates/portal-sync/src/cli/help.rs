//! What `--help` says at its end: exit codes and examples.

/// Of the program.
pub(super) const PROGRAM: &str = "\
Exit codes:
   0  done; for `plan`: nothing to change
   2  `plan` has changes; `forget` waits for an approval
   3  removals or renames withheld by the guard
   4  partial: something could not be read or named, and stays as it was
  10  command line or configuration
  11  Okta refuses the credentials or the permission
  12  Okta cannot be reached, fails, or answers against its protocol
  13  the store fails, or a result cannot be written
  14  another run changed the catalog meanwhile; nothing was written
  70  a bug

Examples:
  portal-sync config check    Is the configuration good?
  portal-sync plan            What would change?
  portal-sync sync            Change it, once
  portal-sync serve           Keep it right, and serve it";

/// Of `sync`.
pub(super) const SYNC: &str = "\
Exit codes: 0 done, 3 removals withheld, 4 partial; failures from 10 on, as `portal-sync --help` lists them.

Examples:
  portal-sync sync                     Once, with the configuration of this folder
  portal-sync sync --format json       One JSON object for each provider
  portal-sync sync --approve 1a2b3c4d  Let the removals go that this plan withheld
  portal-sync sync --record rec        Keep what Okta answers, for `plan --replay rec`";

/// Of `plan`.
pub(super) const PLAN: &str = "\
Exit codes: 0 nothing to change, 2 changes, 3 removals would be withheld, 4 partial; failures from 10 on, as
`portal-sync --help` lists them.

Examples:
  portal-sync plan                             What would change, a line each
  portal-sync plan --format json > plan.json   The same for a program
  portal-sync plan --config prod.yaml          With another configuration
  portal-sync plan --replay rec                What `sync --record rec` saw, without Okta";

/// Of `runs`.
pub(super) const RUNS: &str = "\
Exit codes: 0 listed, or there are none yet; 10 no such tenant; 13 the store fails.

Examples:
  portal-sync runs                                  What the last twenty changed
  portal-sync runs --provider acme --limit 1000     More of one tenant
  portal-sync runs --format json | jq .outcome      One JSON object a line
  portal-sync runs show 12                          Everything that one of them changed, and why";

/// Of `runs show`.
pub(super) const RUNS_SHOW: &str = "\
Exit codes: 0 shown; 10 no such run; 13 the store fails.

Examples:
  portal-sync runs show 12                                Who came, who went, and why
  portal-sync runs show 12 --format json | jq '.changes'  The same for a program";

/// Of `runs of`.
pub(super) const RUNS_OF: &str = "\
Exit codes: 0 shown; 10 the ledger has nothing of it; 13 the store fails.

Examples:
  portal-sync runs of user:default/jane    When Jane came, changed and went, and why
  portal-sync runs of 00u1a2b3c4d5E6F7g8h9 The same by her Okta id, whatever she was called";

/// Of `explain`.
pub(super) const EXPLAIN: &str = "\
Exit codes: 0 found, and told; 10 nothing fits; 11 or 12 Okta cannot be asked; 13 the store fails.

Examples:
  portal-sync explain user jane@example.com          By her login or e-mail address: by which rule she is in, or out
  portal-sync explain group Platform                 A group by its name in Okta
  portal-sync explain user user:default/jane --live  Ask Okta for her, and tell the clause of `userFilter` that decides
  portal-sync explain user jane --format json        One JSON object for each person who fits";

/// Of `forget`.
pub(super) const FORGET: &str = "\
Exit codes: 0 forgotten; 2 shown what would go; 10 the tenant is configured, or nobody knows it; 13 the store fails; 14 it is
being run.

Examples:
  portal-sync forget old-acme                     What would go, and the id of that
  portal-sync forget old-acme --approve 1a2b3c4d  Let it go";

/// Of `store check`.
pub(super) const STORE_CHECK: &str = "\
Exit codes: 0 whole; 13 damaged, or there is none yet. Nothing is written.

Examples:
  portal-sync store check                                  Is it whole, and how old is what is in it?
  portal-sync store check --format json | jq '.providers'  For a program";

/// Of `store backup`.
pub(super) const STORE_BACKUP: &str = "\
Exit codes: 0 copied; 10 the file is there already; 13 it cannot be written, or the store is damaged.

Examples:
  portal-sync store backup /backup/monday.db  While `serve` goes on

To restore one, stop `serve`, move the files of the store away, and copy the backup to the path of the store.";

/// Of `export`.
pub(super) const EXPORT: &str = "\
Exit codes: 0 all of it is written, or its reader wanted no more; 13 there is no catalog, or it cannot be written whole.

Examples:
  portal-sync export > org.yaml                 YAML documents, as a Backstage location reads them
  portal-sync export --format ndjson | jq .kind One JSON object a line
  portal-sync export --out org --shards 8       Eight files, in the place of those of the export before";

/// Of `config print`.
pub(super) const CONFIG_PRINT: &str = "\
Exit codes: 0 printed; 10 the configuration is wrong, as `config check` tells.

Examples:
  portal-sync config print                        With the files of this folder
  portal-sync config print --config prod.yaml     With another configuration
  portal-sync config print --format json | jq .   For a program";

/// Of `config schema`.
pub(super) const CONFIG_SCHEMA: &str = "\
Examples:
  portal-sync config schema > portal-sync.schema.json

An editor with the YAML language server checks and completes a file that has this line:
  # yaml-language-server: $schema=portal-sync.schema.json";

/// Of `completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  portal-sync completions bash > ~/.local/share/bash-completion/completions/portal-sync
  portal-sync completions fish > ~/.config/fish/completions/portal-sync.fish";

/// Of `feed renew`.
pub(super) const FEED_RENEW: &str = "\
Backstage refuses an entity that an older provider still holds, and keeps refusing it after that provider is gone, for as long
as nothing in its file changes. A renewal changes something in each file.

Exit codes: 0 renewed; 13 there is no feed yet, or the store cannot be written.

Examples:
  portal-sync feed renew  After the older provider was removed";

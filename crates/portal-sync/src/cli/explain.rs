//! `explain`: why a person or a group is in the catalog, or is not.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use okta_auth::visible::line;

use super::session::Session;
use super::{Format, failure, output};
use crate::exit::Exit;
use crate::held::object::Kind;
use crate::run::explain::{Asking, Nothing, Sought, SoughtError, Tenant, answers};
use crate::run::provider::ProviderConfig;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// What it is
    #[arg(value_enum)]
    kind: Asked,
    /// Its Okta id, login, e-mail address, name, or the name or ref of its entity, such as `user:default/jane`
    #[arg(value_name = "KEY")]
    key: String,
    /// Ask Okta for this one object, also when it is not held; nothing is changed
    #[arg(long)]
    live: bool,
    /// Only this tenant; may repeat
    #[arg(long = "provider", value_name = "ID")]
    providers: Vec<String>,
    /// What the result looks like
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Asked {
    /// A person
    User,
    /// A group
    Group,
}

impl From<Asked> for Kind {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::User => Self::User,
            Asked::Group => Self::Group,
        }
    }
}

pub(super) async fn explain(session: Session, arguments: &ExplainArgs) -> Exit {
    match told(&session, arguments).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn told(session: &Session, arguments: &ExplainArgs) -> Result<Exit, Exit> {
    let kind = Kind::from(arguments.kind);
    let sought = Sought::new(kind, &arguments.key).map_err(|error| unfit(&error))?;
    let chosen = session.chosen(&arguments.providers)?;
    let now = session.clock.now();
    let (mut all, mut looked) = (Vec::new(), Vec::new());
    for provider in &chosen {
        let tenant = Tenant::of(provider);
        // Only who asks needs a client, and only a client a token.
        let orgs = match arguments.live {
            true => session.orgs(&[provider], |_| |_, _: &str| ()).await?,
            false => Vec::new(),
        };
        let asking = orgs.first().map(|org| Asking {
            client: org.client(),
            tenant: &tenant,
            now,
        });
        let answered = answers(&tenant, &*session.store, &sought, asking.as_ref()).await;
        let answered = answered.map_err(|error| {
            failure::print(&error, error.fix().as_deref());
            error.exit()
        })?;
        looked.push(Looked {
            provider,
            was_read: answered.was_read,
            as_of: answered.as_of,
        });
        all.extend(answered.found);
    }
    let printed = match arguments.format {
        Format::Text => all.iter().try_for_each(output::lines),
        Format::Json => all.iter().try_for_each(output::object),
    };
    printed.map_err(|error| failure::of_output(&error))?;
    if !all.is_empty() {
        return Ok(Exit::Done);
    }
    if arguments.format == Format::Json {
        let as_of = looked.iter().filter_map(|it| it.as_of).min();
        let as_of = if arguments.live { Some(now) } else { as_of };
        let nothing = Nothing::of(kind, as_of, arguments.live);
        output::object(&nothing).map_err(|error| failure::of_output(&error))?;
    }
    output::message(not_found(&sought, &looked, arguments.live));
    Ok(Exit::Usage)
}

/// Where it was looked for.
struct Looked<'a> {
    provider: &'a ProviderConfig,
    was_read: bool,
    as_of: Option<Timestamp>,
}

/// That nothing fits: where it was looked for, as of when, and what to do.
fn not_found(sought: &Sought, looked: &[Looked<'_>], live: bool) -> String {
    let kind = sought.kind.lower();
    let key = line(&sought.text);
    let (read, unread): (Vec<_>, Vec<_>) = looked.iter().partition(|it| it.was_read);
    let ids = |of: &[&Looked<'_>]| {
        let ids = of.iter().map(|it| match it.as_of {
            Some(at) => format!("{} (as of {at:.0})", it.provider.id),
            None => it.provider.id.clone(),
        });
        ids.collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("error: no {kind} `{key}` was found");
    if !read.is_empty() {
        let asked = if live { ", and Okta has none" } else { "" };
        let because = format!(
            "\n  because: neither what Okta last said nor the catalog nor the ledger has one, of {}{asked}",
            ids(&read)
        );
        text.push_str(&because);
    }
    if !unread.is_empty() {
        let was = if unread.len() == 1 { "was" } else { "were" };
        let because = format!(
            "\n  because: {} {was} never read, so nothing is held of it",
            ids(&unread)
        );
        text.push_str(&because);
    }
    let is_filtered = |it: &Looked<'_>| match sought.kind {
        Kind::User => it.provider.user_filter.is_some() || it.provider.group_filter.is_some(),
        Kind::Group => it.provider.group_filter.is_some(),
    };
    if !live && read.iter().any(|it| is_filtered(it)) {
        text.push_str("\n  because: what Okta's side of a filter leaves out is not held");
    }
    text.push_str(match (live, unread.is_empty()) {
        (false, true) => "\n  fix: correct the key, or ask Okta for it with `--live`",
        (false, false) => "\n  fix: run `portal-sync sync` first, or ask Okta for it with `--live`",
        (true, _) => "\n  fix: correct the key; an Okta id is what nothing else can be called",
    });
    text
}

fn unfit(error: &SoughtError) -> Exit {
    let fix = match error {
        SoughtError::OtherKind { is, .. } => match is {
            Kind::User => "use `portal-sync explain user`",
            Kind::Group => "use `portal-sync explain group`",
        },
        SoughtError::NoRef { .. } => "write it as `user:default/jane`",
        SoughtError::Empty => "name an Okta id, a login, an e-mail address, a name or a ref",
    };
    failure::print(error, Some(fix));
    Exit::Usage
}

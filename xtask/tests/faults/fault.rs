//! What goes wrong: the rows of the table.

use std::time::Duration;

use xtask::simulator::Effect;

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// For people.
    pub(crate) name: &'static str,
    pub(crate) what: What,
    /// The pages it can strike.
    pub(crate) strikes: Strikes,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A request goes wrong, and perhaps all that follow.
    Effect(Effect),
    /// Okta's clock is so many hours ahead, from the beginning.
    Clock(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strikes {
    Any,
    /// Only a page with a next link can be struck.
    ButTheLast,
    /// Only a page that a cursor led to can be struck.
    ButTheFirst,
}

/// Once, or from a page on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lasting {
    Once,
    FromThen,
}

/// All of it.
pub(crate) fn troubles() -> Vec<Trouble> {
    let effect = |name, effect| Trouble {
        name,
        what: What::Effect(effect),
        strikes: Strikes::Any,
    };
    let link = |name, it| Trouble {
        strikes: Strikes::ButTheLast,
        ..effect(name, it)
    };
    let clock = |name, hours| Trouble {
        name,
        what: What::Clock(hours),
        strikes: Strikes::Any,
    };
    let error = |status, code: &str| Effect::Error {
        status,
        code: code.to_owned(),
    };
    let seconds = Duration::from_secs;
    vec![
        effect("429 of the rate limit", Effect::RateLimited),
        effect("429 that tells no limit", Effect::RateLimitedUntold),
        effect("429, too many at once", Effect::ConcurrencyLimited),
        effect("500", error(500, "E0000009")),
        effect("502", error(502, "E0000009")),
        effect("503", error(503, "E0000181")),
        effect("504", error(504, "E0000009")),
        effect("a page of HTML, 502", Effect::Html { status: 502 }),
        effect("a page of HTML, 200", Effect::Html { status: 200 }),
        effect("JSON that breaks off", Effect::TruncatedJson),
        effect("JSON that is none", Effect::MalformedJson),
        effect("a reset before the answer", Effect::ResetBefore),
        effect("a reset in the body", Effect::ResetInBody),
        effect("no answer", Effect::Hang),
        effect("a body that takes 20 s", Effect::Trickle(seconds(20))),
        effect("a body that takes 45 s", Effect::Trickle(seconds(45))),
        effect("the token expires", Effect::TokensExpire),
        effect("the token is revoked", Effect::TokensRevoked),
        Trouble {
            strikes: Strikes::ButTheFirst,
            ..effect("the cursor expires", cursors_expire())
        },
        link(
            "a next link to another host",
            Effect::NextOnHost("evil.example.org".to_owned()),
        ),
        link("a next link to the `-admin` host", Effect::NextOnAdminTwin),
        link("a next link to the page itself", Effect::RepeatedCursor),
        effect("records that come twice", Effect::RepeatedRecords),
        effect(
            "a record of the wrong types",
            Effect::MalformedRecord { id: None },
        ),
        effect(EMPTY, Effect::EmptyPage),
        clock("a clock 6 h ahead", 6),
        clock("a clock 6 h behind", -6),
    ]
}

/// Empty pages that never end are no list, and have a test of their own.
pub(crate) const EMPTY: &str = "an empty page in the middle";

fn cursors_expire() -> Effect {
    Effect::CursorsExpire {
        status: 400,
        code: "E0000029".to_owned(),
    }
}

impl Trouble {
    /// Whether it can be so lasting.
    pub(crate) fn can(&self, lasting: Lasting) -> bool {
        match self.what {
            What::Clock(_) => lasting == Lasting::FromThen,
            What::Effect(_) => self.name != EMPTY || lasting == Lasting::Once,
        }
    }
}

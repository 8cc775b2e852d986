//! `portalSync.server.tokens`: who may ask `serve`, and for what.

use figment::value::Value;
use secrecy::{ExposeSecret as _, SecretString};

use super::errors::{ConfigError, quoted};
use super::keys::TOKEN;
use super::section::Entry;
use super::strength::{MIN_DIFFERENT, is_guessable};
use crate::serve::{Permission, Token};

/// The fewest characters of a token. 16 random letters and digits are 95 bits: beyond all guessing over a network.
const MIN_LENGTH: usize = 16;

/// The most characters of a token: what fits into a header of any server and proxy, the rest of the request beside it.
const MAX_LENGTH: usize = 4_096;

/// The most characters of a token's name, as of a DNS label.
const MAX_NAME_LENGTH: usize = 63;

const MAKE_ONE: &str = "make one of 32 random characters: `openssl rand -base64 24`";

/// Reads the list. What is wrong is noted and left out.
pub(super) fn read(list: &Entry<'_>) -> Vec<Token> {
    let mut tokens: Vec<(usize, Token)> = Vec::new();
    let entries = list.list("a list of tokens").unwrap_or_default();
    for (position, entry) in (1..).zip(&entries) {
        let Some(read) = Read::from(entry) else {
            continue;
        };
        let first = |same: &dyn Fn(&Token) -> bool| {
            let found = tokens.iter().find(|(_, token)| same(token));
            found.map(|(position, _)| *position)
        };
        let secret = read.token.secret.expose_secret();
        if let Some(first) = first(&|token| token.secret.expose_secret() == secret) {
            let message = format!("it is the same token as element {first}");
            let fix = format!("remove one of the two, or give each holder a token: {MAKE_ONE}");
            read.secret_at.refuse(ConfigError::new(message).fix(fix));
            continue;
        }
        if let (Some(name), Some(name_at)) = (&read.token.name, &read.name_at)
            && let Some(first) = first(&|token| token.name.as_ref() == Some(name))
        {
            let message = format!("element {first} has the name `{name}`, too");
            name_at.refuse(ConfigError::new(message).fix("give each token a name of its own"));
            continue;
        }
        tokens.push((position, read.token));
    }
    tokens.into_iter().map(|(_, token)| token).collect()
}

/// A token, and where its parts stand.
struct Read<'a> {
    token: Token,
    secret_at: Entry<'a>,
    name_at: Option<Entry<'a>>,
}

impl<'a> Read<'a> {
    fn from(entry: &Entry<'a>) -> Option<Self> {
        if !matches!(entry.value(), Value::Dict(..)) {
            let token = Token {
                name: None,
                secret: secret(
                    entry,
                    "the text of a token, or a map with `name`, `token` and `may`",
                )?,
                may: Permission::default(),
            };
            return Some(Self {
                token,
                secret_at: entry.clone(),
                name_at: None,
            });
        }
        let section = entry.section(&TOKEN, "a token")?;
        let name_at = section.required("name");
        let secret_at = section.required("token");
        let choices = [("read", Permission::Read), ("operate", Permission::Operate)];
        let may = section.get("may").map(|entry| entry.choice(&choices));
        let name = name_at.as_ref().map(name);
        let secret = secret_at
            .as_ref()
            .map(|entry| secret(entry, "the text of a token"));
        section.close();
        Some(Self {
            token: Token {
                name: Some(name??),
                secret: secret??,
                may: may.unwrap_or_else(|| Some(Permission::default()))?,
            },
            secret_at: secret_at?,
            name_at,
        })
    }
}

fn name(entry: &Entry<'_>) -> Option<String> {
    let text = entry
        .name("the name of a token, such as `backstage`")?
        .trim();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() <= MAX_NAME_LENGTH && text.chars().all(allowed) {
        return Some(text.to_owned());
    }
    // Long ones may be the token at the wrong place.
    let length = text.chars().count();
    let told = if length < MIN_LENGTH {
        quoted(text)
    } else {
        format!("a text of {length} characters")
    };
    let error = ConfigError::new(format!("{told} is not the name of a token"));
    entry.refuse(error.fix(format!(
        "use `a` to `z`, digits and `-`, at most {MAX_NAME_LENGTH} of them"
    )));
    None
}

fn secret(entry: &Entry<'_>, expected: &str) -> Option<SecretString> {
    let text = entry.secret(expected)?.trim();
    let length = text.chars().count();
    let characters = if length == 1 {
        "character"
    } else {
        "characters"
    };
    let error = if !text.chars().all(|c| c.is_ascii_graphic()) {
        let message = format!(
            "the token ({length} {characters}) has characters that cannot be sent in a header"
        );
        ConfigError::new(message).fix("use letters, digits and ASCII signs, without spaces")
    } else if length < MIN_LENGTH {
        let message = format!(
            "the token has {length} {characters}, and {MIN_LENGTH} are the fewest that cannot be guessed"
        );
        ConfigError::new(message).fix(MAKE_ONE)
    } else if length > MAX_LENGTH {
        let message = format!(
            "the token has {length} characters, and more than {MAX_LENGTH} do not pass every proxy"
        );
        ConfigError::new(message).fix(MAKE_ONE)
    } else if is_guessable(text) {
        let message = format!(
            "the token ({length} characters) can be guessed: without words such as `password`, sequences such as `1234` \
             and what repeats, fewer than {MIN_DIFFERENT} different characters are left of it"
        );
        ConfigError::new(message).fix(MAKE_ONE)
    } else {
        return Some(SecretString::from(text));
    };
    entry.refuse(error);
    None
}

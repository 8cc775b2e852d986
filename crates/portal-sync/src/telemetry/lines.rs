//! Lines of the log in which nothing is hidden, whoever wrote them.
//!
//! Names and messages of others come into the log by many ways. All of them end here.

use std::fmt;
use std::io::{self, Write};

use okta_auth::visible;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};

use crate::text::json;

/// What is in a line besides foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Nothing that is hidden.
    Plain,
    /// What sets the colours of a terminal (`ESC [ 1 ; 3 1 m`).
    Coloured,
    /// One JSON object.
    Json,
}

/// Writes the fields of events and spans. Once they are in a line, nobody can tell a colour that a foreign text sets from
/// ours.
pub(super) fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(|to, field, value| write_field(to, field.name(), value)).delimited(" ")
}

fn write_field(to: &mut Writer<'_>, name: &str, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    let text = visible::line(&text);
    match name {
        "message" => write!(to, "{text}"),
        _ if to.has_ansi_escapes() => {
            write!(to, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{text}")
        }
        _ => write!(to, "{name}={text}"),
    }
}

/// Makes writers that pass events on, each as one line.
#[derive(Debug, Clone)]
pub(super) struct Lines<M> {
    to: M,
    layout: Layout,
}

impl<M> Lines<M> {
    pub(super) const fn new(to: M, layout: Layout) -> Self {
        Self { to, layout }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Lines<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            to: self.to.make_writer(),
            layout: self.layout,
        }
    }
}

/// Passes one event on.
#[derive(Debug)]
pub(super) struct Line<W> {
    to: W,
    layout: Layout,
}

impl<W: Write> Write for Line<W> {
    /// Takes a whole event, which is how `tracing_subscriber` writes one.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (&*text, ""),
        };
        let line = match self.layout {
            Layout::Plain => visible::line(line),
            Layout::Coloured => coloured(line).into(),
            Layout::Json => json::nothing_hidden(line),
        };
        // At once, so that lines of several threads do not mix.
        self.to.write_all(format!("{line}{end}").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The line with nothing hidden in it but what sets colours.
fn coloured(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let digits = after
            .trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        let (Some(end), Some(colour)) = (
            digits.strip_prefix('m'),
            after.get(..after.len() - digits.len()),
        ) else {
            break;
        };
        text.push_str(&visible::line(before));
        text.push_str("\u{1b}[");
        text.push_str(colour);
        text.push('m');
        rest = end;
    }
    text.push_str(&visible::line(rest));
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What an event with such a text in its message, in a field and in an error is in the log.
    fn logged(layout: Layout, text: &str) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let to = {
            let written = Arc::clone(&written);
            move || Written(Arc::clone(&written))
        };
        let lines = fmt::layer()
            .without_time()
            .with_writer(Lines::new(to, layout));
        let subscriber = tracing_subscriber::registry();
        let work = || {
            let _span = tracing::info_span!("run", tenant = %text, text).entered();
            tracing::warn!(name = %text, debug = ?text, text, "group {text} is unknown");
        };
        if layout == Layout::Json {
            tracing::subscriber::with_default(subscriber.with(lines.json()), work);
        } else {
            let ansi = layout == Layout::Coloured;
            let lines = lines.with_ansi(ansi).fmt_fields(fields());
            tracing::subscriber::with_default(subscriber.with(lines), work);
        }
        let written = written.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_in_which_nothing_is_hidden() {
        for text in [
            "a",
            "a\n+ user:default/forged",
            "a\r\n\u{1b}[2J\u{1b}]8;;https://a\u{1b}\\",
            "\u{9b}2J\u{202e}\u{2028}\u{85}\u{200b}\u{e0041}\0",
            "\u{1b}[",
            "\u{1b}[;",
            "\u{1b}[8m\u{1b}[30;40m\u{1b}[36mhidden",
            "Zoë 平 🚀",
        ] {
            for layout in [Layout::Plain, Layout::Coloured, Layout::Json] {
                let log = logged(layout, text);
                let line = log.strip_suffix('\n').unwrap();
                let is_ours = |character| layout == Layout::Coloured && character == '\u{1b}';
                let acts = |character| visible::is_hidden(character) && !is_ours(character);
                assert!(!line.contains(acts), "{layout:?} {line:?}");
                let foreign = [
                    "\u{1b}]",
                    "\u{1b}[2J",
                    "\u{1b}[;",
                    "\u{1b}[8m",
                    "\u{1b}[30;40m",
                    "\u{1b}[36m",
                ];
                assert!(!foreign.iter().any(|it| line.contains(it)), "{line:?}");
                if layout == Layout::Json {
                    let event: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert_eq!(event["fields"]["text"], text);
                }
            }
        }
    }

    #[test]
    fn colours_pass_and_nothing_else_does() {
        for (line, shown) in [
            ("\u{1b}[2m1\u{1b}[0m a", "\u{1b}[2m1\u{1b}[0m a"),
            ("\u{1b}[1;31mx", "\u{1b}[1;31mx"),
            ("\u{1b}[mx", "\u{1b}[mx"),
            ("\u{1b}[2Jx", "\\u{1b}[2Jx"),
            ("\u{1b}[38:5:1mx", "\\u{1b}[38:5:1mx"),
            ("a\u{1b}", "a\\u{1b}"),
            ("a\nb", "a\\u{a}b"),
        ] {
            assert_eq!(coloured(line), shown);
        }
    }
}

//! Who holds a turn.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A process that runs a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Holder {
    /// The name of its machine.
    pub host: String,
    /// Its number there.
    pub process: u32,
    /// What tells it from every other process there ever was: made at random when it started.
    #[serde(default)]
    pub token: String,
    /// What tells it from others of the same number; none where the system does not say (it does on Linux).
    pub life: Option<Life>,
}

/// One life of one process number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Life {
    /// The start of the machine (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
    /// Where process numbers are counted: a container counts its own (`/proc/self/ns/pid`).
    pub counted_in: String,
    /// When the process started, in clock ticks since the start of the machine (`/proc/PID/stat`, field 22).
    pub started: u64,
}

impl Holder {
    /// This process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "what tells a process from every other is made once, for the process"
    )]
    pub(crate) fn of_this_process() -> Self {
        static THIS: LazyLock<Holder> = LazyLock::new(|| {
            let process = std::process::id();
            Holder {
                host: host(),
                process,
                token: uuid::Uuid::new_v4().simple().to_string(),
                life: Life::of(process),
            }
        });
        THIS.clone()
    }

    /// Whether this one sees that `other` has ended. It is only seen on the same machine, where process numbers are counted
    /// alike: of any other process only its lease tells.
    #[must_use]
    pub(crate) fn sees_the_end_of(&self, other: &Self) -> bool {
        let (Some(own), Some(life)) = (&self.life, &other.life) else {
            return false;
        };
        own.boot == life.boot
            && own.counted_in == life.counted_in
            && match Life::of(other.process) {
                Some(now) => now != *life,
                None => !may_be_there(other.process),
            }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

impl Life {
    /// The process that has this number now; none when there is none, or nobody says. One that has ended, and that its parent
    /// did not look after yet, is none.
    #[cfg(target_os = "linux")]
    fn of(process: u32) -> Option<Self> {
        use std::fs;

        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name of the program comes second, in parentheses, and may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        let is_over = fields.next().is_none_or(|state| matches!(state, "Z" | "X"));
        let started = fields.nth(18)?.parse().ok()?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let counted_in = fs::read_link("/proc/self/ns/pid").ok()?;
        (!is_over).then(|| Self {
            boot: boot.trim().to_owned(),
            counted_in: counted_in.to_string_lossy().into_owned(),
            started,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn of(_: u32) -> Option<Self> {
        None
    }
}

/// Whether there may be a process of this number of which this user is told nothing (`hidepid`, see proc(5)).
#[cfg(unix)]
fn may_be_there(process: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    let number = i32::try_from(process).ok().and_then(Pid::from_raw);
    number.is_some_and(|number| matches!(test_kill_process(number), Err(Errno::PERM)))
}

#[cfg(not(unix))]
fn may_be_there(_: u32) -> bool {
    true
}

#[cfg(unix)]
fn host() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    "this machine".to_owned()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_that_ended_is_seen_and_one_that_lives_is_not() {
        let here = Holder::of_this_process();
        assert!(!here.sees_the_end_of(&here));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let other = Holder {
            process: child.id(),
            life: Life::of(child.id()),
            ..here.clone()
        };
        assert!(!here.sees_the_end_of(&other));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(here.sees_the_end_of(&other));
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let here = Holder::of_this_process();
        let life = here.life.clone().unwrap();
        let of = |life: Life| Holder {
            life: Some(life),
            ..here.clone()
        };
        let earlier = of(Life {
            started: life.started - 1,
            ..life.clone()
        });
        assert!(here.sees_the_end_of(&earlier));
        // Of other machines, of this one before it was started anew, and of other containers nothing is seen.
        for elsewhere in [
            Life {
                boot: "another".to_owned(),
                started: 1,
                ..life.clone()
            },
            Life {
                counted_in: "pid:[1]".to_owned(),
                started: 1,
                ..life
            },
        ] {
            assert!(!here.sees_the_end_of(&of(elsewhere)));
        }
        let unknown = Holder {
            life: None,
            ..here.clone()
        };
        assert!(!here.sees_the_end_of(&unknown) && !unknown.sees_the_end_of(&here));
    }
}

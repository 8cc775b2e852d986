//! Files that other users of the machine can read, and should not.
//!
//! Only Unix has modes. On Windows a file has the access list of its folder, and nothing is looked at here.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file that others than its owner can open.
///
/// Prints as a message with the mode and the command that narrows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exposed {
    path: PathBuf,
    mode: u32,
    is_ours: bool,
}

impl Exposed {
    /// Whether a file is open to others, who are not meant to read it. None for one that is not there.
    #[cfg(unix)]
    pub(crate) fn at(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path).ok()?;
        let owner = Owner {
            file: found.uid(),
            process: rustix::process::geteuid().as_raw(),
        };
        Self::judge(path, found.mode(), owner)
    }

    /// Whether a file is open to others: not known here.
    #[cfg(not(unix))]
    pub(crate) fn at(_: &Path) -> Option<Self> {
        None
    }

    #[cfg_attr(not(any(unix, test)), expect(dead_code, reason = "modes are Unix's"))]
    fn judge(path: &Path, mode: u32, owner: Owner) -> Option<Self> {
        let mode = mode & 0o777;
        let is_ours = owner.file == owner.process;
        // Where the owner is another, it is by the group that this user may read it at all.
        let others = if is_ours { 0o077 } else { 0o007 };
        (mode & others != 0).then(|| Self {
            path: path.to_owned(),
            mode,
            is_ours,
        })
    }
}

/// Whose a file is, and who runs this process: numbers of users.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(any(unix, test)),
    expect(dead_code, reason = "users with numbers are Unix's")
)]
struct Owner {
    file: u32,
    process: u32,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            f,
            "other users of this machine can open `{path}` (mode {:04o}): ",
            self.mode
        )?;
        if self.is_ours {
            write!(f, "`chmod 600 {path}` makes it yours alone")
        } else {
            write!(
                f,
                "`chmod o= {path}`, by its owner, leaves it to the owner and the group; the group needs to be one of this user's"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_its_owner_opens_is_private() {
        for (mode, file, is_exposed) in [
            (0o100_600, 7, false),
            (0o100_400, 7, false),
            (0o100_700, 7, false),
            (0o100_640, 7, true),
            (0o100_644, 7, true),
            (0o100_604, 7, true),
            (0o100_620, 7, true),
            (0o100_666, 7, true),
            (0o100_601, 7, true),
            // Root's, and this user reads it as one of the group.
            (0o100_640, 0, false),
            (0o100_440, 0, false),
            (0o100_444, 0, true),
            (0o100_644, 0, true),
        ] {
            let owner = Owner { file, process: 7 };
            let exposed = Exposed::judge(Path::new("key.pem"), mode, owner);
            assert_eq!(exposed.is_some(), is_exposed, "{mode:o} of {file}");
        }
    }

    #[test]
    fn the_message_names_the_file_its_mode_and_the_fix() {
        let owner = |file| Owner { file, process: 7 };
        let told = |file| {
            let exposed = Exposed::judge(Path::new("a/key.pem"), 0o100_644, owner(file));
            exposed.unwrap().to_string()
        };
        assert_eq!(
            told(7),
            "other users of this machine can open `a/key.pem` (mode 0644): `chmod 600 a/key.pem` makes it yours alone"
        );
        assert!(told(0).contains("`chmod o= a/key.pem`"), "{}", told(0));
    }
}

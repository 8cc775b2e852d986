//! `export --out`: the files of one export, which replace those of the export before.
//!
//! Whoever reads the folder takes all files in it for the catalog. A file that an older export left would bring back people
//! who are gone, and one that is missing would take people away. So the new files are complete, under names that nobody
//! reads, before the first old one is touched; then each takes its place, and what is left of the old set goes last.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::{Builder, TempPath};

use super::format::{EntityFormat, RenderError, render};
use crate::exit::Exit;
use crate::store::Record;

/// What the name of a file ends in until it is complete.
const PARTIAL: &str = "partial";

/// How many random letters are in it until then.
const RANDOM: usize = 6;

/// Why the set could not be replaced.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// What stands where a file of the set belongs.
    #[error("`{}` is a folder where a file of the export belongs", .0.display())]
    IsAFolder(PathBuf),
    #[error("the catalog cannot be told in this format")]
    Render(#[source] RenderError),
    /// The set that was there is whole.
    #[error("cannot {doing} `{}`; the files that were there are as they were", path.display())]
    Before {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The set is neither the old nor the new one.
    #[error(
        "cannot {doing} `{}`; the folder has files of this export and of an older one, which do not fit together",
        path.display()
    )]
    Halfway {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl SetError {
    pub(super) fn fix(&self) -> &'static str {
        match self {
            Self::NotAFolder(_) => {
                "let `--out` name a folder, or a path where nothing is yet: the folder is made"
            }
            Self::IsAFolder(_) => "move it away, or let `--out` name another folder",
            Self::Render(_) => "report this as a bug of portal-sync",
            Self::Before { .. } => {
                "make room there, and see that files can be made in the folder, or let `--out` name another one"
            }
            Self::Halfway { .. } => {
                "let nobody read the folder until its cause is mended and the same export has run again"
            }
        }
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::NotAFolder(_) | Self::IsAFolder(_) => Exit::Usage,
            Self::Render(_) => Exit::Bug,
            Self::Before { .. } | Self::Halfway { .. } => Exit::Store,
        }
    }
}

/// Makes the files of `records` the only ones of an export in `folder`, which is made when it is not there.
pub(super) fn replace(
    folder: &Path,
    records: &[Record],
    format: EntityFormat,
    shards: usize,
) -> Result<(), SetError> {
    make(folder)?;
    let old = of_exports(folder)?;
    for leftover in &old.partial {
        fs::remove_file(leftover).map_err(before("remove", leftover))?;
    }
    let paths = paths(folder, format, shards);
    if let Some(taken) = paths.iter().find(|path| path.is_dir()) {
        return Err(SetError::IsAFolder(taken.clone()));
    }
    // Those that do not get their place are removed when this ends.
    let complete = write_partials(&paths, records, format)?;
    for (partial, path) in complete.into_iter().zip(&paths) {
        let renamed = partial.persist(path).map_err(|failed| failed.error);
        renamed.map_err(halfway("replace", path))?;
    }
    let new: BTreeSet<&PathBuf> = paths.iter().collect();
    for path in old.complete.iter().filter(|path| !new.contains(path)) {
        fs::remove_file(path).map_err(halfway("remove", path))?;
    }
    synchronize(folder).map_err(halfway("write", folder))
}

/// The folder is private, like every file that holds people's addresses.
fn make(folder: &Path) -> Result<(), SetError> {
    let not_a_folder = || SetError::NotAFolder(folder.to_owned());
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => return Err(not_a_folder()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(not_a_folder()),
        Err(error) => return Err(before("look at", folder)(error)),
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| match error.kind() {
        // A link that leads nowhere, and a file on the way.
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => not_a_folder(),
        _ => before("make the folder", folder)(error),
    })
}

/// What exports left in a folder, whatever their format; nobody else's files.
#[derive(Debug, Default)]
struct Left {
    complete: Vec<PathBuf>,
    /// What an export that was killed left.
    partial: Vec<PathBuf>,
}

fn of_exports(folder: &Path) -> Result<Left, SetError> {
    let mut left = Left::default();
    for entry in fs::read_dir(folder).map_err(before("list", folder))? {
        let entry = entry.map_err(before("list", folder))?;
        let kind = entry.file_type().map_err(before("list", folder))?;
        let name = entry.file_name();
        match name.to_str().and_then(Name::of) {
            // Whoever reads the folder follows a link, so it is one of the set; only the link is removed.
            Some(Name::Complete) if !kind.is_dir() => left.complete.push(entry.path()),
            Some(Name::Partial) if kind.is_file() => left.partial.push(entry.path()),
            _ => {}
        }
    }
    left.complete.sort();
    Ok(left)
}

/// What the name of a file says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// `entities-7.yaml`.
    Complete,
    /// `entities-7.yaml.fZ0vXe.partial`, and what earlier versions called it.
    Partial,
}

impl Name {
    fn of(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("entities-")?;
        let (number, kind) = rest.split_once('.')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_format = |kind: &str| {
            [EntityFormat::Yaml, EntityFormat::Ndjson, EntityFormat::Json]
                .iter()
                .any(|it| it.extension() == kind)
        };
        let is_random = |text: &str| {
            text.len() == RANDOM && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match kind.split('.').collect::<Vec<_>>().as_slice() {
            _ if !is_number => None,
            [format] if is_format(format) => Some(Self::Complete),
            [PARTIAL] => Some(Self::Partial),
            [format, PARTIAL] if is_format(format) => Some(Self::Partial),
            [format, random, PARTIAL] if is_format(format) && is_random(random) => {
                Some(Self::Partial)
            }
            _ => None,
        }
    }
}

fn paths(folder: &Path, format: EntityFormat, shards: usize) -> Vec<PathBuf> {
    let digits = shards.saturating_sub(1).to_string().len();
    let extension = format.extension();
    (0..shards)
        .map(|shard| folder.join(format!("entities-{shard:0digits$}.{extension}")))
        .collect()
}

/// Writes all files under names that nobody can foresee, each for its owner alone.
fn write_partials(
    paths: &[PathBuf],
    records: &[Record],
    format: EntityFormat,
) -> Result<Vec<TempPath>, SetError> {
    let mut of_shards: Vec<Vec<&Record>> = vec![Vec::new(); paths.len()];
    for record in records {
        if let Some(of_shard) = of_shards.get_mut(shard_of(&record.key.text(), paths.len())) {
            of_shard.push(record);
        }
    }
    let mut written = Vec::new();
    for (path, of_shard) in paths.iter().zip(of_shards) {
        let text = render(&of_shard, format).map_err(SetError::Render)?;
        let mut prefix = path.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        // Made by O_EXCL and with the mode 0600: what somebody put there is neither followed nor written to.
        let file = Builder::new()
            .prefix(&prefix)
            .rand_bytes(RANDOM)
            .suffix(&format!(".{PARTIAL}"))
            .tempfile_in(path.parent().unwrap_or(Path::new(".")));
        let mut file = file.map_err(before("make a file beside", path))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(before("write", file.path()))?;
        // Closed: there may be more of them than a process can have open.
        written.push(file.into_temp_path());
    }
    Ok(written)
}

/// A new name of a file outlives a loss of power only when the folder is written, too. Windows does that by itself.
fn synchronize(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The shard depends on the Okta id alone: an entity that moved from one file to another would be lost to Backstage until
/// the files change again.
fn shard_of(okta_id: &str, shards: usize) -> usize {
    let hash = Sha256::digest(okta_id);
    let number = hash
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number % shards as u64).unwrap_or_default()
}

fn before(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SetError {
    let path = path.to_owned();
    move |source| SetError::Before {
        doing,
        path,
        source,
    }
}

fn halfway(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SetError {
    let path = path.to_owned();
    move |source| SetError::Halfway {
        doing,
        path,
        source,
    }
}

#[cfg(test)]
mod tests;

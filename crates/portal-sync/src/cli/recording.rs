//! The folder of a recording: what `sync --record` makes of a run, and `plan --replay` reads.
//!
//! ```text
//! recording.json       what it is: of which run, by which version, and how the run ended
//! configuration.yaml   the tenant's configuration, with variables for its secrets
//! exchanges.ndjson     what Okta was asked and what came of it, a line each
//! store.db             what the run began with; where there is none a replay plans over an empty catalog
//! ```

use std::fmt::{Display, Write as _};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::held::run::Run;
use crate::read::replay::{Replay, Unreadable};

const INDEX: &str = "recording.json";
pub(super) const CONFIGURATION: &str = "configuration.yaml";
const EXCHANGES: &str = "exchanges.ndjson";
pub(super) const STORE: &str = "store.db";

/// The version of what is in the folder.
const FORMAT: u32 = 1;

/// What whoever finds the folder has to know first.
const WARNING: &str = "This folder holds personal data: the names, the addresses and the groups of people, as Okta said them \
     and as the catalog has them. It holds no key, no token and no password. Let nobody have it who may not see the \
     catalog, and remove it when it is not needed any more.";

/// What a recording is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    warning: String,
    format: u32,
    /// The version of portal-sync.
    pub(super) version: String,
    /// The tenant that was read.
    pub(super) provider: String,
    /// When the run began.
    pub(super) began: Timestamp,
    /// Whether it was asked to read everything.
    pub(super) full: bool,
    /// How it ended; nothing while it goes on, and when it was killed.
    pub(super) ended: Option<EndedSo>,
}

/// How a run ended that was recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndedSo {
    /// How it ended.
    outcome: String,
    /// The id of its plan; none when it failed.
    plan_id: Option<String>,
    /// Why it failed.
    failure: Option<String>,
    /// How many exchanges were kept.
    exchanges: u64,
    /// Why something is missing in the recording.
    incomplete: Option<String>,
}

impl Index {
    /// What there is to say of a recording that is not whole.
    pub(super) fn note(&self) -> Option<String> {
        let Some(ended) = &self.ended else {
            return Some(
                "the run did not end that was recorded: what it had asked by then is there"
                    .to_owned(),
            );
        };
        let missing = ended.incomplete.as_ref();
        missing.map(|missing| format!("the recording is not whole: {missing}"))
    }
}

/// Why a recording cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordingError {
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("there is something in `{}` already", .0.display())]
    NotEmpty(PathBuf),
    #[error("cannot {doing} `{}`", path.display())]
    Write {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("`{}` is no recording: there is no `{INDEX}` in it that can be read", .0.display())]
    None(PathBuf, #[source] io::Error),
    #[error("`{}` is not what a recording says of itself", .0.display())]
    Foreign(PathBuf, #[source] serde_json::Error),
    #[error(
        "the recording `{}` was made by portal-sync {version} in format {format}; this version reads format {FORMAT}",
        path.display()
    )]
    OtherFormat {
        path: PathBuf,
        version: String,
        format: u32,
    },
    #[error("the recording `{}` is damaged", path.display())]
    Damaged { path: PathBuf, source: Unreadable },
}

impl RecordingError {
    pub(super) const fn fix(&self) -> &'static str {
        match self {
            Self::NotAFolder(_) | Self::NotEmpty(_) => {
                "let `--record` name a path where nothing is yet, or an empty folder: each recording has a folder of its own"
            }
            Self::Write { .. } => {
                "make room there, and see that files can be made in the folder, or let `--record` name another one"
            }
            Self::None(..) => {
                "let `--replay` name the folder that `portal-sync sync --record` made"
            }
            Self::Foreign(..) | Self::Damaged { .. } => {
                "copy the recording again as a whole, or make another one with `portal-sync sync --record`"
            }
            Self::OtherFormat { .. } => {
                "replay it with the version that made it, or make another one with `portal-sync sync --record`"
            }
        }
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Write { .. } => Exit::Store,
            _ => Exit::Usage,
        }
    }
}

/// A recording that is made.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    index: Index,
}

impl Folder {
    /// Makes the folder, for its owner alone, with the configuration of a run that begins now; and the file for its exchanges.
    pub(super) fn make(
        path: &Path,
        provider: &str,
        began: Timestamp,
        full: bool,
        configuration: &impl Display,
    ) -> Result<(Self, BufWriter<File>), RecordingError> {
        make(path)?;
        let index = Index {
            warning: WARNING.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            provider: provider.to_owned(),
            began,
            full,
            ended: None,
        };
        let folder = Self {
            path: path.to_owned(),
            index,
        };
        folder.write_index(&folder.index)?;
        let at = path.join(CONFIGURATION);
        let mut text = String::new();
        let _ = write!(text, "{configuration}");
        let written = private(&at).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(cannot("write", &at))?;
        let at = path.join(EXCHANGES);
        let exchanges = private(&at).map_err(cannot("make", &at))?;
        Ok((folder, BufWriter::new(exchanges)))
    }

    /// Where what the run begins with is copied to.
    pub(super) fn store(&self) -> PathBuf {
        self.path.join(STORE)
    }

    /// Writes how the run ended, of which so many exchanges were kept, or why not all are there.
    pub(super) fn finish(
        &self,
        run: &Run,
        kept: Result<u64, String>,
    ) -> Result<(), RecordingError> {
        let ended = Some(EndedSo {
            outcome: run.outcome.as_str().to_owned(),
            plan_id: run.plan_id.clone(),
            failure: run.failure.as_ref().map(|it| it.message.clone()),
            exchanges: kept.as_ref().copied().unwrap_or_default(),
            incomplete: kept.err(),
        });
        self.write_index(&Index {
            began: run.began,
            ended,
            ..self.index.clone()
        })
    }

    fn write_index(&self, index: &Index) -> Result<(), RecordingError> {
        let at = self.path.join(INDEX);
        let written = serde_json::to_string_pretty(index).map_err(io::Error::from);
        let written = written.and_then(|text| {
            let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
            writeln!(file, "{text}")?;
            file.persist(&at).map_err(|failed| failed.error)
        });
        written.map(drop).map_err(cannot("write", &at))
    }
}

/// What the folder of a recording says of it, and its answers.
pub(super) fn read(path: &Path) -> Result<(Index, Replay), RecordingError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
        #[serde(default)]
        version: String,
    }
    let at = path.join(INDEX);
    let text = fs::read_to_string(&at);
    let text = text.map_err(|error| RecordingError::None(path.to_owned(), error))?;
    let foreign = |error| RecordingError::Foreign(at.clone(), error);
    let Version { format, version } = serde_json::from_str(&text).map_err(foreign)?;
    if format != FORMAT {
        return Err(RecordingError::OtherFormat {
            path: path.to_owned(),
            version,
            format,
        });
    }
    let index: Index = serde_json::from_str(&text).map_err(foreign)?;
    let damaged = |source| RecordingError::Damaged {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path.join(EXCHANGES));
    let file = file.map_err(|error| damaged(Unreadable::File(error)))?;
    let ended = index.ended.as_ref();
    let is_whole = ended.is_some_and(|ended| ended.incomplete.is_none());
    let replay = Replay::read(BufReader::new(file), !is_whole).map_err(damaged)?;
    Ok((index, replay))
}

/// Makes the folder, unless it is there and empty.
fn make(path: &Path) -> Result<(), RecordingError> {
    let not_a_folder = || RecordingError::NotAFolder(path.to_owned());
    match fs::read_dir(path) {
        Ok(mut entries) => {
            return match entries.next() {
                None => Ok(()),
                Some(_) => Err(RecordingError::NotEmpty(path.to_owned())),
            };
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(not_a_folder()),
        Err(error) => return Err(cannot("look at", path)(error)),
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| match error.kind() {
        // A link that leads nowhere, and a file on the way.
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => not_a_folder(),
        _ => cannot("make the folder", path)(error),
    })
}

/// A new file for its owner alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cannot(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RecordingError {
    let path = path.to_owned();
    move |source| RecordingError::Write {
        doing,
        path,
        source,
    }
}

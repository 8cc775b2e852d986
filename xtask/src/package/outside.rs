//! A folder outside the workspace with the unpacked libraries.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::library::Library;
use crate::{say, tidy};

/// What cargo is told outside as it is in the workspace, so that dependencies are built alike.
const PROFILES: &str = "[profile.dev]
debug = \"line-tables-only\"

[profile.dev.package.\"*\"]
debug = false
";

/// What only examples and tests are made with and no version of which can be built by the oldest Rust: sections of the
/// manifests. Whoever adds the libraries does not build them.
const NEED_A_NEWER_RUST: &[(&str, &str)] = &[
    ("catalog-model", "[[example]]\nname = \"lint\""),
    ("catalog-model", "[dev-dependencies.serde-saphyr]"),
];

/// The folder, and where what is built there goes.
#[derive(Debug)]
pub(super) struct Outside {
    folder: PathBuf,
    target: PathBuf,
}

impl Outside {
    /// Packages the libraries and unpacks them. A library that names another one gets the unpacked one.
    pub(super) fn unpack(libraries: &[Library]) -> anyhow::Result<Self> {
        let root = tidy::root()?;
        let mut package = tidy::cargo()?;
        package.args([
            "package",
            "--quiet",
            "--no-verify",
            "--allow-dirty",
            "--locked",
        ]);
        package.arg("--target-dir").arg(root.join("target"));
        for library in libraries {
            package.args(["-p", library.name()]);
        }
        run(&mut package)?;

        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let name = format!("unpacked-libraries-{:016x}", hasher.finish());
        let folder = std::env::temp_dir().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| cannot("remove", &folder))?;
        }
        let target = root.join("target");
        let outside = Self { folder, target };
        outside.write(".cargo/config.toml", &outside.configuration(libraries))?;
        for library in libraries {
            let archive = format!("target/package/{}.crate", library.full_name());
            let mut unpack = Command::new("tar");
            // Packages have one time for all files: cargo would take what it built from another one for this.
            unpack.arg("-xzmf").arg(root.join(archive));
            run(unpack.arg("-C").arg(&outside.folder))?;
        }
        Ok(outside)
    }

    fn configuration(&self, libraries: &[Library]) -> String {
        let mut text = format!("{PROFILES}\n[patch.crates-io]\n");
        for library in libraries {
            let path = self.path(library);
            let _ = writeln!(text, "{} = {{ path = {path:?} }}", library.name());
        }
        text
    }

    /// Where a library lies.
    pub(super) fn path(&self, library: &Library) -> PathBuf {
        self.folder.join(library.full_name())
    }

    /// Where another folder beside the libraries lies.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, whose path is relative to the folder.
    pub(super) fn write(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| cannot("make", parent))?;
        }
        fs::write(&path, text).with_context(|| cannot("write", &path))
    }

    /// Cargo in a folder below this one.
    pub(super) fn command(&self, folder: &Path) -> anyhow::Result<Command> {
        let mut cargo = tidy::cargo()?;
        cargo
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &self.target);
        Ok(cargo)
    }

    /// Runs cargo with the arguments, separated by spaces, in an unpacked library.
    pub(super) fn cargo(&self, library: &Library, arguments: &str) -> anyhow::Result<()> {
        let mut cargo = self.command(&self.path(library))?;
        run(cargo.args(arguments.split(' ')))
    }

    /// The tests with the lowest version of each dependency that the manifest names. What those depend on is as new as can
    /// be: their lower bounds are their authors'.
    pub(super) fn test_lowest(&self, library: &Library) -> anyhow::Result<()> {
        let folder = self.path(library);
        let mut lock = self.command(&folder)?;
        lock.args(["update", "--quiet", "-Zdirect-minimal-versions"]);
        // Only this command: cargo has no stable way to ask for it.
        run(lock.env("RUSTC_BOOTSTRAP", "1"))?;
        let mut test = self.command(&folder)?;
        test.args(["test", "--quiet", "--all-features"]);
        run(test.env("CARGO_TARGET_DIR", self.target.join("lowest")))
    }

    /// Takes a section out of a manifest.
    fn cut(&self, manifest: &str, section: &str) -> anyhow::Result<()> {
        let path = self.folder.join(manifest);
        let text = fs::read_to_string(&path).with_context(|| cannot("read", &path))?;
        let sections: Vec<&str> = text.split("\n\n").collect();
        let (cut, kept): (Vec<&str>, _) =
            (sections.into_iter()).partition(|it| it.starts_with(section));
        ensure!(cut.len() == 1, "`{manifest}` has no section `{section}`");
        self.write(manifest, &kept.join("\n\n"))
    }

    /// The tests with the oldest Rust that the manifest promises, and the newest dependencies that this Rust can build.
    /// The inner error says why there is no such Rust.
    pub(super) fn test_oldest(&self, library: &Library) -> anyhow::Result<Result<(), String>> {
        let version = library.package.rust_version.as_ref();
        let version = version.with_context(|| format!("{library} promises no Rust"))?;
        let version = format!("{}.{}", version.major, version.minor);
        let oldest = |arguments: &str| {
            let mut command = Command::new("rustup");
            command
                .args(["run", &version, "cargo"])
                .args(arguments.split(' '))
                .current_dir(self.path(library))
                .env("CARGO_TARGET_DIR", self.target.join("oldest"));
            command
        };
        let mut found = oldest("--version");
        let found = found.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            let fix = format!("`rustup toolchain install {version} --profile minimal` brings it");
            return Ok(Err(format!("there is no Rust {version} here; {fix}")));
        }
        for (name, section) in NEED_A_NEWER_RUST {
            if *name == library.name() {
                self.cut(&format!("{}/Cargo.toml", library.full_name()), section)?;
            }
        }
        run(&mut oldest("update --quiet"))?;
        run(&mut oldest("test --quiet --all-features"))?;
        Ok(Ok(()))
    }
}

/// Runs a command to its end, and says which one where it fails.
pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    say(format_args!("      {shown}"));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{shown}` cannot be started"))?;
    ensure!(status.success(), "`{shown}`: {status}");
    Ok(())
}

/// A command without the folder of its program.
pub(super) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem();
    let program = program.unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(|it| it.to_string_lossy());
    let words: Vec<_> = std::iter::once(program).chain(arguments).collect();
    words.join(" ")
}

fn cannot(what: &str, path: &Path) -> String {
    format!("cannot {what} `{}`", path.display())
}

//! A PostgreSQL server that is thrown away: made of the machine's server binaries, for one test process.
//!
//! It ends with that process, however the process ends: a shell holds it, whose input is a pipe from us. When the pipe
//! closes, the shell stops the server and removes its folder. Nothing here is of this crate, so that the developer tools
//! include the same file.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

/// The variable that names a server to use instead: an address, or `required` when a missing server is a failure.
const VARIABLE: &str = "PORTAL_SYNC_TEST_POSTGRES";

/// What is told where there is no server.
const SKIPPED: &str =
    "no PostgreSQL server binaries were found: what needs a PostgreSQL store does not run";

/// The superuser of a cluster, and its password.
pub(crate) const USER: &str = "postgres";
pub(crate) const PASSWORD: &str = "of-the-tests";

/// What the shell does: it obeys words on its input, and answers each with `done` or `failed`.
///
/// Interrupts are for the tests: a server that they do not end on purpose goes when the pipe closes.
const GUARD: &str = r#"
trap '' INT TERM HUP
bin=$1 folder=$2 data=$2/data
control() { "$bin/pg_ctl" -D "$data" -s -w -t 60 -l "$folder/log" "$@" >>"$folder/log" 2>&1; }
signal() {
    postmaster=$(head -n 1 "$data/postmaster.pid") || return
    for stat in /proc/[0-9]*/stat; do
        read -r id name state parent rest 2>/dev/null <"$stat" || continue
        if [ "$id" = "$postmaster" ] || [ "$parent" = "$postmaster" ]; then kill -"$1" "$id"; fi
    done
}
obey() {
    case $1 in
        start) control start ;;
        stop) control -m immediate stop ;;
        freeze) signal STOP ;;
        thaw) signal CONT ;;
    esac
}
while read -r word; do
    if obey "$word"; then echo done; else echo failed; fi
done
signal CONT 2>/dev/null
control -m immediate stop
rm -rf "$folder"
"#;

/// A server for tests.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    /// The cluster, when it is one of ours: it goes with this.
    _cluster: Option<Cluster>,
}

impl Server {
    /// The server that all tests of this process share; none when the machine has none, which is told once.
    ///
    /// # Errors
    /// When it cannot be started, or is required and missing.
    pub(crate) fn shared() -> Result<Option<&'static Self>, String> {
        static SHARED: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(Self::find);
        shared.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    fn find() -> Result<Option<Self>, String> {
        if let Some(url) = given() {
            return Ok(Some(Self {
                url,
                _cluster: None,
            }));
        }
        let cluster = Cluster::of_its_own(&[], &[])?;
        Ok(cluster.map(|cluster| Self {
            url: cluster.url(),
            _cluster: Some(cluster),
        }))
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// A running cluster, in a folder of its own; both are gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    guard: Mutex<Guard>,
}

impl Cluster {
    /// A cluster for one test, with these settings besides and these files in its folder of data; none when the machine
    /// has no server binaries, which is told.
    ///
    /// # Errors
    /// When it cannot be started, or is required and missing.
    pub(crate) fn of_its_own(
        settings: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Result<Option<Self>, String> {
        let Some(binaries) = binaries() else {
            return if is_required() {
                Err(SKIPPED.to_owned())
            } else {
                static TOLD: Once = Once::new();
                // Past the harness, which keeps what is printed by tests that pass.
                TOLD.call_once(|| drop(writeln!(io::stderr(), "{SKIPPED}")));
                Ok(None)
            };
        };
        Self::make(&binaries, settings, files)
            .map(Some)
            .map_err(|error| format!("no PostgreSQL server could be started: {error}"))
    }

    fn make(
        binaries: &Path,
        settings: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> io::Result<Self> {
        let folder = new_folder()?;
        let owner = owner(&folder)?;
        let data = folder.join("data");
        // From here on the folder is removed by the guard.
        let mut guard = Guard::watch(binaries, &folder, owner)?;
        initialize(binaries, &folder, owner)?;
        for (name, text) in files {
            fs::write(data.join(name), text)?;
            fs::set_permissions(data.join(name), Permissions::from_mode(0o600))?;
            if let Some((user, group)) = owner {
                chown(data.join(name), Some(user), Some(group))?;
            }
        }
        let configuration = data.join("postgresql.conf");
        let usual = fs::read_to_string(&configuration)?;
        let own = lines(settings);
        let mut port = 0;
        // A port that was free a moment ago may be taken.
        for attempt in 1.. {
            port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let where_ = format!(
                "port = {port}\nunix_socket_directories = '{}'\n",
                folder.display()
            );
            fs::write(&configuration, format!("{usual}\n{where_}{own}"))?;
            match guard.order("start") {
                Ok(()) => break,
                Err(error) if attempt == 3 => return Err(with_log(&error, &folder)),
                Err(_) => {}
            }
        }
        Ok(Self {
            folder,
            port,
            guard: Mutex::new(guard),
        })
    }

    /// Its address, by TCP and with a password.
    pub(crate) fn url(&self) -> String {
        let port = self.port;
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres")
    }

    /// Its address, by a socket in its folder and without a password.
    pub(crate) fn socket_url(&self) -> String {
        let (folder, port) = (self.folder.display(), self.port);
        format!("postgres://{USER}@/postgres?host={folder}&port={port}")
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server at once, as a crash does.
    ///
    /// # Errors
    /// When it does not end.
    pub(crate) fn stop(&self) -> io::Result<()> {
        self.order("stop")
    }

    /// Starts the server after [`stop`](Self::stop), and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(&self) -> io::Result<()> {
        self.order("start")
    }

    /// Halts all processes of the server: connections stay, and nothing answers. Linux only.
    ///
    /// # Errors
    /// When the processes are not found.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        self.order("freeze")
    }

    /// Lets them go on after [`freeze`](Self::freeze).
    ///
    /// # Errors
    /// When the processes are not found.
    pub(crate) fn thaw(&self) -> io::Result<()> {
        self.order("thaw")
    }

    fn order(&self, word: &str) -> io::Result<()> {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        guard.order(word)
    }
}

/// The shell that holds a server.
#[derive(Debug)]
struct Guard {
    shell: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Guard {
    fn watch(binaries: &Path, folder: &Path, owner: Option<Owner>) -> io::Result<Self> {
        let mut shell = command("sh", owner);
        shell.args(["-c", GUARD, "sh"]).args([binaries, folder]);
        // What interrupts the tests at a terminal is not for it.
        shell.process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.stderr(Stdio::null()).spawn()?;
        let piped = || io::Error::other("a pipe is missing");
        let words = shell.stdin.take().ok_or_else(piped)?;
        let answers = BufReader::new(shell.stdout.take().ok_or_else(piped)?);
        Ok(Self {
            shell,
            words: Some(words),
            answers,
        })
    }

    fn order(&mut self, word: &str) -> io::Result<()> {
        let words = self.words.as_mut();
        let words = words.ok_or_else(|| io::Error::other("the guard is dismissed"))?;
        writeln!(words, "{word}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() == "done" {
            return Ok(());
        }
        Err(io::Error::other(format!("it did not {word}")))
    }
}

/// The pipe is closed, and what the guard does then is waited for.
impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.words.take());
        let _ = self.shell.wait();
    }
}

/// A user and a group, by their numbers.
type Owner = (u32, u32);

/// Whom the server is to run as: the server refuses root.
fn owner(folder: &Path) -> io::Result<Option<Owner>> {
    if fs::metadata(folder)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let owner = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| numbers(&users, name));
    let owner = owner.ok_or_else(|| io::Error::other("there is no user `postgres` or `nobody`"))?;
    chown(folder, Some(owner.0), Some(owner.1))?;
    Ok(Some(owner))
}

/// The numbers of a user in the text of `/etc/passwd`.
fn numbers(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let (user, group) = (fields.nth(1)?, fields.next()?);
        found.then_some((user.parse().ok()?, group.parse().ok()?))
    })
}

/// Not in the folder that `TMPDIR` names: the path of a socket is short, and the server's user must reach it.
fn new_folder() -> io::Result<PathBuf> {
    let process = std::process::id();
    for number in 0.. {
        let folder = PathBuf::from(format!("/tmp/portal-sync-postgres-{process}-{number}"));
        match fs::create_dir(&folder) {
            Ok(()) => {
                fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no name is left for a folder"))
}

fn initialize(binaries: &Path, folder: &Path, owner: Option<Owner>) -> io::Result<()> {
    let password = folder.join("password");
    fs::write(&password, PASSWORD)?;
    if let Some((user, group)) = owner {
        chown(&password, Some(user), Some(group))?;
    }
    let mut initdb = command(binaries.join("initdb"), owner);
    initdb.arg("-D").arg(folder.join("data"));
    initdb.arg("--pwfile").arg(&password);
    initdb.args(["-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]);
    initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
    let output = initdb.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(said))
}

/// The settings of a cluster that is thrown away, and a test's own.
fn lines(settings: &[(&str, &str)]) -> String {
    let usual = [
        ("listen_addresses", "127.0.0.1"),
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "200"),
    ];
    let all = usual.iter().chain(settings);
    all.map(|(name, value)| format!("{name} = '{value}'\n"))
        .collect()
}

/// A command in a clean environment: the variables of PostgreSQL's own programs would lead it elsewhere.
fn command(program: impl AsRef<std::ffi::OsStr>, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/");
    if let Some(path) = variable("PATH") {
        command.env("PATH", path);
    }
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// What the server wrote before it failed.
fn with_log(error: &io::Error, folder: &Path) -> io::Error {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    io::Error::other(format!("{error}\n{log}"))
}

/// The folder of `initdb`, `postgres` and `pg_ctl`: one of `PATH`, the one that `pg_config` names, or Debian's of the
/// newest version.
fn binaries() -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let said = String::from_utf8_lossy(&output.stdout);
        folders.push(said.trim_end().into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok();
    let versions = versions.into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|it| {
            let version = it.file_name().to_str()?.parse().ok()?;
            Some((version, it.path().join("bin")))
        })
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    let programs = ["initdb", "postgres", "pg_ctl"];
    folders
        .into_iter()
        .find(|folder| programs.iter().all(|it| folder.join(it).is_file()))
}

fn given() -> Option<String> {
    let given = variable(VARIABLE)?.into_string().ok()?;
    (!given.is_empty() && given != "required").then_some(given)
}

fn is_required() -> bool {
    variable(VARIABLE).is_some_and(|value| value == "required")
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where a server is"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    /// Asks whether the server speaks TLS, which it answers before anything else (PostgreSQL, "SSL Session Encryption").
    fn answer(port: u16) -> io::Result<u8> {
        let mut server = TcpStream::connect(("127.0.0.1", port))?;
        server.set_read_timeout(Some(Duration::from_millis(200)))?;
        server.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
        let mut answer = [0];
        server.read_exact(&mut answer)?;
        Ok(answer[0])
    }

    #[test]
    fn a_cluster_stops_freezes_and_leaves_nothing() {
        let Some(cluster) = Cluster::of_its_own(&[], &[]).unwrap() else {
            return;
        };
        let (folder, port) = (cluster.folder.clone(), cluster.port());
        assert_eq!(answer(port).unwrap(), b'N');
        cluster.stop().unwrap();
        assert!(answer(port).is_err());
        cluster.start().unwrap();
        assert_eq!(answer(port).unwrap(), b'N');
        if cfg!(target_os = "linux") {
            cluster.freeze().unwrap();
            assert!(answer(port).is_err());
            cluster.thaw().unwrap();
        }
        drop(cluster);
        assert!(!folder.exists());
        assert!(answer(port).is_err());
    }

    #[test]
    fn the_numbers_of_a_user_are_found() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:\nbroken\n";
        assert_eq!(numbers(users, "nobody"), Some((65534, 65533)));
        assert_eq!(numbers(users, "postgres"), None);
        assert_eq!(numbers(users, "broken"), None);
    }
}

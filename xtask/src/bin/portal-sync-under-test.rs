//! The same program as `portal-sync`: cargo tells tests only the paths of their own package's binaries.

fn main() -> std::process::ExitCode {
    portal_sync::main()
}

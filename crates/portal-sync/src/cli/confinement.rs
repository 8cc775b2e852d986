//! What the process keeps in memory stays there: keys, assertions and tokens are in no image of it.
//!
//! An image is what a crash leaves (a core dump), and what another process of the same user reads (`ptrace`, `/proc/PID/mem`).
//! On Linux there is neither; on other Unix systems there is no core dump. Windows has no core dumps, and its error reports
//! are a setting of the machine.

/// Forbids images of this process, and of all that it starts. Called before anything secret is read.
pub(super) fn confine() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // To ask for less is always allowed; and who is refused it shall not be without a catalog for that.
        let _ = setrlimit(Resource::Core, none);
    }
    // A pipe that takes core dumps (`kernel.core_pattern`) is not bound by the limit, but by this.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

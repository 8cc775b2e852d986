//! How many connections may be open: fewer than the process may have descriptors, so that there are some for its own work.

/// So many connections are open at once at most, however many descriptors there are.
pub(crate) const MAX_CONNECTIONS: usize = 1024;

/// Descriptors kept for the store, the log, the runtime and a collector.
const OWN: u64 = 64;

/// Descriptors kept for the requests to Okta and their connections, for each tenant.
const OF_TENANT: u64 = 10;

/// The soft limit on descriptors is raised to this one, where the hard limit allows it.
#[cfg(unix)]
const WANTED: u64 = 4096;

/// How many connections may be open at once in a process that may have so many descriptors (`None` is no limit) and reads
/// so many tenants.
///
/// A quarter of the descriptors is kept for other work, more where that is not enough, and never more than half.
#[must_use]
pub(crate) fn capacity(descriptors: Option<u64>, tenants: usize) -> usize {
    let Some(descriptors) = descriptors else {
        return MAX_CONNECTIONS;
    };
    let tenants = u64::try_from(tenants).unwrap_or(u64::MAX);
    let kept = OWN
        .saturating_add(tenants.saturating_mul(OF_TENANT))
        .clamp(descriptors / 4, descriptors / 2);
    usize::try_from(descriptors - kept)
        .unwrap_or(MAX_CONNECTIONS)
        .clamp(1, MAX_CONNECTIONS)
}

/// How many descriptors this process may have; `None` where there is no limit. A soft limit below 4,096 is raised as far as
/// the hard one allows.
///
/// On Windows sockets are not counted: there is no limit.
#[must_use]
pub(crate) fn descriptors() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let soft = current?;
        let raised = maximum.map_or(WANTED, |hard| hard.min(WANTED));
        let limit = Rlimit {
            current: Some(raised),
            maximum,
        };
        if raised > soft && setrlimit(Resource::Nofile, limit).is_ok() {
            Some(raised)
        } else {
            Some(soft)
        }
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_kept() {
        for (descriptors, tenants, connections) in [
            (None, 1, 1024),
            (Some(u64::MAX), 1, 1024),
            (Some(1_000_000), 1, 1024),
            (Some(4_096), 1, 1024),
            (Some(1_366), 1, 1024),
            (Some(1_024), 1, 768),
            (Some(1_024), 0, 768),
            (Some(1_024), 20, 760),
            (Some(1_024), 1_000, 512),
            (Some(1_024), usize::MAX, 512),
            (Some(256), 1, 182),
            (Some(128), 1, 64),
            (Some(64), 1, 32),
            (Some(10), 1, 5),
            (Some(1), 1, 1),
            (Some(0), 1, 1),
        ] {
            assert_eq!(
                capacity(descriptors, tenants),
                connections,
                "{descriptors:?} for {tenants}"
            );
        }
    }

    #[test]
    fn the_example_of_capacity() {
        use crate::serve::capacity;

        assert_eq!(capacity(Some(1024), 1), 768);
        assert_eq!(capacity(Some(64), 1), 32);
    }
}

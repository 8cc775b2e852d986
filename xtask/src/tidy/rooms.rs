//! The rooms of a crate: the folders at its top, in the order data flows, and nothing beside them.

use super::code::Crate;
use super::finding::Finding;

/// Members, and their rooms from the ground up. Single files may stand above the first.
const ROOMS: &[(&str, &[&str])] = &[(
    "portal-sync",
    &[
        "text",
        "held",
        "telemetry",
        "read",
        "decide",
        "store",
        "catalog",
        "run",
        "serve",
        "config",
        "cli",
    ],
)];

/// Whether the code stands in its rooms yet.
pub(super) const STAND: bool = false;

pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    let of = |(member, rooms): &(&str, &[&str])| {
        let libraries = crates.iter().filter(|of| of.member == *member);
        libraries
            .flat_map(|library| check_crate(library, rooms))
            .collect::<Vec<_>>()
    };
    ROOMS.iter().flat_map(of).collect()
}

fn check_crate(of: &Crate, rooms: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(root) = of.modules.get([].as_slice()) else {
        return findings;
    };
    let mut highest = None;
    for child in &root.children {
        let room = rooms.iter().position(|room| room == child);
        let is_folder = of
            .modules
            .keys()
            .any(|path| path.len() > 1 && path.first() == Some(child));
        let order = rooms.join(", ");
        let (problem, fix) = match (room, highest) {
            (Some(room), Some(highest)) if room < highest => (
                "is a room in the wrong place",
                format!("list the rooms in this order: {order}"),
            ),
            (Some(_), _) => {
                highest = room;
                continue;
            }
            (None, _) if is_folder => (
                "is none of the rooms",
                format!(
                    "move it into the one that it serves ({order}), or give it a place in xtask/src/tidy/rooms.rs"
                ),
            ),
            (None, Some(_)) => (
                "is listed below a room",
                "list it above the rooms, or move it into the one that it serves".to_owned(),
            ),
            (None, None) => continue,
        };
        findings.push(Finding::new(
            &root.file,
            format!("`{child}` {problem}"),
            fix,
        ));
    }
    findings
}

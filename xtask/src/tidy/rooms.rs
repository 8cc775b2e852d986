//! The rooms of a crate: the folders at its top, in the order data flows, and nothing beside them.

use super::code::Crate;
use super::finding::Finding;

/// A member, and its rooms from the ground up. Single files may stand above the first.
const MEMBER: &str = "portal-sync";
const ROOMS: &str = "text held telemetry read decide store catalog run serve config cli bench";

pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    let of_member = crates.iter().filter(|of| of.member == MEMBER);
    of_member.flat_map(check_crate).collect()
}

fn check_crate(of: &Crate) -> Vec<Finding> {
    let mut findings = Vec::new();
    let root = of.modules.iter().find(|(path, _)| path.is_empty());
    let children = root
        .into_iter()
        .flat_map(|(_, root)| root.children.iter().map(|child| (child, &root.file)));
    let mut highest = None;
    for (child, file) in children {
        let room = ROOMS.split(' ').position(|room| room == child);
        let is_folder = of
            .modules
            .keys()
            .any(|path| path.len() > 1 && path.first() == Some(child));
        let (problem, fix) = match room {
            Some(_) if room < highest => (
                "is a room in the wrong place",
                format!("the order is {ROOMS}"),
            ),
            None if is_folder => (
                "is none of the rooms",
                format!(
                    "move it into one of {ROOMS}, or give it a place in xtask/src/tidy/rooms.rs"
                ),
            ),
            None if highest.is_some() => (
                "is listed below a room",
                "list it above the rooms, or move it into one".to_owned(),
            ),
            _ => {
                highest = room;
                continue;
            }
        };
        findings.push(Finding::new(file, format!("`{child}` {problem}"), fix));
    }
    findings
}

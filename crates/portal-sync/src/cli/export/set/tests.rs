//! Sets of files that replace one another, and what goes wrong with them.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

/// Users with the ids `00u0` and so on.
fn records(count: usize) -> Vec<Record> {
    (0..count)
        .map(|number| Record {
            provider: "acme".into(),
            key: crate::held::object::Key::User(format!("00u{number}").into()),
            entity: serde_json::from_value(serde_json::json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "User",
                "metadata": {"name": format!("user-{number}-end"), "namespace": "default"},
                "spec": {"memberOf": []},
            }))
            .unwrap(),
        })
        .collect()
}

/// What a folder holds: the text of each file, and nothing for a folder.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap_or_default())
        })
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    contents(folder).into_keys().collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_set_replaces_the_one_before_whatever_its_size_and_format() {
    let folder = folder();
    let others = [
        "catalog-info.yaml",
        "entities-.yaml",
        "entities-0.yaml.bak",
        "entities-0.yml",
        "entities-extra.yaml",
        "entities-1-old.yaml",
        "notes.partial",
        "entities-0.yaml.abc.partial",
        "entities-0.yaml.abcdef.partial.bak",
        "entities-0.xml.abcdef.partial",
        "entities-x.yaml.abcdef.partial",
        "entities-0.partial.yaml",
        "entities-0",
    ];
    for other in others {
        fs::write(folder.path().join(other), "theirs").unwrap();
    }
    for leftover in [
        "entities-3.partial",
        "entities-7.json.partial",
        "entities-11.ndjson.fZ0vXe.partial",
    ] {
        fs::write(folder.path().join(leftover), "half").unwrap();
    }
    let all = records(40);
    for (format, shards, first, last) in [
        (EntityFormat::Yaml, 4, "entities-0.yaml", "entities-3.yaml"),
        (EntityFormat::Yaml, 2, "entities-0.yaml", "entities-1.yaml"),
        (
            EntityFormat::Ndjson,
            11,
            "entities-00.ndjson",
            "entities-10.ndjson",
        ),
        (EntityFormat::Json, 3, "entities-0.json", "entities-2.json"),
        (EntityFormat::Yaml, 1, "entities-0.yaml", "entities-0.yaml"),
    ] {
        replace(folder.path(), &all, format, shards).unwrap();
        let mut set = contents(folder.path());
        for other in others {
            assert_eq!(set.remove(other).as_deref(), Some("theirs"), "{other}");
        }
        let files: Vec<&String> = set.keys().collect();
        assert_eq!(files.len(), shards, "{files:?}");
        assert_eq!([files[0], files[shards - 1]], [first, last]);
        for number in 0..40 {
            let name = format!("user-{number}-end");
            let found = set.values().filter(|text| text.contains(&name)).count();
            assert_eq!(found, 1, "{name} in {files:?}");
        }
    }
}

#[test]
fn what_fails_before_the_new_set_is_complete_leaves_the_old_one() {
    let folder = folder();
    replace(folder.path(), &records(9), EntityFormat::Yaml, 3).unwrap();
    let old = contents(folder.path());
    // The second file cannot be made.
    let paths = [
        folder.path().join("entities-0.json"),
        folder.path().join("nowhere/entities-1.json"),
    ];
    let error = write_partials(&paths, &records(5), EntityFormat::Json).unwrap_err();
    assert_eq!(error.exit(), Exit::Store);
    assert!(error.to_string().contains("are as they were"), "{error}");
    assert_eq!(contents(folder.path()), old);
}

#[cfg(unix)]
#[test]
fn links_that_somebody_planted_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    let planted = [
        "entities-0.yaml",
        "entities-5.yaml",
        "entities-0.partial",
        "entities-0.yaml.partial",
        "entities-0.yaml.fZ0vXe.partial",
    ];
    for name in planted {
        symlink(&victim, out.join(name)).unwrap();
    }
    replace(&out, &records(3), EntityFormat::Yaml, 1).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
    // The set is one file, and a file; links under other names are nobody's business.
    assert!(
        fs::symlink_metadata(out.join(planted[0]))
            .unwrap()
            .is_file()
    );
    let mut left = names(&out);
    left.retain(|name| !name.ends_with(".partial"));
    assert_eq!(left, ["entities-0.yaml"]);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_seen_before_anything_changes() {
    let folder = folder();
    replace(folder.path(), &records(9), EntityFormat::Yaml, 1).unwrap();
    fs::create_dir(folder.path().join("entities-1.yaml")).unwrap();
    let before = contents(folder.path());
    let error = replace(folder.path(), &records(5), EntityFormat::Yaml, 2).unwrap_err();
    assert!(matches!(&error, SetError::IsAFolder(path) if path.ends_with("entities-1.yaml")));
    assert_eq!(contents(folder.path()), before);
    // It is no file of an older set either.
    replace(folder.path(), &records(5), EntityFormat::Yaml, 1).unwrap();
    assert_eq!(names(folder.path()), ["entities-0.yaml", "entities-1.yaml"]);
}

#[test]
fn what_is_not_a_folder_is_the_mistake_of_who_asked() {
    let folder = folder();
    let file = folder.path().join("app-config.yaml");
    fs::write(&file, "catalog: {}").unwrap();
    let mut wrong = vec![file.clone(), file.join("below"), file.join("far/below")];
    if cfg!(unix) {
        wrong.extend(dangling(&folder));
    }
    for path in wrong {
        let error = replace(&path, &records(1), EntityFormat::Yaml, 1).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{error}");
        assert!(error.to_string().contains("is not a folder"), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "catalog: {}");
}

#[cfg(unix)]
fn dangling(folder: &TempDir) -> Option<PathBuf> {
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
    Some(link)
}

#[cfg(not(unix))]
fn dangling(_: &TempDir) -> Option<PathBuf> {
    None
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let made = folder.path().join("a/b");
    replace(&made, &records(3), EntityFormat::Yaml, 2).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&made), 0o700);
    assert_eq!(mode(&made.join("entities-0.yaml")), 0o600);
}

#[test]
fn a_shard_depends_on_the_id_alone() {
    assert_eq!(shard_of("00u1", 1), 0);
    assert_eq!(shard_of("00u1", 20), shard_of("00u1", 20));
    let used: BTreeSet<usize> = (0..1000)
        .map(|id| shard_of(&format!("00u{id}"), 16))
        .collect();
    assert_eq!(used.len(), 16);
}

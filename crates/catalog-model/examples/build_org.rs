//! Makes a user and a group, checks that they fit together, and prints them as Backstage reads them.
//!
//! ```sh
//! cargo run --example build_org
//! ```

#![expect(clippy::print_stdout, reason = "a program prints")]

use std::error::Error;

use catalog_model::{Entity, EntitySet, GroupSpec, Metadata, Profile, UserSpec};

fn main() -> Result<(), Box<dyn Error>> {
    let team = Entity::new(
        Metadata::new("team-a".parse()?).with_title("Team A"),
        GroupSpec::new("team"),
    );
    let profile = Profile::default()
        .with_display_name("Jane Doe")
        .with_email("jane@acme.example");
    let jane = Entity::new(
        Metadata::new("jane.doe".parse()?).with_annotation("acme.example/badge", "4711"),
        UserSpec::default()
            .with_profile(profile)
            .with_member_of([team.entity_ref()]),
    );

    // Everything that is wrong comes as one error, which `main` prints line by line.
    let set = EntitySet::build([team, jane])?;
    for entity in set.iter() {
        // A line of JSON is a document of YAML.
        println!("---\n{}", serde_json::to_string(entity)?);
    }
    Ok(())
}

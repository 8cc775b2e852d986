//! Pages, links and cursors.

use crate::client::{Client, small, start};
use std::collections::BTreeSet;

#[tokio::test]
async fn pages_lead_through_everything_once() {
    let simulator = start("large", |_| ()).await;
    let org = simulator.org();
    let client = Client::api_token();
    let base = format!("{}/api/v1", simulator.url());
    let active: Vec<&String> = org
        .users
        .values()
        .filter(|user| user.status != "DEPROVISIONED")
        .map(|user| &user.id)
        .collect();

    let pages = client.walk(&format!("{base}/users")).await;
    assert_eq!(pages.len(), 10);
    assert_eq!(pages.concat().iter().collect::<Vec<_>>(), active);
    let pages = client
        .walk(&format!(
            "{base}/users?search=lastUpdated+ge+%221970-01-01T00:00:00.000Z%22"
        ))
        .await;
    assert_eq!(
        pages.concat().iter().collect::<Vec<_>>(),
        org.users.keys().collect::<Vec<_>>()
    );
    let pages = client.walk(&format!("{base}/groups?limit=200")).await;
    assert_eq!((pages.len(), pages.concat().len()), (2, 300));

    let group = org
        .groups
        .values()
        .find(|group| group.name() == "All Employees")
        .unwrap();
    let pages = client
        .walk(&format!("{base}/groups/{}/users", group.id))
        .await;
    assert_eq!(pages.len(), 2);
    assert_eq!(
        pages.concat(),
        org.memberships[&group.id]
            .iter()
            .cloned()
            .collect::<Vec<_>>()
    );
    let member = &pages[0][0];
    let pages = client
        .walk(&format!("{base}/users/{member}/groups?limit=1"))
        .await;
    assert!(pages.len() > 1 && pages.concat().contains(&group.id));
}

#[tokio::test]
async fn sorted_pages_lead_through_everything_once() {
    let simulator = start("large", |_| ()).await;
    let client = Client::api_token();
    for order in ["asc", "desc"] {
        let url = format!(
            "{}/api/v1/users?search=status+eq+%22ACTIVE%22&sortBy=profile.department&sortOrder={order}&limit=150",
            simulator.url()
        );
        let ids = client.walk(&url).await.concat();
        let org = simulator.org();
        let mut departments: Vec<&str> = ids
            .iter()
            .map(|id| {
                org.users[id]
                    .profile
                    .get("department")
                    .map_or("", |it| it.as_str().unwrap())
            })
            .collect();
        departments.dedup();
        let mut expected = vec![
            "Engineering",
            "Finance",
            "Forschung",
            "People",
            "Sales",
            "Ventes",
        ];
        if order == "desc" {
            expected.reverse();
        }
        expected.push("");
        assert_eq!(departments, expected);
        let distinct: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(
            distinct.len(),
            org.users
                .values()
                .filter(|user| user.status == "ACTIVE")
                .count()
        );
    }
}

#[tokio::test]
async fn links_are_two_headers_in_canonical_form() {
    let simulator = small().await;
    let client = Client::api_token();
    let base = simulator.url();
    let asked = format!(
        "{base}/api/v1/users?search=(profile.department%20eq%20%22Engineering%22)&limit=1&sortOrder=0&unknown=1"
    );
    let answer = client.get(&asked).await;
    let query = "limit=1&search=%28profile.department+eq+%22Engineering%22%29";
    let links = answer.links();
    assert_eq!(
        links[0],
        format!("<{base}/api/v1/users?{query}>; rel=\"self\"")
    );
    assert!(
        links[1].starts_with(&format!("<{base}/api/v1/users?after=")),
        "{links:?}"
    );
    assert!(
        links[1].ends_with(&format!("&{query}>; rel=\"next\"")),
        "{links:?}"
    );
    assert_eq!(links.len(), 2);
    assert_ne!(
        client.get(&asked).await.next(),
        answer.next(),
        "cursors differ each time"
    );

    for (path, query) in [
        ("/api/v1/users", "?limit=200"),
        ("/api/v1/users?limit=500", "?limit=200"),
        ("/api/v1/groups", "?limit=10000"),
        ("/api/v1/groups/00g6empty0000000000d/users", "?limit=1000"),
        ("/api/v1/users/00uanobody000000000d/groups", "?limit=200"),
    ] {
        let answer = client.get(&format!("{base}{path}")).await;
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        assert_eq!(
            answer.links(),
            [format!("<{base}{path}{query}>; rel=\"self\"")]
        );
    }
    let answer = client.get(&format!("{base}/api/v1/groups?q=sales")).await;
    assert_eq!((answer.links().len(), answer.ids().len()), (0, 2));
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let simulator = small().await;
    let client = Client::api_token();
    let next = client
        .get(&format!("{}/api/v1/users?limit=2", simulator.url()))
        .await
        .next()
        .unwrap();
    assert_eq!(
        client.get(&next.replace("limit=2", "limit=1")).await.status,
        200,
        "another page size is fine"
    );
    for url in [
        next.replace("/users", "/groups"),
        format!("{next}&search=profile.city+pr"),
        format!("{}/api/v1/users?after=200", simulator.url()),
    ] {
        let answer = client.get(&url).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "E0000029"),
            "{url}"
        );
    }
}

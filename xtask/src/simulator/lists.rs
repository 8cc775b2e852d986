//! The endpoints of users, groups and members.

use http::StatusCode;
use serde_json::Value;

use super::call::Call;
use super::endpoint::{Endpoint, Route};
use super::options::{Options, SkinnyUsers, WithoutRole};
use super::org::{DEPROVISIONED, Group, Org, User, following};
use super::pager::Pages;
use super::paging::{self, Position, SortKey};
use super::projection::Projection;
use super::records;
use super::reply::{ApiError, Reply};
use super::search::{Dialect, Query, Rules};

/// The org as one caller sees it.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) org: &'a Org,
    /// The org as the search index knows it.
    pub(crate) indexed: &'a Org,
    /// The org of which `lastMembershipUpdated` is.
    pub(crate) stamped: &'a Org,
    pub(crate) options: &'a Options,
    pub(crate) admin_role: bool,
}

/// The answer of an endpoint that needs a token.
pub(crate) fn answer(view: &View<'_>, pages: Pages<'_>, route: &Route) -> Result<Reply, ApiError> {
    let call = pages.call;
    if route.endpoint == Endpoint::GroupSkinnyUsers {
        match view.options.skinny_users {
            SkinnyUsers::Served => {}
            SkinnyUsers::NotFound => return Err(ApiError::no_such_path()),
            SkinnyUsers::NotAllowed => return Err(ApiError::no_such_method()),
        }
    }
    if !view.admin_role {
        return without_role(view, pages, route);
    }
    let base = call.base();
    let credentials = wants_credentials(call) && route.endpoint != Endpoint::GroupSkinnyUsers;
    let show_user = |user: &User| records::user(base, user, credentials);
    let show_group =
        |group: &Group| records::group(base, view.org, view.stamped, group, wants_stats(call));
    match route.endpoint {
        Endpoint::User => Ok(Reply::json(
            StatusCode::OK,
            show_user(find_user(view, &route.id)?),
        )),
        Endpoint::Group => Ok(Reply::json(
            StatusCode::OK,
            show_group(find_group(view, &route.id)?),
        )),
        Endpoint::Users => {
            let fields = Projection::of_users(call, view.options.user_fields)?;
            let show = |user: &User| match &fields {
                Some(fields) => fields.of(show_user(user)),
                None => show_user(user),
            };
            users(view, pages, &show)
        }
        Endpoint::Groups => groups(view, pages, &show_group),
        Endpoint::GroupUsers | Endpoint::GroupSkinnyUsers => {
            let group = find_group(view, &route.id)?;
            let page = pages.page(paging::limit(call, 1000, 1000)?)?;
            let after = page.after();
            Ok(page.by_id(
                view.org.members(group, after.as_deref()),
                |user| &user.id,
                show_user,
            ))
        }
        Endpoint::UserGroups => groups_of(view, pages, find_user(view, &route.id)?, &show_group),
        Endpoint::Token | Endpoint::Logs => Err(ApiError::forbidden()),
    }
}

/// What whoever has no admin role gets: nothing, said as the org says it.
fn without_role(view: &View<'_>, pages: Pages<'_>, route: &Route) -> Result<Reply, ApiError> {
    if !route.endpoint.is_list() || view.options.without_role != WithoutRole::EmptyLists {
        return Err(ApiError::forbidden());
    }
    let limit = paging::limit(pages.call, 200, 10_000)?;
    let nobody = std::iter::empty();
    Ok(pages
        .page(limit)?
        .by_id(nobody, |user: &User| &user.id, |_| Value::Null))
}

fn groups_of(
    view: &View<'_>,
    pages: Pages<'_>,
    user: &User,
    show: &dyn Fn(&Group) -> Value,
) -> Result<Reply, ApiError> {
    let limit = paging::limit(pages.call, 200, 200)?;
    let page = pages.page(limit)?;
    let after = page.after();
    let groups = view
        .org
        .groups
        .range::<str, _>(following(after.as_deref()))
        .map(|(_, group)| group);
    let groups = groups.filter(|group| view.org.is_member(group, user));
    let show = |group: &Group| {
        let mut record = show(group);
        if group.kind == "BUILT_IN" {
            records::age_stamp(&mut record, view.stamped, group, view.options.built_in_lag);
        }
        record
    };
    Ok(page.by_id(groups, |group| &group.id, show))
}

fn users(
    view: &View<'_>,
    pages: Pages<'_>,
    show: &dyn Fn(&User) -> Value,
) -> Result<Reply, ApiError> {
    let call = pages.call;
    let query = query(view, call, Dialect::UserSearch, Dialect::UserFilter)?;
    if let Some(q) = call.parameter("q") {
        let limit = paging::limit(call, 10, 200)?;
        let starts = |user: &&User| {
            let attributes = ["profile.firstName", "profile.lastName", "profile.email"];
            user.status != DEPROVISIONED
                && attributes
                    .iter()
                    .any(|it| has_prefix(records::user_attribute(user, it), q))
        };
        return Ok(paging::unpaged(
            view.org
                .users
                .values()
                .filter(starts)
                .take(limit)
                .map(show)
                .collect(),
        ));
    }
    let (source, most) = if call.parameter("search").is_some() {
        (view.indexed, view.options.search_cap)
    } else {
        (view.org, None)
    };
    let page = pages.page(paging::limit(call, 200, 200)?)?.of_at_most(most);
    let matches = |user: &User| match &query {
        Some(query) => query.matches(|name| records::user_attribute(user, name)),
        None => user.status != DEPROVISIONED,
    };
    if let Some(order) = Order::of(call) {
        let rows = source
            .users
            .values()
            .filter(|user| matches(user))
            .map(|user| {
                let key = SortKey::of(records::user_attribute(user, order.by));
                (
                    Position {
                        key,
                        id: user.id.clone(),
                    },
                    user,
                )
            });
        return Ok(page.sorted(rows.collect(), order.descending, show));
    }
    let after = page.after();
    let rows = source
        .users
        .range::<str, _>(following(after.as_deref()))
        .map(|(_, user)| user);
    Ok(page.by_id(rows.filter(|user| matches(user)), |user| &user.id, show))
}

fn groups(
    view: &View<'_>,
    pages: Pages<'_>,
    show: &dyn Fn(&Group) -> Value,
) -> Result<Reply, ApiError> {
    let call = pages.call;
    let query = query(view, call, Dialect::GroupSearch, Dialect::GroupFilter)?;
    let matches = |group: &Group| {
        query
            .as_ref()
            .is_none_or(|query| query.matches(|name| records::group_attribute(group, name)))
    };
    if let Some(q) = call.parameter("q") {
        let limit = paging::limit(call, 300, 10_000)?;
        let found = beginning_with(q, view.org.groups.values().filter(|group| matches(group)));
        return Ok(paging::unpaged(
            found.into_iter().take(limit).map(show).collect(),
        ));
    }
    let page = pages.page(paging::limit(call, 10_000, 10_000)?)?;
    // Both expressions are answered from the index: Okta calls the one, and then the other, eventually consistent.
    let source = if query.is_some() {
        view.indexed
    } else {
        view.org
    };
    if let Some(order) = Order::of(call) {
        let rows = source
            .groups
            .values()
            .filter(|group| matches(group))
            .map(|group| {
                let key = SortKey::of(records::group_attribute(group, order.by));
                (
                    Position {
                        key,
                        id: group.id.clone(),
                    },
                    group,
                )
            });
        return Ok(page.sorted(rows.collect(), order.descending, show));
    }
    let after = page.after();
    let rows = source
        .groups
        .range::<str, _>(following(after.as_deref()))
        .map(|(_, group)| group);
    Ok(page.by_id(rows.filter(|group| matches(group)), |group| &group.id, show))
}

/// The groups whose names begin with `q`: first those that are called just that.
fn beginning_with<'a>(q: &str, groups: impl Iterator<Item = &'a Group>) -> Vec<&'a Group> {
    let begins = |group: &&Group| has_prefix(Some(group.name().into()), q);
    let mut found: Vec<_> = groups.filter(begins).collect();
    found.sort_by_key(|group| {
        let name = group.name().to_lowercase();
        (name != q.to_lowercase(), name)
    });
    found
}

/// What the rows are sorted by: only where there is a `search`.
struct Order<'a> {
    by: &'a str,
    descending: bool,
}

impl<'a> Order<'a> {
    fn of(call: &'a Call) -> Option<Self> {
        call.parameter("search")?;
        Some(Self {
            by: call.parameter("sortBy")?,
            descending: call.parameter("sortOrder") == Some("desc"),
        })
    }
}

/// The expression of the request, parsed and checked.
fn query(
    view: &View<'_>,
    call: &Call,
    search: Dialect,
    filter: Dialect,
) -> Result<Option<Query>, ApiError> {
    let rules = Rules {
        unknown_profile: view.options.unknown_profile_attributes,
        co_combined: view.options.co_combined,
    };
    let known = |name: &str| match search {
        Dialect::UserSearch => view
            .org
            .users
            .values()
            .any(|user| user.profile.contains_key(name)),
        _ => view
            .org
            .groups
            .values()
            .any(|group| group.profile.contains_key(name)),
    };
    match (call.parameter("search"), call.parameter("filter")) {
        (Some(_), Some(_)) => Err(ApiError::new(
            400,
            "E0000033",
            "Bad request. Can't specify a search query and filter in the same request.",
        )),
        (Some(text), None) => Query::parse(text, search, rules, known).map(Some),
        (None, Some(text)) => Query::parse(text, filter, rules, known).map(Some),
        (None, None) => Ok(None),
    }
}

fn find_user<'a>(view: &View<'a>, name: &str) -> Result<&'a User, ApiError> {
    view.org
        .user_by_id_or_login(name)
        .ok_or_else(|| ApiError::not_found(name, "User"))
}

fn find_group<'a>(view: &View<'a>, id: &str) -> Result<&'a Group, ApiError> {
    view.org
        .groups
        .get(id)
        .ok_or_else(|| ApiError::not_found(id, "UserGroup"))
}

fn has_prefix(value: Option<Value>, prefix: &str) -> bool {
    let value = value.unwrap_or_default();
    value
        .as_str()
        .is_some_and(|value| value.to_lowercase().starts_with(&prefix.to_lowercase()))
}

/// `Content-Type: application/json; okta-response="omitCredentials,…"` leaves the credentials out.
fn wants_credentials(call: &Call) -> bool {
    !call
        .header("content-type")
        .is_some_and(|value| value.contains("omitCredentials"))
}

fn wants_stats(call: &Call) -> bool {
    call.parameter("expand")
        .is_some_and(|expand| expand.split(',').any(|part| part == "stats"))
}

//! Tables of good and bad org URLs.

use proptest::prelude::*;

use super::*;

#[test]
fn a_good_address_is_brought_into_one_form() {
    for (text, org) in [
        ("https://acme.okta.com", "https://acme.okta.com"),
        ("https://acme.okta.com/", "https://acme.okta.com"),
        (" \thttps://acme.okta.com\r\n", "https://acme.okta.com"),
        ("HTTPS://Acme.OKTA.com", "https://acme.okta.com"),
        ("https://acme.okta.com:443", "https://acme.okta.com"),
        ("https://acme.okta.com:8443/", "https://acme.okta.com:8443"),
        (
            "https://dev-123456.oktapreview.com",
            "https://dev-123456.oktapreview.com",
        ),
        ("https://acme.okta-emea.com", "https://acme.okta-emea.com"),
        ("https://acme.okta.mil", "https://acme.okta.mil"),
        ("https://acme.okta-gov.com", "https://acme.okta-gov.com"),
        (
            "https://acme.okta-miltest.com/",
            "https://acme.okta-miltest.com",
        ),
        (
            "https://acme.trex-govcloud.com",
            "https://acme.trex-govcloud.com",
        ),
        ("https://login.example.org", "https://login.example.org"),
        (
            "https://administration.example.org",
            "https://administration.example.org",
        ),
        // Only Okta's own domains have an `-admin` twin, and sites that are no org.
        (
            "https://sso-admin.example.com",
            "https://sso-admin.example.com",
        ),
        (
            "https://acme-admin.example.org:8443/",
            "https://acme-admin.example.org:8443",
        ),
        (
            "https://acme-admin.notokta.com",
            "https://acme-admin.notokta.com",
        ),
        (
            "https://acme-admin.okta.com.example.org",
            "https://acme-admin.okta.com.example.org",
        ),
        (
            "https://id-admin.okta.example.org",
            "https://id-admin.okta.example.org",
        ),
        ("https://login.notokta.com", "https://login.notokta.com"),
        ("https://notokta.com", "https://notokta.com"),
        ("https://login-admin", "https://login-admin"),
        ("https://www.example.com", "https://www.example.com"),
        ("https://admin.example.com", "https://admin.example.com"),
        ("https://loginacme.okta.com", "https://loginacme.okta.com"),
        (
            "https://acme-administration.okta.com",
            "https://acme-administration.okta.com",
        ),
        ("https://admin-acme.okta.com", "https://admin-acme.okta.com"),
        (
            "https://dev-developer.okta.com",
            "https://dev-developer.okta.com",
        ),
        ("https://café.example", "https://xn--caf-dma.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(OrgUrl::parse(text).unwrap().to_string(), org, "{text}");
    }
}

#[test]
fn a_bad_address_is_refused_by_its_fault() {
    for (text, message) in [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("https://{yourOktaDomain}", "placeholder"),
        ("https://${OKTA_DOMAIN}", "placeholder"),
        ("https://{{yourOktaDomain}}/", "placeholder"),
        ("https://%7ByourOktaDomain%7D", "placeholder"),
        ("https://yourOktaDomain", "placeholder"),
        ("https://your-okta-domain.okta.com", "placeholder"),
        ("acme.okta.com", "no scheme; put `https://` in front"),
        ("acme.okta.com:443", "no scheme"),
        ("//acme.okta.com", "no scheme"),
        ("https:/acme.okta.com", "no scheme"),
        ("https://https://acme.okta.com", "`://` appears twice"),
        (
            "https://acme.okta.com,",
            "the character ',' does not belong",
        ),
        (
            "\"https://acme.okta.com\"",
            "the character '\"' does not belong",
        ),
        (
            "https://acme .okta.com",
            "the character ' ' does not belong",
        ),
        (
            "https://acme.\tokta.com",
            r"the character '\t' does not belong",
        ),
        (r"https:\\acme.okta.com", "no scheme"),
        (
            r"https://acme.okta.com\",
            r"the character '\\' does not belong",
        ),
        ("https://", "does not name a host"),
        ("https://acme..okta.com", "does not name a host"),
        ("https://acme.okta.com.", "does not name a host"),
        ("https://acme.okta.com:99999", "does not name a host"),
        ("https://acme%20x.okta.com", "does not name a host"),
        ("http://acme.okta.com", "unencrypted; use `https:`"),
        ("http://localhost.example.org", "unencrypted"),
        ("http://128.0.0.1", "unencrypted"),
        ("ftp://acme.okta.com", "the scheme `ftp` is not supported"),
        ("https://acme.okta.com/oauth2/default", "it has a path"),
        ("https://acme.okta.com//", "it has a path"),
        ("https://acme.okta.com/?x", "it has a query string"),
        ("https://acme.okta.com?", "it has a query string"),
        ("https://acme.okta.com/#/users", "it has a fragment"),
        ("https://acme-admin.okta.com", "use `https://acme.okta.com`"),
        (
            "https://Acme-Admin.oktapreview.com:444/",
            "use `https://acme.oktapreview.com:444`",
        ),
        (
            "https://acme-admin.okta-emea.com/admin/dashboard?x#y",
            "use `https://acme.okta-emea.com`",
        ),
        (
            "https://acme-admin.okta-gov.com",
            "use `https://acme.okta-gov.com`",
        ),
        ("https://acme-admin.okta.mil", "use `https://acme.okta.mil`"),
        (
            "https://acme-admin.okta-miltest.com",
            "use `https://acme.okta-miltest.com`",
        ),
        (
            "https://acme-admin.trex-govcloud.com",
            "use `https://acme.trex-govcloud.com`",
        ),
        (
            "https://acme-admin.trexcloud.com/",
            "use `https://acme.trexcloud.com`",
        ),
        ("https://okta.com", "such as `https://acme.okta.com`"),
        (
            "https://okta.com/login",
            "no org; write the address of your org",
        ),
        ("https://OKTA.com:443/", "no org"),
        ("https://login.okta.com", "no org"),
        ("https://www.okta.com/", "no org"),
        ("https://developer.okta.com/docs", "no org"),
        ("https://support.okta.com", "no org"),
        ("https://help.okta.com", "no org"),
        ("https://status.okta.com", "no org"),
        ("https://trust.okta.com", "no org"),
        ("https://admin.okta.com", "no org"),
        (
            "https://oktapreview.com",
            "such as `https://acme.oktapreview.com`",
        ),
        ("https://login.oktapreview.com", "no org"),
        (
            "https://login.okta-emea.com",
            "such as `https://acme.okta-emea.com`",
        ),
        ("https://okta.mil", "such as `https://acme.okta.mil`"),
        ("https://acme.okta.com.com", "`.com.com`; write `.com` once"),
        (
            "https://ACME.OKTA.COM.COM/",
            "`.com.com`; write `.com` once",
        ),
    ] {
        let error = OrgUrl::parse(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
        assert!(
            error.contains(&format!("`{}`", text.trim())),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_password_in_the_address_is_not_repeated() {
    for text in [
        "https://me:hunter2@acme.okta.com",
        "https://hunter2@acme.okta.com",
        "me:hunter2@acme.okta.com",
        "https://me:hunter2@acme.okta.com, ",
    ] {
        let error = OrgUrl::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let error = OrgUrl::parse("https://me:hunter2@acme.okta.com").unwrap_err();
    assert_eq!(*error.kind(), OrgUrlErrorKind::UserInfo);
}

#[test]
fn an_org_owns_what_has_its_origin() {
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    for (url, owned) in [
        ("https://acme.okta.com/api/v1/users?after=x", true),
        ("https://ACME.okta.com:443/", true),
        ("http://acme.okta.com/", false),
        ("https://acme.okta.com:8443/", false),
        ("https://acme.okta.com.evil.example/", false),
        ("https://acme-admin.okta.com/", false),
        ("https://evil.example/https://acme.okta.com/", false),
        ("https://acme.okta.com@evil.example/", false),
        ("data:text/plain,x", false),
    ] {
        assert_eq!(org.owns(&Url::parse(url).unwrap()), owned, "{url}");
    }
}

#[test]
fn an_endpoint_stays_within_the_org() {
    let org = OrgUrl::parse("http://[::1]:8080").unwrap();
    assert_eq!(org.host(), "[::1]");
    assert_eq!(
        org.token_endpoint().as_str(),
        "http://[::1]:8080/oauth2/v1/token"
    );
    for path in [
        "/api/v1/users",
        "//evil.example/x",
        "/a?b#c",
        "/a b",
        "/../x",
        "/%2F",
    ] {
        let url = org.endpoint(path);
        assert!(
            org.owns(&url) && url.query().is_none() && url.fragment().is_none(),
            "{url}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_prints_parses(text in "(https://)?[a-z.:/@?#{} \\-]{0,30}|\\PC{0,40}") {
        if let Ok(org) = OrgUrl::parse(&text) {
            prop_assert_eq!(OrgUrl::parse(&org.to_string()).unwrap(), org);
        }
    }
}

//! Tables of variables, good and bad.

use super::*;

fn proxies(variables: &[(&str, &'static str)]) -> Result<Proxies, ProxyError> {
    Proxies::from_variables(|name| {
        let mut variables = variables.iter();
        variables
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    })
}

#[test]
fn a_proxy_is_read_from_the_variables_that_say_so() {
    for (variables, https) in [
        (&[][..], None),
        (&[("HTTPS_PROXY", "")], None),
        (
            &[("HTTPS_PROXY", "http://proxy:3128")],
            Some("http://proxy:3128/"),
        ),
        (
            &[("HTTPS_PROXY", " http://proxy:3128/\n")],
            Some("http://proxy:3128/"),
        ),
        (
            &[("https_proxy", "HTTP://Proxy.example")],
            Some("http://proxy.example/"),
        ),
        (&[("HTTPS_PROXY", "proxy:3128")], Some("http://proxy:3128/")),
        (
            &[("HTTPS_PROXY", "10.0.0.1:8080")],
            Some("http://10.0.0.1:8080/"),
        ),
        (
            &[("HTTPS_PROXY", "http://[fd00::1]:8080")],
            Some("http://[fd00::1]:8080/"),
        ),
        (&[("HTTPS_PROXY", "https://proxy")], Some("https://proxy/")),
        (&[("ALL_PROXY", "http://proxy:1")], Some("http://proxy:1/")),
        (&[("all_proxy", "http://proxy:1")], Some("http://proxy:1/")),
        (&[("HTTP_PROXY", "http://proxy:1")], None),
        (
            &[
                ("https_proxy", "http://small:1"),
                ("HTTPS_PROXY", "http://large:1"),
            ],
            Some("http://large:1/"),
        ),
        // What is not used is not judged.
        (
            &[
                ("HTTPS_PROXY", "http://proxy:1"),
                ("ALL_PROXY", "socks5://proxy:2"),
            ],
            Some("http://proxy:1/"),
        ),
        (
            &[("HTTPS_PROXY", "http://me:p%40ss@proxy:1")],
            Some("http://me:p%40ss@proxy:1/"),
        ),
        // A second `@` can belong to the password only.
        (
            &[("HTTPS_PROXY", "http://me:p@ss@proxy:1")],
            Some("http://me:p%40ss@proxy:1/"),
        ),
    ] {
        let read = proxies(variables).unwrap_or_else(|error| panic!("{error}: {variables:?}"));
        assert_eq!(read.https.as_ref().map(Url::as_str), https, "{variables:?}");
        assert!(crate::ReqwestTransport::new(&read).is_ok(), "{variables:?}");
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_named_and_not_repeated() {
    for value in [
        "\"http://proxy:3128\"",
        "'http://proxy:3128'",
        "\u{201c}http://proxy:3128\u{201d}",
        "http://proxy :3128",
        "::::",
        ":3128",
        "http://",
        "http://:3128",
        "http://proxy:99999",
        "http://proxy:port",
        "socks5://proxy:1080",
        "socks5h://me:hunter2@proxy:1080",
        "socks4://proxy",
        "ftp://proxy:21",
        "htp://proxy:3128",
        "http:/proxy:3128",
        "http:proxy:3128",
        "http//proxy:3128",
        "http://http://proxy:3128",
        "http://proxy/proxy.pac",
        "http://proxy:3128?x",
        "http://me:hunter2#x@proxy:3128",
        "http://me:hunter2/x@proxy:3128",
        "http://me:hunter2?x@proxy:3128",
        "http://pro^xy:3128",
        "http://${PROXY}:3128",
        "$PROXY",
        "http://a,http://b",
    ] {
        for variable in [
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            let Err(error) = proxies(&[(variable, value)]) else {
                panic!("{variable}={value}")
            };
            assert_eq!(error.variable(), variable);
            let message = error.to_string();
            assert!(
                message.starts_with(&format!("`{variable}` cannot be used: ")),
                "{message}"
            );
            assert!(
                message.contains("write it as `http://HOST:PORT`"),
                "{message}"
            );
            let printed = format!("{message} {error:?}");
            assert!(
                !printed.contains("hunter2") && !printed.contains("3128"),
                "{printed}"
            );
        }
    }
    let socks = proxies(&[("ALL_PROXY", "socks5://proxy:1080")]).unwrap_err();
    assert!(
        socks
            .to_string()
            .contains("the scheme `socks5` is not supported"),
        "{socks}"
    );
    let quoted = proxies(&[("HTTPS_PROXY", "'http://proxy'")]).unwrap_err();
    assert!(
        quoted
            .to_string()
            .contains("the character '\\'' does not belong"),
        "{quoted}"
    );
}

#[test]
fn a_password_does_not_print() {
    let read = proxies(&[
        ("HTTPS_PROXY", "http://me:hunter2@proxy:3128"),
        ("NO_PROXY", "x.example"),
    ]);
    let printed = format!("{:?}", read.unwrap());
    assert!(
        printed.contains("proxy:3128") && printed.contains("x.example"),
        "{printed}"
    );
    assert!(
        !printed.contains("hunter2") && !printed.contains("me:"),
        "{printed}"
    );
}

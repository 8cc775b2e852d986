//! Keys among other things, keys in other wrappings, and other formats.

use super::*;

const CERTIFICATE: &str = key_file!("certificate.pem");
const PUBLIC: &str = key_file!("rsa2048.public.pem");
const EC: &str = key_file!("ec-p256.sec1.pem");
const ED25519: &str = key_file!("ed25519.pem");
const ENCRYPTED: &str = key_file!("rsa2048.encrypted.pem");
const PARAMETERS: &str =
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

/// As `openssl pkcs12 -nodes` writes it.
const BAG: &str = "Bag Attributes\n    friendlyName: okta\n    localKeyID: 54 69 6D 65 \nKey Attributes: <No Attributes>\n";

#[test]
fn the_private_key_is_found_among_whatever_else_a_pem_holds() {
    let expected = signature(GOOD);
    let crl = "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n";
    for pem in [GOOD, PKCS1] {
        for text in [
            format!("{CERTIFICATE}{pem}"),
            format!("{pem}{CERTIFICATE}"),
            format!("{CERTIFICATE}{CERTIFICATE}{pem}{CERTIFICATE}"),
            format!("{PUBLIC}{pem}"),
            format!("{BAG}{CERTIFICATE}{BAG}{pem}"),
            format!("{BAG}{pem}{BAG}subject=CN = x\n\nissuer=CN = x\n\n{CERTIFICATE}"),
            format!("# made by hand\n{pem}\n; the end"),
            format!("{crl}{PARAMETERS}{pem}"),
            format!("{ENCRYPTED}{pem}"),
            format!("{ED25519}{pem}"),
            // The same key again, in its other form or the same.
            format!("{GOOD}{pem}"),
            format!("{pem}{PKCS1}"),
            // Of what follows nothing is needed.
            format!("{pem}-----BEGIN CERTIFICATE-----\nMIIB"),
        ] {
            assert_eq!(signature(&text), expected, "{text}");
            assert_eq!(signature(&text.replace('\n', "\r\n")), expected);
            assert_eq!(signature(&text.replace('\n', "\\n")), expected);
        }
    }
}

#[test]
fn a_pem_without_one_private_key_says_what_it_holds() {
    use KeyErrorKind::*;
    let cut = GOOD.get(..400).unwrap();
    for (text, expected) in [
        (format!("{CERTIFICATE}{PUBLIC}"), Certificate),
        (format!("{PUBLIC}{CERTIFICATE}"), PublicKey),
        (format!("{BAG}{CERTIFICATE}{ENCRYPTED}"), Encrypted),
        (format!("{CERTIFICATE}{ED25519}"), UnsupportedAlgorithm),
        (format!("{CERTIFICATE}{cut}"), Truncated),
        (format!("{cut}\n{CERTIFICATE}"), Truncated),
        (PARAMETERS.to_owned(), Truncated),
        (format!("{GOOD}{EC}"), SeveralKeys { count: 2 }),
        (
            format!(
                "{GOOD}{CERTIFICATE}{EC}{PKCS1}{}",
                key_file!("ec-p521.sec1.pem")
            ),
            SeveralKeys { count: 3 },
        ),
    ] {
        assert_eq!(kind(&text), expected, "{text}");
    }
}

/// `text` as `base64` writes it: in lines of 76.
fn in_lines(text: &[u8]) -> String {
    let encoded = STANDARD.encode(text);
    let lines = encoded.as_bytes().chunks(76);
    let lines: Vec<&str> = lines
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("{}\n", lines.join("\n"))
}

/// The bytes between the lines of PEM.
fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.contains('-')).collect();
    STANDARD.decode(body).unwrap()
}

#[test]
fn base64_of_a_whole_key_is_that_key() {
    let expected = signature(GOOD);
    let crlf = GOOD.replace('\n', "\r\n");
    let both = format!("{CERTIFICATE}{GOOD}");
    let escaped = GOOD.replace('\n', "\\n");
    for bytes in [
        GOOD.as_bytes(),
        GOOD.trim().as_bytes(),
        PKCS1.as_bytes(),
        crlf.as_bytes(),
        both.as_bytes(),
        escaped.as_bytes(),
        &der(GOOD),
        &der(PKCS1),
    ] {
        let line = STANDARD.encode(bytes);
        for text in [
            line.clone(),
            line.trim_end_matches('=').to_owned(),
            URL_SAFE_NO_PAD.encode(bytes),
            format!("\"{line}\"\n"),
            in_lines(bytes),
            in_lines(bytes).replace('\n', "\\n"),
        ] {
            assert_eq!(signature(&text), expected, "{text}");
            assert_eq!(PrivateKey::parse_all(&text).unwrap().len(), 1);
        }
    }
    let jwk = key_file!("rsa2048.private.jwk.json");
    let set = format!(
        "{{\"keys\": [{jwk}, {}]}}",
        key_file!("ec-p256.private.jwk.json")
    );
    let key = PrivateKey::parse(&in_lines(jwk.as_bytes())).unwrap();
    assert_eq!(key.key_id(), "portal-sync-test-1");
    assert_eq!(
        PrivateKey::parse_all(&STANDARD.encode(set)).unwrap().len(),
        2
    );
}

#[test]
fn other_formats_are_called_by_their_names() {
    use KeyErrorKind::*;
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let openssh = |name: &str| {
        let contents = format!(
            "openssh-key-v1\0\0\0\0\x04none\0\0\0\x07{name}{}",
            "\x01".repeat(90)
        );
        format!(
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{}-----END OPENSSH PRIVATE KEY-----\n",
            in_lines(contents.as_bytes())
        )
    };
    // PFX: version 3, then content of the type `data` (RFC 7292, appendix D).
    let pkcs12: &[u8] = &[
        0x30, 0x14, 2, 1, 3, 0x30, 0x0f, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1, 0xa0,
        2, 4, 0,
    ];
    let putty =
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\n";
    for (text, expected) in [
        (openssh("ssh-rsa"), OpenSsh),
        (openssh("ecdsa-sha2-nistp256"), OpenSsh),
        (openssh("ssh-ed25519"), UnsupportedAlgorithm),
        (STANDARD.encode(openssh("ssh-rsa")), OpenSsh),
        (putty.to_owned(), Putty),
        (putty.replace('\n', "\r\n"), Putty),
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB me@here".to_owned(),
            PublicKey,
        ),
        (
            "ecdsa-sha2-nistp256 AAAAE2VjZHNh me@here".to_owned(),
            PublicKey,
        ),
        (
            "---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3Nza\n---- END SSH2 PUBLIC KEY ----".to_owned(),
            PublicKey,
        ),
        (STANDARD.encode(pkcs12), Pkcs12),
        (as_text(&der(GOOD)), Binary),
        (as_text(&utf16(GOOD)), Utf16),
        (STANDARD.encode(utf16(GOOD)), Utf16),
        (STANDARD.encode(der(PUBLIC)), PublicKey),
        (STANDARD.encode(der(CERTIFICATE)), Certificate),
        (STANDARD.encode(der(ENCRYPTED)), Encrypted),
        (STANDARD.encode(der(ED25519)), UnsupportedAlgorithm),
        (STANDARD.encode(PUBLIC), PublicKey),
        (
            STANDARD.encode("hunter2 and other words, long enough for a key"),
            NotPem,
        ),
    ] {
        assert_eq!(kind_of(&text, PrivateKey::parse(&text)), expected, "{text}");
    }
}

//! As much of DER as it takes to tell what a PEM block holds (X.690; RFC 5208, RFC 8017).

use secrecy::zeroize::Zeroizing;

use super::error::KeyErrorKind;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// 1.2.840.113549.1.7, the content types of PKCS#7, one of which a PKCS#12 store begins with (RFC 7292, section 4).
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

/// What the bytes of a block are, by their outermost structure.
pub(super) enum Contents<'a> {
    /// An RSA private key.
    Pkcs1(&'a [u8]),
    /// An RSA private key in the envelope of PKCS#8; the bytes are those of PKCS#1.
    Pkcs8Rsa(&'a [u8]),
    /// A key of another kind in that envelope.
    Pkcs8Other,
    /// An elliptic-curve private key in that envelope.
    Pkcs8Ec,
    /// An elliptic-curve private key without one (SEC 1).
    Sec1,
    /// An encrypted PKCS#8 envelope.
    Encrypted,
    /// A PKCS#12 store.
    Pkcs12,
    PublicKey,
    Certificate,
}

impl<'a> Contents<'a> {
    pub(super) fn of(der: &'a [u8]) -> Result<Self, KeyErrorKind> {
        let mut outer = Reader(der);
        let whole = outer.read(SEQUENCE)?;
        if !outer.0.is_empty() {
            return Err(KeyErrorKind::Damaged);
        }
        let mut fields = Reader(whole);
        if fields.is_next(SEQUENCE) {
            let first = Reader(fields.read(SEQUENCE)?);
            return match (first.is_next(OBJECT_IDENTIFIER), fields.next_tag()) {
                (true, Some(OCTET_STRING)) => Ok(Self::Encrypted),
                (true, Some(BIT_STRING)) => Ok(Self::PublicKey),
                (false, Some(SEQUENCE)) => Ok(Self::Certificate),
                _ => Err(KeyErrorKind::Damaged),
            };
        }
        fields.read(INTEGER)?;
        match fields.next_tag() {
            // Two numbers are a public RSA key (modulus, exponent), nine a private one.
            Some(INTEGER) => {
                fields.read(INTEGER)?;
                Ok(if fields.0.is_empty() {
                    Self::PublicKey
                } else {
                    Self::Pkcs1(der)
                })
            }
            Some(OCTET_STRING) => Ok(Self::Sec1),
            Some(SEQUENCE) => {
                let algorithm = Reader(fields.read(SEQUENCE)?).read(OBJECT_IDENTIFIER)?;
                if algorithm.starts_with(PKCS7) {
                    return Ok(Self::Pkcs12);
                }
                let key = fields.read(OCTET_STRING)?;
                Ok(match algorithm {
                    RSA_ENCRYPTION => Self::Pkcs8Rsa(key),
                    EC_PUBLIC_KEY => Self::Pkcs8Ec,
                    _ => Self::Pkcs8Other,
                })
            }
            _ => Err(KeyErrorKind::Damaged),
        }
    }
}

/// Modulus and exponent of a PKCS#1 private key, without leading zeros.
pub(super) fn public_numbers(pkcs1: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Reader(Reader(pkcs1).read(SEQUENCE).ok()?);
    fields.read(INTEGER).ok()?;
    let modulus = significant(fields.read(INTEGER).ok()?);
    let exponent = significant(fields.read(INTEGER).ok()?);
    Some((modulus, exponent))
}

fn significant(number: &[u8]) -> &[u8] {
    let leading = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(leading..).unwrap_or_default()
}

/// A PKCS#1 private key (RFC 8017, appendix A.1.2) of its numbers in their order: n, e, d, p, q, dp, dq, qi.
pub(super) fn pkcs1(numbers: &[Zeroizing<Vec<u8>>; 8]) -> Zeroizing<Vec<u8>> {
    let mut fields = Zeroizing::new(vec![INTEGER, 1, 0]);
    for number in numbers {
        let number = significant(number);
        // A number whose first bit is set would be negative.
        let sign = number.first().is_none_or(|&byte| byte >= 0x80);
        fields.push(INTEGER);
        fields.extend(encoded_length(number.len() + usize::from(sign)));
        fields.extend(sign.then_some(0));
        fields.extend_from_slice(number);
    }
    let mut der = Zeroizing::new(vec![SEQUENCE]);
    der.extend(encoded_length(fields.len()));
    der.extend_from_slice(&fields);
    der
}

fn encoded_length(length: usize) -> Vec<u8> {
    let bytes: Vec<u8> = length
        .to_be_bytes()
        .into_iter()
        .skip_while(|&byte| byte == 0)
        .collect();
    match (length, u8::try_from(bytes.len())) {
        (0..0x80, _) => vec![length.to_be_bytes().last().copied().unwrap_or_default()],
        (_, Ok(count)) => [vec![0x80 | count], bytes].concat(),
        (_, Err(_)) => bytes,
    }
}

/// What is left of a run of DER values.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next_tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn is_next(&self, tag: u8) -> bool {
        self.next_tag() == Some(tag)
    }

    /// The contents of the next value, which must have `tag`.
    fn read(&mut self, tag: u8) -> Result<&'a [u8], KeyErrorKind> {
        let (&found, rest) = self.0.split_first().ok_or(KeyErrorKind::Truncated)?;
        if found != tag {
            return Err(KeyErrorKind::Damaged);
        }
        let (length, rest) = length(rest)?;
        let (value, rest) = rest
            .split_at_checked(length)
            .ok_or(KeyErrorKind::Truncated)?;
        self.0 = rest;
        Ok(value)
    }
}

/// A length in its short form, or in its long form with up to three bytes: no key is larger.
fn length(der: &[u8]) -> Result<(usize, &[u8]), KeyErrorKind> {
    let (&first, rest) = der.split_first().ok_or(KeyErrorKind::Truncated)?;
    match first {
        0..=0x7f => Ok((usize::from(first), rest)),
        0x81..=0x83 => {
            let (bytes, rest) = rest
                .split_at_checked(usize::from(first & 0x7f))
                .ok_or(KeyErrorKind::Truncated)?;
            let length = bytes
                .iter()
                .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            Ok((length, rest))
        }
        _ => Err(KeyErrorKind::Damaged),
    }
}

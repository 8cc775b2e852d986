//! Why a text is no usable private key. Messages say its length and kind, never any of it.

use crate::report::debug_as_report;

/// Why a text is not a usable private key.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the private key ({length} characters) {kind}")]
pub struct KeyError {
    length: usize,
    kind: KeyErrorKind,
}

debug_as_report!(KeyError);

impl KeyError {
    pub(super) fn new(text: &str, kind: KeyErrorKind) -> Self {
        Self {
            length: text.chars().count(),
            kind,
        }
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }
}

/// What is wrong with the text given as a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// There is no `-----BEGIN …-----` line, nor the beginning of a JWK.
    #[error(
        "is neither PEM nor JWK: it has no `-----BEGIN PRIVATE KEY-----` line and does not begin with `{{`; give the \
         contents of the key, whole, and not the name of its file"
    )]
    NotPem,
    /// The end is missing, or a part of the middle.
    #[error("is cut off; copy it whole, from the `BEGIN` line to the `END` line")]
    Truncated,
    /// Something between the lines is not base64.
    #[error(
        "holds the character {found:?} between its `BEGIN` and `END` lines, which is not base64; copy it anew, without \
         quotes or anything else around each line"
    )]
    #[non_exhaustive]
    NotBase64 {
        /// The first such character.
        found: char,
    },
    /// The bytes are not those of a key.
    #[error("is damaged: its bytes do not make a key; copy it anew")]
    Damaged,
    /// The key is protected by a passphrase.
    #[error("is encrypted with a passphrase; decrypt it first: `openssl pkey -in KEY -out PLAIN`")]
    Encrypted,
    /// It is the public half.
    #[error("is a public key; give the private key that belongs to it")]
    PublicKey,
    /// It is a certificate.
    #[error("is a certificate; give the private key that belongs to it")]
    Certificate,
    /// It is an elliptic-curve key on another curve, or a damaged one.
    #[error(
        "is an EC key that cannot be used; use one on the curve P-256, P-384 or P-521, or an RSA key of 2048 bits or more"
    )]
    UnsupportedCurve,
    /// It is a private key of another kind, such as Ed25519.
    #[error(
        "is of a kind that is not supported; use an RSA key of 2048 bits or more, or an EC key on P-256, P-384 or P-521"
    )]
    UnsupportedAlgorithm,
    /// It begins as JSON and is none.
    #[error("begins as a JWK and is not JSON; copy it whole, from `{{` to `}}`")]
    NotJson,
    /// It is an RSA JWK without its primes and what is derived from them.
    #[error(
        "is an RSA JWK without {missing}, which signing needs beside `n`, `e` and `d`; take a key that has them: in \
         Okta, Add key > Generate new key and copy the private key whole, or `openssl genpkey -algorithm RSA -pkeyopt \
         rsa_keygen_bits:2048 -out KEY` and register its public half"
    )]
    #[non_exhaustive]
    JwkWithoutPrimes {
        /// Those that are missing of `p`, `q`, `dp`, `dq` and `qi` (RFC 7518, section 6.3.2), as a message lists them.
        missing: String,
    },
    /// It is a JWK with a member that is missing or cannot be read.
    #[error("is a JWK whose `{member}` is missing or damaged; copy it anew")]
    #[non_exhaustive]
    JwkMember {
        /// The name of the member.
        member: &'static str,
    },
    /// It is an empty JWK set, or one with several keys to sign with where one is wanted.
    #[error("is a JWK set with {private} private keys; give the one key, `{{\"kty\": …}}`")]
    #[non_exhaustive]
    JwkSet {
        /// How many keys to sign with there are in it.
        private: usize,
    },
    /// It is a JWK set without a key that can sign.
    #[error("is a JWK set of which no key can sign: {}", numbered(.keys))]
    #[non_exhaustive]
    NoSigningKey {
        /// Why not, for each key in its order.
        keys: Vec<Self>,
    },
    /// It is a JWK set of which one key is damaged.
    #[error("is a JWK set whose key number {number} {kind}")]
    #[non_exhaustive]
    InSet {
        /// Its place in the set; the first is 1.
        number: usize,
        /// What is wrong with that key.
        kind: Box<Self>,
    },
    /// It is a JWK whose `use`, `key_ops` or `alg` is not to sign with.
    #[error("is a JWK that is not made to sign with: its `use`, `key_ops` or `alg` says so")]
    JwkNotForSigning,
    /// It is PEM with several private keys that differ.
    #[error(
        "holds {count} different private keys; leave the one whose public half Okta knows, or give all of them as a JWK \
         set"
    )]
    #[non_exhaustive]
    SeveralKeys {
        /// How many there are.
        count: usize,
    },
    /// It is a private key in the format of OpenSSH.
    #[error(
        "is in the format of OpenSSH; convert a copy of its file, `ssh-keygen -p -N \"\" -m PKCS8 -f COPY`, and give what \
         is in COPY then"
    )]
    OpenSsh,
    /// It is a private key in the format of `PuTTY`.
    #[error(
        "is in the format of PuTTY; convert it: `puttygen KEY.ppk -O private-openssh -o KEY`, or Conversions > Export \
         OpenSSH key in PuTTYgen"
    )]
    Putty,
    /// It is a PKCS#12 store (`.p12`, `.pfx`).
    #[error(
        "is a PKCS#12 file (`.p12`, `.pfx`); take the key out of it: `openssl pkcs12 -in FILE -nocerts -nodes -out KEY`"
    )]
    Pkcs12,
    /// It is text in UTF-16, which has a zero byte beside each letter.
    #[error("is text in UTF-16; save it as UTF-8: `iconv -f UTF-16 -t UTF-8 KEY > KEY.utf8`")]
    Utf16,
    /// It is binary DER that was read as text.
    #[error(
        "is binary (DER) and was damaged when it was read as text; convert the file to PEM: `openssl pkey -inform DER \
         -in KEY -out KEY.pem`"
    )]
    Binary,
    /// The label of no private key.
    #[error("is labelled `{label}`; expected `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`")]
    #[non_exhaustive]
    UnsupportedLabel {
        /// The words after `BEGIN`.
        label: String,
    },
    /// The label names another format than the contents have.
    #[error("is labelled `{label}` but its contents are those of `{expected}`; correct the label")]
    #[non_exhaustive]
    WrongLabel {
        /// The words after `BEGIN`.
        label: String,
        /// The words that would be right.
        expected: &'static str,
    },
    /// The RSA modulus is too short to be safe.
    #[error("has {bits} bits; use an RSA key of 2048 bits or more")]
    #[non_exhaustive]
    TooSmall {
        /// The length of the modulus.
        bits: usize,
    },
    /// The RSA modulus is longer than the crypto library takes.
    #[error("has {bits} bits; use an RSA key of 8192 bits or less")]
    #[non_exhaustive]
    TooLarge {
        /// The length of the modulus.
        bits: usize,
    },
}

/// `key 1 is a public key; key 2 …`
fn numbered(keys: &[KeyErrorKind]) -> String {
    let numbered = (1..).zip(keys);
    let reasons: Vec<String> = numbered
        .map(|(number, kind)| format!("key {number} {kind}"))
        .collect();
    reasons.join("; ")
}

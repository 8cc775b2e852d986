//! Private keys: the input is what somebody pasted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_auth::PrivateKey;

fuzz_target!(|text: &str| {
    if let Ok(keys) = PrivateKey::parse_all(text) {
        assert!(!keys.is_empty());
        for key in keys {
            assert!(!key.key_id().is_empty());
        }
    }
});

//! Records: the input is the body of an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okta_api::{Group, LogEvent, Member, User};
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|body: &[u8]| {
    round_trip::<User>(body);
    round_trip::<Member>(body);
    round_trip::<Group>(body);
    round_trip::<LogEvent>(body);
});

fn round_trip<T: DeserializeOwned + Serialize>(body: &[u8]) {
    let Ok(record) = serde_json::from_slice::<T>(body) else {
        return;
    };
    let written = serde_json::to_string(&record);
    assert!(written.is_ok(), "what was read is written");
    let Ok(written) = written else {
        return;
    };
    let again = serde_json::from_str::<T>(&written).map(|again| serde_json::to_string(&again));
    assert!(
        again.is_ok_and(|again| again.is_ok_and(|again| again == written)),
        "not read back: {written}"
    );
}

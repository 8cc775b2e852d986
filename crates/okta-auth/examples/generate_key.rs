//! Makes a key pair: the private half goes into a new file, the public half is printed, to be pasted into Okta's Admin
//! Console (Applications > Applications > (the app) > General > Client Credentials > Edit > Public key / Private key > Add
//! key).
//!
//! ```sh
//! OKTA_KEY_FILE=key.pem cargo run --example generate_key
//! ```

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;

use okta_auth::{Algorithm, PrivateKey};

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::var("OKTA_KEY_FILE")
        .map_err(|_| "set the environment variable OKTA_KEY_FILE to the name of a new file")?;
    let generated = PrivateKey::generate(Algorithm::RS256)?;

    // A file that is there is not written over, and nobody else may read the new one.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&file)?
        .write_all(generated.expose_pem().as_bytes())?;

    println!("{}", generated.key().public_jwk());
    Ok(())
}

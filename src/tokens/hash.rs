//! `at_hash` and `c_hash`: a token names the other thing that it came with.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Alg;

/// The left half of the value's hash, by the hash of the token's own algorithm,
/// [Core §3.1.3.6](https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken). For Ed25519 that is SHA-512.
pub fn half_hash(alg: Alg, value: &str) -> String {
    let algorithm = match alg {
        Alg::RS256 | Alg::PS256 | Alg::ES256 | Alg::HS256 => &digest::SHA256,
        Alg::ES384 => &digest::SHA384,
        Alg::EdDSA => &digest::SHA512,
    };
    let whole = digest::digest(algorithm, value.as_bytes());
    URL_SAFE_NO_PAD.encode(&whole.as_ref()[..whole.as_ref().len() / 2])
}

/// A name that stands for several others together and tells none of them.
pub fn digest_of(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

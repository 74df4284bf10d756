//! Keys and shapes that no honest token of a ring has: what lies are made of.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::{BoxedUint, PublicKey};
use serde_json::Value;

use crate::protocol::Map;

use super::{Alg, KeyError, SigningKey};

/// A key that no ring publishes. The RSA key is compiled in, since making one takes long.
pub fn stranger(alg: Alg) -> Result<SigningKey, KeyError> {
    match alg {
        Alg::RS256 | Alg::PS256 | Alg::HS256 => {
            SigningKey::from_pem(&[Alg::RS256, Alg::PS256], include_str!("../../keys/stranger.pem"))
        }
        _ => SigningKey::generate(alg),
    }
}

/// The RSA key that a pretended rotation signs with.
pub fn successor() -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(&[Alg::RS256, Alg::PS256], include_str!("../../keys/successor.pem"))
}

/// The RSA key that lies publish. Nothing else is signed with it.
pub fn published() -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(&[Alg::RS256], include_str!("../../keys/published.pem"))
}

/// Whose key a token's signature is by, if it is one that lies sign with.
pub fn liar(token: &str) -> Option<&'static str> {
    let keys = [
        (stranger(Alg::RS256), "the stranger’s key, which nobody publishes"),
        (successor(), "the key that a pretended rotation signs with"),
        (published(), "the key that a lie publishes"),
    ];
    let by = |key: &SigningKey| {
        [Alg::RS256, Alg::PS256].into_iter().any(|alg| super::verify::holds(token, key.public(), alg))
    };
    keys.into_iter().find_map(|(key, whose)| key.is_ok_and(|key| by(&key)).then_some(whose))
}

/// A published RSA key in PEM: the bytes that an app which confuses algorithms takes for a shared secret.
pub fn public_pem(jwk: &Map) -> Option<String> {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?;
        Some(BoxedUint::from_be_slice_vartime(&bytes))
    };
    PublicKey::new(number("n")?, number("e")?).ok()?.to_public_key_pem(LineEnding::LF).ok()
}

/// A JWE in compact form, encrypted with A256GCM by a key that is made of the client's secret,
/// [Core §10.2](https://openid.net/specs/openid-connect-core-1_0.html#Encryption). `header` may say more, and untruths.
pub fn encrypted(secret: &str, header: &Map, plain: &[u8], nonce: [u8; 12]) -> String {
    let mut whole = Map::new();
    whole.insert("alg".into(), Value::from("dir"));
    whole.insert("enc".into(), Value::from("A256GCM"));
    whole.extend(header.clone());
    let header = URL_SAFE_NO_PAD.encode(Value::Object(whole).to_string());
    let key = digest::digest(&digest::SHA256, secret.as_bytes());
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("a SHA-256 has 32 bytes"));
    let mut sealed = plain.to_vec();
    let aad = Aad::from(header.as_bytes());
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed);
    let tag = tag.expect("the text is shorter than AES-GCM allows");
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{header}..{}.{}.{}", part(&nonce), part(&sealed), part(tag.as_ref()))
}

//! Tokens that only one reader can read, [RFC 7516](https://www.rfc-editor.org/rfc/rfc7516): for whom, and by which key.

use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsBigEndian as _, EcPublicKeyUncompressedBin};
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey,
    PublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::protocol::Map;

use super::jwe_content::{chance, seal};
use super::{JweAlg, JweEnc};

/// For whom a token is encrypted, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    alg: JweAlg,
    enc: JweEnc,
    kid: Option<String>,
    key: RecipientKey,
}

/// A key that whoever decrypts has the other half of, or the same.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RecipientKey {
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// A curve, and a point on it.
    Ec(Curve, Vec<u8>),
    /// The same on both sides.
    Secret(Vec<u8>),
}

/// A curve on which two can agree on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.as_str() == name)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    pub(super) const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
            Self::P521 => &agreement::ECDH_P521,
        }
    }

    /// The point of a JWK, [RFC 7518 §6.2.1](https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1), as the library takes it.
    pub(super) fn point(self, jwk: &Map) -> Option<Vec<u8>> {
        let length = match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        };
        let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
        (x.len() == length && y.len() == length).then(|| [&[4], x.as_slice(), &y].concat())
    }
}

impl Recipient {
    /// Whoever has the other half of the first of these public keys that fits.
    pub fn among(jwks: &Value, alg: JweAlg, enc: JweEnc) -> Option<Self> {
        let says =
            |jwk: &Map, name: &str, right: &str| jwk.get(name).and_then(Value::as_str).is_none_or(|said| said == right);
        let keys = jwks.get("keys").and_then(Value::as_array)?.iter().filter_map(Value::as_object);
        let mut fitting = keys.filter(|jwk| {
            jwk.get("kty").and_then(Value::as_str) == alg.key_type()
                && says(jwk, "use", "enc")
                && says(jwk, "alg", alg.as_str())
        });
        fitting.find_map(|jwk| {
            let key = if alg.key_type()? == "RSA" {
                RecipientKey::Rsa(bytes(jwk, "n")?, bytes(jwk, "e")?)
            } else {
                let curve = Curve::named(jwk.get("crv")?.as_str()?)?;
                RecipientKey::Ec(curve, curve.point(jwk)?)
            };
            let kid = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            let recipient = Self { alg, enc, kid, key };
            // A key that cannot be used is none.
            recipient.encrypt("", false).is_some().then_some(recipient)
        })
    }

    /// Whoever has this secret.
    pub fn with_secret(secret: &str, enc: JweEnc) -> Self {
        Self { alg: JweAlg::Dir, enc, kid: None, key: RecipientKey::Secret(key_of_secret(secret, enc)) }
    }

    /// Encrypts a text; `nested` is whether that is a token itself. Nothing, where the key is none.
    pub fn encrypt(&self, text: &str, nested: bool) -> Option<String> {
        let mut header = Map::new();
        header.insert("alg".into(), self.alg.as_str().into());
        header.insert("enc".into(), self.enc.as_str().into());
        header.extend(self.kid.as_deref().map(|kid| ("kid".to_owned(), kid.into())));
        if nested {
            header.insert("cty".into(), "JWT".into());
        }
        let (key, encrypted_key) = match &self.key {
            RecipientKey::Secret(key) => (key.clone(), Vec::new()),
            RecipientKey::Rsa(n, e) => {
                let key = content_key(self.enc)?;
                let encrypted = by_rsa(self.alg, (n, e), &key)?;
                (key, encrypted)
            }
            RecipientKey::Ec(curve, point) => self.by_agreement(*curve, point, &mut header)?,
        };
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = part(Value::Object(header).to_string().as_bytes());
        let sealed = seal(self.enc, &key, header.as_bytes(), text.as_bytes())?;
        let rest = [&encrypted_key, &sealed.iv, &sealed.text, &sealed.tag].map(|bytes| part(bytes)).join(".");
        Some(format!("{header}.{rest}"))
    }

    /// [RFC 7518 §4.6](https://www.rfc-editor.org/rfc/rfc7518#section-4.6): the other half of a key of this moment goes along.
    fn by_agreement(&self, curve: Curve, point: &[u8], header: &mut Map) -> Option<(Vec<u8>, Vec<u8>)> {
        let ephemeral = EphemeralPrivateKey::generate(curve.algorithm(), &SystemRandom::new()).ok()?;
        let public = ephemeral.compute_public_key().ok()?;
        let public: EcPublicKeyUncompressedBin<'_> = public.as_be_bytes().ok()?;
        let (x, y) = public.as_ref().get(1..)?.split_at_checked(public.as_ref().len() / 2)?;
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        header.insert("epk".into(), json!({ "kty": "EC", "crv": curve.as_str(), "x": part(x), "y": part(y) }));
        let theirs = UnparsedPublicKey::new(curve.algorithm(), point);
        let agreed = |agreed: &[u8]| Ok(derived(agreed, (self.alg, self.enc), header));
        let derived = agreement::agree_ephemeral(ephemeral, theirs, (), agreed).ok()?;
        if self.alg == JweAlg::EcdhEs {
            return Some((derived, Vec::new()));
        }
        let key = content_key(self.enc)?;
        let mut room = vec![0; key.len() + 8];
        let wrapped = wrapping_key(self.alg, &derived)?.wrap(&key, &mut room).ok()?.to_vec();
        Some((key, wrapped))
    }
}

/// The key that wraps a content key.
pub(super) fn wrapping_key(alg: JweAlg, derived: &[u8]) -> Option<AesKek> {
    AesKek::new(if alg == JweAlg::EcdhEsA128Kw { &AES_128 } else { &AES_256 }, derived).ok()
}

/// What both sides make of what they agreed on, [RFC 7518 §4.6.2](https://www.rfc-editor.org/rfc/rfc7518#section-4.6.2).
pub(super) fn derived(agreed: &[u8], (alg, enc): (JweAlg, JweEnc), header: &Map) -> Vec<u8> {
    let (name, length) = match alg {
        JweAlg::EcdhEsA128Kw => (alg.as_str(), 16),
        JweAlg::EcdhEsA256Kw => (alg.as_str(), 32),
        _ => (enc.as_str(), enc.key_len()),
    };
    let with_length =
        |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()[..], bytes].concat();
    let party = |name: &str| with_length(&bytes(header, name).unwrap_or_default());
    let bits = u32::try_from(length * 8).unwrap_or(u32::MAX).to_be_bytes();
    let info = [with_length(name.as_bytes()), party("apu"), party("apv"), bits.to_vec()].concat();
    let round = |number: u32| {
        let text = [&number.to_be_bytes()[..], agreed, &info].concat();
        digest::digest(&digest::SHA256, &text).as_ref().to_vec()
    };
    let mut key: Vec<u8> = (1..).map(round).take(length.div_ceil(32)).flatten().collect();
    key.truncate(length);
    key
}

/// The key that is made of a client's secret, [Core §10.2](https://openid.net/specs/openid-connect-core-1_0.html#Encryption).
pub(super) fn key_of_secret(secret: &str, enc: JweEnc) -> Vec<u8> {
    let algorithm = if enc.key_len() > 32 { &digest::SHA512 } else { &digest::SHA256 };
    digest::digest(algorithm, secret.as_bytes()).as_ref()[..enc.key_len()].to_vec()
}

/// The padding of an RSA algorithm.
pub(super) const fn oaep(alg: JweAlg) -> &'static OaepAlgorithm {
    if matches!(alg, JweAlg::RsaOaep) { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 }
}

fn by_rsa(alg: JweAlg, (n, e): (&[u8], &[u8]), key: &[u8]) -> Option<Vec<u8>> {
    let public: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().ok()?;
    let public = OaepPublicEncryptingKey::new(public).ok()?;
    let mut room = vec![0; public.ciphertext_size()];
    Some(public.encrypt(oaep(alg), key, &mut room, None).ok()?.to_vec())
}

/// A key for one content.
fn content_key(enc: JweEnc) -> Option<Vec<u8>> {
    let bytes: [u8; 64] = chance()?;
    Some(bytes[..enc.key_len()].to_vec())
}

/// A member that is base64url.
pub(super) fn bytes(members: &Map, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok()
}

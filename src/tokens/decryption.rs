//! What apps encrypt for this provider: the keys that it publishes for that, and how such a token is opened.

use std::fmt;

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::key_wrap::KeyWrap as _;
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::SecretDocument;
use serde_json::Value;

use crate::protocol::Map;

use super::jwe::{Curve, derived, key_of_secret, oaep, wrapping_key};
use super::jwe_content::{Sealed, open};
use super::{Alg, JweAlg, JweEnc, KeyError, SigningKey};

/// What each kind of key serves; most apps use the first.
const BY_RSA: [JweAlg; 2] = [JweAlg::RsaOaep, JweAlg::RsaOaep256];
const BY_AGREEMENT: [JweAlg; 3] = [JweAlg::EcdhEs, JweAlg::EcdhEsA128Kw, JweAlg::EcdhEsA256Kw];

/// The keys that apps encrypt for, one for each kind.
pub struct DecryptionKeys {
    rsa: (Map, OaepPrivateDecryptingKey),
    ec: (Map, PrivateKey),
}

impl fmt::Debug for DecryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKeys").finish_non_exhaustive()
    }
}

impl DecryptionKeys {
    /// Reads an RSA key and one on P-256, in PKCS#8 PEM.
    pub(super) fn from_pem(rsa: &str, ec: &str) -> Result<Self, KeyError> {
        let no_key = |_| KeyError("this key cannot decrypt".to_owned());
        let der = |pem: &str| SecretDocument::from_pem(pem).map(|(_, der)| der).map_err(|e| KeyError(e.to_string()));
        let private = PrivateDecryptingKey::from_pkcs8(der(rsa)?.as_bytes()).map_err(|e| KeyError(e.to_string()))?;
        let private = OaepPrivateDecryptingKey::new(private).map_err(no_key)?;
        let agreeing = PrivateKey::from_private_key_der(&agreement::ECDH_P256, der(ec)?.as_bytes());
        let agreeing = agreeing.map_err(|e| KeyError(e.to_string()))?;
        Ok(Self { rsa: (public_half(&[Alg::RS256], rsa)?, private), ec: (public_half(&[Alg::ES256], ec)?, agreeing) })
    }

    /// The public halves, to be published beside the signing keys. As with those, a key has a name of its own for each algorithm: it is there
    /// for the first, and for another where `used` says that some app encrypts by it.
    pub(super) fn published(&self, used: impl Fn(JweAlg) -> bool) -> Vec<Map> {
        let keys = [(&self.rsa.0, &BY_RSA[..]), (&self.ec.0, &BY_AGREEMENT[..])];
        let named = |(jwk, algs): (&Map, &[JweAlg])| -> Vec<Map> {
            let kid = jwk.get("kid").and_then(Value::as_str).unwrap_or_default();
            let wanted = algs.iter().enumerate().filter(|(at, alg)| *at == 0 || used(**alg));
            let one = |(at, alg): (usize, &JweAlg)| {
                let mut one = jwk.clone();
                one.insert("alg".into(), alg.as_str().into());
                if at > 0 {
                    one.insert("kid".into(), format!("{kid}-{}", alg.as_str().to_ascii_lowercase()).into());
                }
                one
            };
            wanted.map(one).collect()
        };
        keys.into_iter().flat_map(named).collect()
    }

    /// What is in an encrypted token; a key that is made of `secret` is tried where it says so. Nothing where it is for somebody else, was
    /// altered, or is encrypted in a way that does not work here.
    pub fn decrypt(&self, token: &str, secret: Option<&str>) -> Option<String> {
        let parts: Vec<&str> = token.split('.').collect();
        let [head, encrypted_key, iv, text, tag] = parts[..] else { return None };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Map = serde_json::from_slice(&decoded(head)?).ok()?;
        let named = |name: &str| header.get(name).and_then(Value::as_str);
        // Neither is anything compressed, nor does anybody here understand what `crit` demands.
        if header.contains_key("zip") || header.contains_key("crit") {
            return None;
        }
        let (alg, enc) = (JweAlg::named(named("alg")?)?, JweEnc::named(named("enc")?)?);
        let encrypted_key = decoded(encrypted_key)?;
        let key = match alg {
            JweAlg::Dir if encrypted_key.is_empty() => key_of_secret(secret?, enc),
            JweAlg::Dir => return None,
            JweAlg::RsaOaep | JweAlg::RsaOaep256 => {
                let mut room = vec![0; self.rsa.1.min_output_size()];
                self.rsa.1.decrypt(oaep(alg), &encrypted_key, &mut room, None).ok()?.to_vec()
            }
            JweAlg::EcdhEs | JweAlg::EcdhEsA128Kw | JweAlg::EcdhEsA256Kw => {
                self.agreed((alg, enc), &header, &encrypted_key)?
            }
        };
        let sealed = Sealed { iv: decoded(iv)?, text: decoded(text)?, tag: decoded(tag)? };
        String::from_utf8(open(enc, &key, head.as_bytes(), &sealed)?).ok()
    }

    fn agreed(&self, (alg, enc): (JweAlg, JweEnc), header: &Map, encrypted_key: &[u8]) -> Option<Vec<u8>> {
        let theirs = header.get("epk")?.as_object()?;
        let curve = Curve::named(theirs.get("crv")?.as_str()?).filter(|curve| *curve == Curve::P256)?;
        let theirs = UnparsedPublicKey::new(curve.algorithm(), curve.point(theirs)?);
        let both = |both: &[u8]| Ok(derived(both, (alg, enc), header));
        let derived = agreement::agree(&self.ec.1, theirs, (), both).ok()?;
        if alg == JweAlg::EcdhEs {
            return encrypted_key.is_empty().then_some(derived);
        }
        let mut room = vec![0; encrypted_key.len()];
        Some(wrapping_key(alg, &derived)?.unwrap(encrypted_key, &mut room).ok()?.to_vec())
    }
}

/// The published half of a key, there for encryption.
fn public_half(algs: &'static [Alg], pem: &str) -> Result<Map, KeyError> {
    let mut jwk = SigningKey::from_pem(algs, pem)?.jwk().clone();
    jwk.insert("use".into(), "enc".into());
    Ok(jwk)
}

/// Whether a text is an encrypted token by its looks: five parts.
pub fn is_encrypted(token: &str) -> bool {
    token.split('.').count() == 5
}

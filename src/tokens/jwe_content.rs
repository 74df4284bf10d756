//! The content of a JWE, sealed and opened, [RFC 7518 §5](https://www.rfc-editor.org/rfc/rfc7518#section-5). The arithmetic is the library's.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, hmac, rand};

use super::JweEnc;

/// Something that was sealed.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// Seals. `key` has the length that `enc` needs.
pub(super) fn seal(enc: JweEnc, key: &[u8], aad: &[u8], plain: &[u8]) -> Option<Sealed> {
    match enc {
        JweEnc::A128Gcm | JweEnc::A256Gcm => {
            let nonce: [u8; 12] = chance()?;
            let mut text = plain.to_vec();
            let key = gcm(enc, key)?;
            let nonced = Nonce::assume_unique_for_key(nonce);
            let tag = key.seal_in_place_separate_tag(nonced, Aad::from(aad), &mut text).ok()?;
            Some(Sealed { iv: nonce.to_vec(), text, tag: tag.as_ref().to_vec() })
        }
        JweEnc::A128CbcHs256 | JweEnc::A256CbcHs512 => {
            let (mac, cipher) = key.split_at_checked(key.len() / 2)?;
            let iv: [u8; 16] = chance()?;
            let mut text = plain.to_vec();
            let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(aes(enc), cipher).ok()?).ok()?;
            cipher.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(&iv))).ok()?;
            let tag = tag_of(enc, mac, aad, (&iv, &text));
            Some(Sealed { iv: iv.to_vec(), text, tag })
        }
    }
}

/// Opens what was sealed by this key, if nobody touched it.
pub(super) fn open(enc: JweEnc, key: &[u8], aad: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    if key.len() != enc.key_len() {
        return None;
    }
    match enc {
        JweEnc::A128Gcm | JweEnc::A256Gcm => {
            let nonce = Nonce::try_assume_unique_for_key(&sealed.iv).ok()?;
            let mut both = [sealed.text.as_slice(), &sealed.tag].concat();
            let plain = gcm(enc, key)?.open_in_place(nonce, Aad::from(aad), &mut both).ok()?;
            Some(plain.to_vec())
        }
        JweEnc::A128CbcHs256 | JweEnc::A256CbcHs512 => {
            let (mac, cipher) = key.split_at_checked(key.len() / 2)?;
            let tag = tag_of(enc, mac, aad, (&sealed.iv, &sealed.text));
            constant_time::verify_slices_are_equal(&tag, &sealed.tag).ok()?;
            let iv: [u8; 16] = sealed.iv.as_slice().try_into().ok()?;
            let mut text = sealed.text.clone();
            let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(aes(enc), cipher).ok()?).ok()?;
            let plain = cipher.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(&iv))).ok()?;
            Some(plain.to_vec())
        }
    }
}

/// Bytes that nobody can foretell.
pub(super) fn chance<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

fn gcm(enc: JweEnc, key: &[u8]) -> Option<LessSafeKey> {
    let aes = if enc == JweEnc::A128Gcm { &AES_128_GCM } else { &AES_256_GCM };
    Some(LessSafeKey::new(UnboundKey::new(aes, key).ok()?))
}

const fn aes(enc: JweEnc) -> &'static Algorithm {
    if matches!(enc, JweEnc::A128CbcHs256) { &AES_128 } else { &AES_256 }
}

/// [RFC 7518 §5.2.2.1](https://www.rfc-editor.org/rfc/rfc7518#section-5.2.2.1): the left half of a MAC over all of it.
fn tag_of(enc: JweEnc, key: &[u8], aad: &[u8], (iv, text): (&[u8], &[u8])) -> Vec<u8> {
    let algorithm = if enc == JweEnc::A128CbcHs256 { hmac::HMAC_SHA256 } else { hmac::HMAC_SHA512 };
    let bits = (aad.len() as u64).saturating_mul(8).to_be_bytes();
    let tag = hmac::sign(&hmac::Key::new(algorithm, key), &[aad, iv, text, &bits].concat());
    tag.as_ref()[..tag.as_ref().len() / 2].to_vec()
}

//! A draft becomes a string: keys, signatures, and how they are verified. Anything may be drafted, even a lie.

mod alg;
mod decryption;
mod draft;
mod foreign;
mod generate;
mod hash;
mod jwe;
mod jwe_alg;
mod jwe_content;
mod key;
mod ring;
mod seed;
mod verify;

pub use alg::Alg;
pub use decryption::{DecryptionKeys, is_encrypted};
pub use draft::{KeyChoice, TokenDraft, TokenKind};
pub use foreign::{encrypted, liar, public_pem, published, stranger, successor};
pub use generate::{KeyFiles, KeyFolderError};
pub use hash::{digest_of, half_hash};
pub use jwe::Recipient;
pub use jwe_alg::{JweAlg, JweEnc};
pub use key::{KeyError, KeyState, SigningKey};
pub use ring::{KeyRing, OwnAccess};
pub use seed::seed_randomness;
pub use verify::{Opened, REFRESH_TYP, Unverified, token_in, verify_with_jwk, verify_with_secret};

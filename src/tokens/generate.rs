//! Keys from nowhere: the development keys that are compiled in, and keys that are made and kept in a folder.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use rsa::Generate as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding, SecretDocument};

use super::{Alg, DecryptionKeys, KeyError, KeyRing, SigningKey};

/// A file name, the algorithms that its key serves, and the development key of that kind.
const KINDS: [(&str, &[Alg], &str); 4] = [
    ("rsa.pem", &[Alg::RS256, Alg::PS256], include_str!("../../keys/rsa.pem")),
    ("p256.pem", &[Alg::ES256], include_str!("../../keys/p256.pem")),
    ("p384.pem", &[Alg::ES384], include_str!("../../keys/p384.pem")),
    ("ed25519.pem", &[Alg::EdDSA], include_str!("../../keys/ed25519.pem")),
];

/// The same for the keys that apps encrypt for.
const DECRYPTION: [(&str, Alg, &str); 2] = [
    ("encryption-rsa.pem", Alg::RS256, include_str!("../../keys/encryption-rsa.pem")),
    ("encryption-p256.pem", Alg::ES256, include_str!("../../keys/encryption-p256.pem")),
];

/// Where a ring's keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFiles {
    /// The development keys that everybody knows. Only while listening on loopback.
    Development,
    /// A folder; what it lacks is made and written there.
    Folder(PathBuf),
    /// Made now and kept nowhere.
    Fresh,
}

/// Why a key folder could not be used.
#[derive(Debug)]
pub struct KeyFolderError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was wrong with it.
    pub cause: String,
}

impl fmt::Display for KeyFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key file {}: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for KeyFolderError {}

impl KeyFiles {
    /// Reads or makes the keys.
    pub fn open(&self) -> Result<KeyRing, KeyFolderError> {
        let keys = KINDS.iter().map(|(file, algs, development)| match self {
            Self::Development => read(Path::new(file), algs, development),
            Self::Fresh => read(Path::new(file), algs, &generate(algs[0])),
            Self::Folder(folder) => read_or_make(&folder.join(file), algs),
        });
        let ring = KeyRing::new(keys.collect::<Result<_, _>>()?);
        let [rsa, ec] = DECRYPTION.map(|(file, alg, development)| match self {
            Self::Development => Ok(development.to_owned()),
            Self::Fresh => Ok(generate(alg)),
            Self::Folder(folder) => text_or_make(&folder.join(file), alg),
        });
        let decryption = DecryptionKeys::from_pem(&rsa?, &ec?);
        let path = PathBuf::from(DECRYPTION[0].0);
        Ok(ring.decrypting_by(decryption.map_err(|e| KeyFolderError { path, cause: e.to_string() })?))
    }
}

impl SigningKey {
    /// A new key of the kind that serves this algorithm.
    pub fn generate(alg: Alg) -> Result<Self, KeyError> {
        let kind = KINDS.iter().find(|(_, algs, _)| algs.contains(&alg));
        let (_, algs, _) = kind.ok_or_else(|| KeyError("HS256 is keyed by a client's secret".into()))?;
        Self::from_pem(algs, &generate(alg))
    }
}

fn read(path: &Path, algs: &'static [Alg], pem: &str) -> Result<SigningKey, KeyFolderError> {
    SigningKey::from_pem(algs, pem).map_err(|e| KeyFolderError { path: path.to_owned(), cause: e.to_string() })
}

fn read_or_make(path: &Path, algs: &'static [Alg]) -> Result<SigningKey, KeyFolderError> {
    read(path, algs, &text_or_make(path, algs[0])?)
}

fn text_or_make(path: &Path, alg: Alg) -> Result<String, KeyFolderError> {
    let fail = |e: io::Error| KeyFolderError { path: path.to_owned(), cause: e.to_string() };
    match fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let pem = generate(alg);
            write_private(path, &pem).map_err(fail)?;
            Ok(pem)
        }
        read => read.map_err(fail),
    }
}

/// Writes a file that only its owner can read, and never over one that is there.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// A new private key in PKCS#8 PEM. RSA keys have 2048 bits.
fn generate(alg: Alg) -> String {
    let made = "the machine's random numbers are there";
    let der = match alg {
        Alg::RS256 | Alg::PS256 | Alg::HS256 => {
            let key = rsa::PrivateKey::generate();
            return key.to_pkcs8_pem(LineEnding::LF).expect("a key just made can be written").to_string();
        }
        Alg::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(made).to_pkcs8v1(),
        Alg::ES384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect(made).to_pkcs8v1(),
        Alg::EdDSA => Ed25519KeyPair::generate().expect(made).to_pkcs8v1(),
    };
    let der = der.expect("a key just made can be written");
    SecretDocument::try_from(der.as_ref())
        .and_then(|document| document.to_pem("PRIVATE KEY", LineEnding::LF))
        .expect("a key just made can be written")
        .to_string()
}

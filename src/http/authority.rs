//! The local authority: what makes `https://localhost` one that a browser believes, once it was told to.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::faults::TlsFlaw;
use crate::world::Clock;

/// The certificate, to be trusted.
pub const CERTIFICATE: &str = "ca.pem";

/// The key, nobody's but its owner's.
const KEY: &str = "ca.key";

/// The names that it can vouch for, and those under them: none of them can be anybody's in the internet.
const NAMES: [&str; 5] = ["localhost", "test", "internal", "local", "home.arpa"];

/// A certificate and its key, as a server shows them.
pub(super) type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Why there is no authority.
#[derive(Debug)]
pub struct AuthorityError {
    place: PathBuf,
    cause: String,
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the local certificate authority cannot be kept in {}: {}\n  ca_folder (STANDIN_CA_FOLDER) names another place, --tls-cert and --tls-key a certificate of your own",
            self.place.display(),
            self.cause
        )
    }
}

impl std::error::Error for AuthorityError {}

/// An authority of one machine. Its certificate says which names it can vouch for, so that trusting it costs nothing elsewhere.
pub struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority that is kept in a folder; one that is missing is made there.
    pub fn in_folder(folder: &Path) -> Result<Self, AuthorityError> {
        let failed = |cause: String| AuthorityError { place: folder.to_owned(), cause };
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        match (fs::read_to_string(&certificate), fs::read_to_string(&key)) {
            (Ok(pem), Ok(key)) => Self::read(&pem, &key).map_err(failed),
            (Err(one), Err(other)) if [&one, &other].iter().all(|e| e.kind() == io::ErrorKind::NotFound) => {
                let made = KeyPair::generate().map_err(|e| failed(e.to_string()))?;
                let text = made.serialize_pem();
                let made = Self::of(made).map_err(failed)?;
                fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
                keep(&key, &text, 0o600).map_err(|e| failed(e.to_string()))?;
                keep(&certificate, &made.pem, 0o644).map_err(|e| failed(e.to_string()))?;
                Ok(made)
            }
            (Err(e), _) => Err(failed(format!("{CERTIFICATE}: {e}"))),
            (_, Err(e)) => Err(failed(format!("{KEY}: {e}"))),
        }
    }

    /// An authority that nobody keeps.
    pub fn fresh() -> Result<Self, AuthorityError> {
        let failed = |cause: String| AuthorityError { place: "memory".into(), cause };
        Self::of(KeyPair::generate().map_err(|e| failed(e.to_string()))?).map_err(failed)
    }

    /// Its certificate, to be trusted.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Whether it can vouch for a host.
    pub fn vouches_for(host: &str) -> bool {
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => {
                NAMES.iter().any(|name| host == *name || host.strip_suffix(name).is_some_and(|sub| sub.ends_with('.')))
            }
        }
    }

    fn of(key: KeyPair) -> Result<Self, String> {
        let params = own_params(&key);
        let certificate = params.self_signed(&key).map_err(|e| e.to_string())?;
        Ok(Self { pem: certificate.pem(), der: certificate.der().clone(), issuer: Issuer::new(params, key) })
    }

    /// What it is called follows from its key, so the key is all that is needed to sign in its name.
    fn read(pem: &str, key: &str) -> Result<Self, String> {
        use rustls::pki_types::pem::PemObject as _;
        let key = KeyPair::from_pem(key).map_err(|e| format!("{KEY} is no key: {e}"))?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|e| format!("{CERTIFICATE} is none: {e}"))?;
        let same = der.windows(key.der_bytes().len()).any(|part| part == key.der_bytes());
        if !same {
            return Err(format!("{CERTIFICATE} and {KEY} do not belong together; remove both to have new ones made"));
        }
        Ok(Self { pem: pem.to_owned(), der, issuer: Issuer::new(own_params(&key), key) })
    }

    /// A certificate of a server that is reached by these names, good for as long as browsers let any be.
    pub(super) fn vouch(&self, names: &[String], flaw: Option<TlsFlaw>) -> Result<Shown, AuthorityError> {
        let failed = |e: rcgen::Error| AuthorityError { place: "memory".into(), cause: e.to_string() };
        let key = KeyPair::generate().map_err(failed)?;
        let wrong = ["elsewhere.test".to_owned()];
        let names = if flaw == Some(TlsFlaw::WrongHost) { &wrong[..] } else { names };
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Standin");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let now = now();
        let until = if flaw == Some(TlsFlaw::Expired) { now - Duration::hours(1) } else { now + Duration::days(397) };
        (params.not_before, params.not_after) = (now - Duration::days(2), until);
        let stranger = if flaw == Some(TlsFlaw::Untrusted) { Some(Self::fresh()?) } else { None };
        let by = stranger.as_ref().unwrap_or(self);
        let certificate = params.signed_by(&key, &by.issuer).map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok((vec![certificate.der().clone(), by.der.clone()], key))
    }
}

fn own_params(key: &KeyPair) -> CertificateParams {
    let hash = digest::digest(&digest::SHA256, key.der_bytes());
    let [a, b, c, d] = std::array::from_fn(|at| hash.as_ref()[at]);
    let name = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Standin");
    params.distinguished_name.push(DnType::CommonName, format!("Standin local authority {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let names = NAMES.map(|name| GeneralSubtree::DnsName(name.into()));
    let addresses = [CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8), CidrSubnet::from_v6_prefix(LOOPBACK_V6, 128)];
    let permitted = names.into_iter().chain(addresses.map(GeneralSubtree::IpAddress)).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    (params.not_before, params.not_after) = (now() - Duration::days(2), now() + Duration::days(3_650));
    params
}

const LOOPBACK_V6: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(Clock::default().now_ms().seconds().0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Writes a file that was not there.
fn keep(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

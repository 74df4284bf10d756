//! Connections that nobody else can read: certificates by name, handshakes, and how they fail on request.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::faults::TlsFlaw;

use super::authority::{Authority, AuthorityError, Shown};
use super::peer::{Connection, Io};

/// The longest that a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most names that certificates are kept for.
const MOST_NAMES: usize = 256;

/// The first byte of a handshake, [RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1).
const HANDSHAKE: u8 = 22;

/// A server's first words in TLS 1.0, [RFC 2246 §7.4.1.3](https://www.rfc-editor.org/rfc/rfc2246#section-7.4.1.3), up to its 32 bytes of chance:
/// nobody takes them any more, [RFC 8996](https://www.rfc-editor.org/rfc/rfc8996).
const HELLO_1_0: [u8; 11] = [HANDSHAKE, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];

/// What follows on them: no session, a cipher of its time, no compression.
const END_1_0: [u8; 4] = [0, 0, 0x2f, 0];

/// `unrecognized_name`, fatal, [RFC 6066 §3](https://www.rfc-editor.org/rfc/rfc6066#section-3).
const UNKNOWN_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// Why there can be no TLS.
#[derive(Debug)]
pub enum TlsError {
    /// The local authority cannot be had.
    Authority(AuthorityError),
    /// A certificate or key of one's own is none.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority(e) => e.fmt(f),
            Self::File { path, cause } => write!(f, "{}: {cause}", path.display()),
        }
    }
}

impl std::error::Error for TlsError {}

impl From<AuthorityError> for TlsError {
    fn from(e: AuthorityError) -> Self {
        Self::Authority(e)
    }
}

/// How connections are made safe.
#[derive(Clone)]
pub struct Tls {
    honest: TlsAcceptor,
    authority: Arc<Authority>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// With certificates by a local authority, one for each name that a client asks for.
    pub fn by(authority: Authority) -> Result<Self, TlsError> {
        let authority = Arc::new(authority);
        let by_name = ByName {
            default: certified(authority.vouch(&own_names(), None)?)?,
            authority: Arc::clone(&authority),
            made: Mutex::default(),
        };
        Ok(Self { honest: acceptor(Arc::new(by_name)), authority })
    }

    /// With a certificate of one's own, the chain that vouches for it behind it.
    pub fn with_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let wrong = |path: &Path, cause: String| TlsError::File { path: path.to_owned(), cause };
        let read = |path: &Path| fs::read(path).map_err(|e| wrong(path, e.to_string()));
        let (pem, key_pem) = (read(certificate)?, read(key)?);
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.map_err(|e| wrong(certificate, format!("it is no certificate in PEM: {e}")))?;
        if chain.is_empty() {
            return Err(wrong(certificate, "there is no certificate in it, in PEM".into()));
        }
        let private = PrivateKeyDer::from_pem_slice(&key_pem);
        let private = private.map_err(|_| wrong(key, "there is no private key in it, in PEM".into()))?;
        let own = certified((chain, private)).map_err(|e| wrong(key, e.to_string()))?;
        own.keys_match().map_err(|_| wrong(key, format!("it is not the key of {}", certificate.display())))?;
        // What is shown on request and is flawed is nobody's.
        Ok(Self { honest: acceptor(Arc::new(Only(own))), authority: Arc::new(Authority::fresh()?) })
    }

    /// Makes a connection safe; nothing, where that comes to nothing.
    pub(super) async fn secure(
        &self,
        mut connection: Connection,
        flaw: impl FnOnce() -> Option<TlsFlaw>,
    ) -> Option<Io> {
        // Whoever says nothing spends no lie.
        if timeout(PATIENCE, connection.first_byte()).await.ok()?.ok()? != HANDSHAKE {
            let _ = timeout(PATIENCE, speak_plainly(&mut connection)).await;
            return None;
        }
        let acceptor = match flaw() {
            None => self.honest.clone(),
            Some(TlsFlaw::OldVersion) => {
                let hello = [&HELLO_1_0[..], &[7; 32], &END_1_0].concat();
                let _ = timeout(PATIENCE, say(&mut connection, &hello)).await;
                return None;
            }
            Some(TlsFlaw::UnknownName) => {
                let _ = timeout(PATIENCE, say(&mut connection, &UNKNOWN_NAME)).await;
                return None;
            }
            Some(flaw) => {
                acceptor(Arc::new(Only(certified(self.authority.vouch(&own_names(), Some(flaw)).ok()?).ok()?)))
            }
        };
        let done = timeout(PATIENCE, acceptor.accept(connection)).await.ok()?;
        match done {
            Ok(stream) => Some(Io::Secure(Box::new(stream))),
            Err(e) => {
                tracing::debug!("a TLS handshake failed: {e}");
                None
            }
        }
    }
}

/// What a client that names none is shown.
fn own_names() -> Vec<String> {
    ["localhost", "127.0.0.1", "::1", "host.docker.internal"].map(str::to_owned).to_vec()
}

fn acceptor(certificates: Arc<dyn ResolvesServerCert>) -> TlsAcceptor {
    // Whoever came first has installed the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn certified((chain, key): Shown) -> Result<Arc<CertifiedKey>, TlsError> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let key = provider.key_provider.load_private_key(key);
    let key =
        key.map_err(|e| TlsError::File { path: "the private key".into(), cause: format!("it cannot sign: {e}") })?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// One certificate for everybody.
#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesServerCert for Only {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A certificate for each name that somebody asks for, made when it is.
#[derive(Debug)]
struct ByName {
    default: Arc<CertifiedKey>,
    authority: Arc<Authority>,
    made: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().filter(|name| *name != "localhost" && Authority::vouches_for(name));
        let Some(name) = name else { return Some(Arc::clone(&self.default)) };
        if let Some(known) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(Arc::clone(known));
        }
        let new = certified(self.authority.vouch(&[name.to_owned()], None).ok()?).ok()?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MOST_NAMES {
            made.clear();
        }
        made.insert(name.to_owned(), Arc::clone(&new));
        Some(new)
    }
}

/// Reads what the client says first, and says this in place of an answer.
async fn say(connection: &mut Connection, bytes: &[u8]) -> io::Result<()> {
    let mut hello = [0; 4_096];
    let _ = connection.read(&mut hello).await?;
    connection.write_all(bytes).await?;
    connection.shutdown().await
}

/// Whoever speaks HTTP here is told how to come in.
async fn speak_plainly(connection: &mut Connection) -> io::Result<()> {
    let mut request = [0; 4_096];
    let read = connection.read(&mut request).await?;
    let text = String::from_utf8_lossy(&request[..read]).into_owned();
    let host = text
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("host:").map(|host| host.trim().to_owned()));
    let plain = |host: &String| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    let host = host.filter(plain).unwrap_or_else(|| "localhost".into());
    let body = format!("This port speaks https: https://{host}/\n--http-port opens another one for http.\n");
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    tracing::warn!("a request came by http to the port that speaks https");
    connection.write_all(answer.as_bytes()).await?;
    connection.shutdown().await
}

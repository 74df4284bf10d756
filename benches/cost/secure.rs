//! What TLS and encryption cost.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

use crate::measure::{Server, by_turns, sign_in_as};

/// Where the local authority of the measured server is kept.
pub(crate) fn ca_folder() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("standin-bench-{}", std::process::id()))
}

/// A new connection each time: handshake, one small request, end. Beside the same request by http, on a new connection as well.
pub(crate) fn handshakes() {
    let server = Server::with(&["--tls", "--http-port", "27758"], "{}");
    let pem = std::fs::read(ca_folder().join("ca.pem")).expect("an authority");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("an authority");
    let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let request = b"GET /_control/v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let over_tls = || {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
        let mut client =
            ClientConnection::new(Arc::clone(&config), "localhost".try_into().expect("a name")).expect("a client");
        let mut stream = Stream::new(&mut client, &mut socket);
        stream.write_all(request).expect("sent");
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    };
    let plain = || {
        let mut socket = TcpStream::connect(("127.0.0.1", 27_758)).expect("a connection");
        socket.write_all(request).expect("sent");
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut socket, &mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    };
    let cost = by_turns(20, || server.cpu(50, over_tls), || server.cpu(50, plain));
    println!(
        "a request on a new connection, by https     {:>9.1} µs   ({:.1} µs more than by http)",
        cost.one,
        cost.one - cost.other
    );
}

/// A whole sign-in whose ID token is encrypted, beside the same without.
pub(crate) fn encrypted_tokens() {
    let keys = Server::with(&[], "{}");
    let jwks = String::from_utf8(keys.client().get("/jwks", "").body).expect("text");
    drop(keys);
    let app = |id: &str, more: &str| {
        format!(
            "{{\"id\": \"{id}\", \"secret\": \"secret\", \"redirect_uris\": [\"http://localhost:3000/callback\"]{more}}}"
        )
    };
    let encrypted = |alg: &str| format!(", \"jwks\": {jwks}, \"id_token_encrypted_response_alg\": \"{alg}\"");
    let apps = [app("plain", ""), app("rsa", &encrypted("RSA-OAEP-256")), app("ec", &encrypted("ECDH-ES+A128KW"))];
    // A key that names another algorithm is for that alone.
    let config = format!("{{\"client\": [{}]}}", apps.join(", "))
        .replace(",\"alg\":\"RSA-OAEP\"", "")
        .replace(",\"alg\":\"ECDH-ES\"", "");
    let server = Server::with(&[], &config);
    let mut client = server.client();
    for id in ["plain", "rsa", "ec"] {
        (0..50).for_each(|_| drop(sign_in_as(&mut client, id)));
    }
    for (id, name) in [("rsa", "RSA-OAEP-256"), ("ec", "ECDH-ES+A128KW")] {
        let mut other = server.client();
        let cost = by_turns(
            20,
            || server.cpu(50, || drop(sign_in_as(&mut client, id))),
            || server.cpu(50, || drop(sign_in_as(&mut other, "plain"))),
        );
        println!(
            "sign-in, ID token by {name:<22} {:>9.1} µs   ({:.2} × the same without, {:.1} µs)",
            cost.one, cost.ratio, cost.other
        );
    }
}

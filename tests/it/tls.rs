//! https: a local authority, certificates of one's own, two ports, handshakes that do not wait, and those that fail on request.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use reqwest::Certificate;
use serde_json::{Value, json};
use standin::faults::FAULTS;
use standin::tokens::{Alg, KeyChoice, TokenDraft};
use standin::{Builder, Check, Client, Emulator, Fault, SignIn};

use crate::harness::{Answer, Browser, CALLBACK, ask, refused_by};

fn secure() -> Builder {
    Emulator::builder()
        .client(Client::confidential("web", "s3cret").redirects_to(CALLBACK))
        .with(|config| config.tls = true)
}

/// A program that believes this authority and no other.
fn believing(pem: &str) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).tls_certs_only([authority])
}

fn client(idp: &Emulator) -> reqwest::Client {
    believing(idp.ca_pem().expect("an authority")).build().expect("a client")
}

async fn metadata(client: &reqwest::Client, issuer: &str) -> Result<Value, reqwest::Error> {
    let answer = client.get(format!("{issuer}/.well-known/openid-configuration")).send().await?.bytes().await?;
    Ok(serde_json::from_slice(&answer).expect("JSON"))
}

#[tokio::test]
async fn whoever_believes_the_authority_signs_in_over_https() {
    let idp = secure().start().await;
    let issuer = idp.issuer();
    assert_eq!(issuer, format!("https://localhost:{}", idp.address().port()));
    let metadata = metadata(&client(&idp), &issuer).await.expect("metadata");
    for (name, value) in metadata.as_object().expect("members") {
        let is_address = name.ends_with("_endpoint") || name.ends_with("_uri") || name == "issuer";
        assert!(!is_address || value.as_str().is_some_and(|url| url.starts_with(&issuer)), "{name}: {value}");
    }
    let browser = Browser::with(client(&idp));
    let page = browser.get(&ask(&issuer, &[])).await;
    let set = page.header("set-cookie");
    assert!(set.contains("Secure") && set.contains("SameSite=None"), "a hidden frame of an app can use it: {set}");
    let form = [("interaction", page.field("interaction")), ("sub", "alice".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let back = browser.post(&format!("{issuer}/sign-in"), &form).await;
    assert!(back.returned("code").is_some() && back.returned("iss").as_deref() == Some(issuer.as_str()));
    // Nobody listens at the app's address; the way there leads through the provider, which is believed.
    let arrived = idp.sign_in(SignIn::at(&ask(&issuer, &[])).by("alice")).await.expect_err("there is no app");
    assert!(arrived.to_string().starts_with(CALLBACK), "{arrived}");

    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let stranger = reqwest::Client::builder().no_proxy().build().expect("a client");
    assert!(stranger.get(&issuer).send().await.is_err(), "nobody else believes it");
}

#[tokio::test]
async fn each_name_of_this_machine_has_a_certificate_and_no_other_name_has_one() {
    let idp = secure().start().await;
    let port = idp.address().port();
    let at = |name: &str| {
        let builder = believing(idp.ca_pem().expect("an authority"));
        builder.resolve(name, ([127, 0, 0, 1], port).into()).build().expect("a client")
    };
    for name in
        ["localhost", "127.0.0.1", "worker.localhost", "idp.test", "idp.internal", "host.docker.internal", "mac.local"]
    {
        let metadata = metadata(&at(name), &format!("https://{name}:{port}")).await;
        assert_eq!(metadata.unwrap_or_else(|e| panic!("{name}: {e:?}"))["issuer"], idp.issuer());
    }
    assert!(metadata(&at("idp.example.com"), &format!("https://idp.example.com:{port}")).await.is_err());

    let foreign = secure().with(|config| config.public_url = Some("https://idp.example.com".into())).try_start();
    let told = foreign.expect_err("a mistake").to_string();
    assert!(told.contains("cannot vouch for `idp.example.com`") && told.contains("tls_cert"), "{told}");
}

#[tokio::test]
async fn the_authority_is_kept_and_its_key_is_its_owners() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("deep/inside");
    let start = || secure().with(|config| config.ca_folder = Some(kept.display().to_string())).try_start();
    let first = start().expect("a start").ca_pem().expect("an authority").to_owned();
    assert_eq!(std::fs::read_to_string(kept.join("ca.pem")).expect("a file"), first);
    let mode = std::fs::metadata(kept.join("ca.key")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = start().expect("a start");
    assert_eq!(again.ca_pem(), Some(first.as_str()));
    metadata(&believing(&first).build().expect("a client"), &again.issuer()).await.expect("it is believed still");

    let spoil = |name: &str, text: &str| std::fs::write(kept.join(name), text).expect("a file");
    let key = std::fs::read_to_string(kept.join("ca.key")).expect("a file");
    let another = secure().start().await;
    for (name, text, why) in [
        ("ca.pem", another.ca_pem().expect("an authority"), "do not belong together"),
        ("ca.pem", "nothing", "ca.pem is none"),
        ("ca.key", "nothing", "ca.key is no key"),
    ] {
        spoil("ca.pem", &first);
        spoil("ca.key", &key);
        spoil(name, text);
        let told = start().expect_err("a mistake").to_string();
        assert!(told.contains(why), "{told}");
    }
    std::fs::remove_file(kept.join("ca.key")).expect("it was there");
    let told = start().expect_err("a mistake").to_string();
    assert!(told.contains("ca.key: ") && told.contains("STANDIN_CA_FOLDER"), "{told}");
}

/// A slow handshake, or one that never comes, is nobody else's matter.
#[tokio::test]
async fn handshakes_do_not_wait_for_one_another() {
    let idp = secure().start().await;
    let silent: Vec<TcpStream> =
        (0..50).map(|_| TcpStream::connect(("127.0.0.1", idp.address().port())).expect("a connection")).collect();
    let client = client(&idp);
    let answered = tokio::time::timeout(Duration::from_secs(5), metadata(&client, &idp.issuer())).await;
    assert!(answered.expect("nobody is waited for").is_ok());
    drop(silent);
}

#[tokio::test]
async fn http_and_https_at_once_are_one_provider() {
    let idp = secure().with(|config| config.http_port = Some(0)).start().await;
    let http = format!("http://localhost:{}", idp.http_port().expect("a second port"));
    let plain = Browser::new().get(&format!("{http}/.well-known/openid-configuration")).await.json();
    assert_eq!(plain["issuer"], idp.issuer());
    let status = Browser::new().get(&format!("{http}/_control/v1/health")).await.status;
    assert_eq!(status, 200);
    let told = Browser::new().get(&format!("http://localhost:{}/authorize", idp.address().port())).await;
    assert_eq!(told.status, 400);
    assert!(told.text.contains(&format!("https://localhost:{}/", idp.address().port())), "{}", told.text);

    for (change, why) in [
        (json!({ "http_port": 7761 }), "there is none"),
        (json!({ "tls": true, "port": 7761, "http_port": 7761 }), "the same as `port`"),
        (json!({ "tls_cert": "cert.pem" }), "has no `tls_key`"),
        (json!({ "tls_key": "key.pem" }), "has no `tls_cert`"),
        (json!({ "realm": [{ "name": "one", "tls": true }] }), "which is the first one's"),
    ] {
        let config: standin::Config = serde_json::from_value(change).expect("a configuration");
        let told = config.check("the test").expect_err("a mistake").to_string();
        assert!(told.contains(why), "{told}");
    }
}

/// A certificate of one's own, for a name that the local authority could not vouch for.
fn own_certificate(folder: &Path) -> (String, String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["idp.example.com".to_owned()]).expect("a certificate");
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    (cert.display().to_string(), key.display().to_string(), made.cert.pem())
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_shown_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key, pem) = own_certificate(folder.path());
    let start = |cert: &str, key: &str| {
        let (cert, key) = (cert.to_owned(), key.to_owned());
        let own = |config: &mut standin::Config| {
            config.tls_cert = Some(cert);
            config.tls_key = Some(key);
            config.public_url = Some("https://idp.example.com".into());
        };
        Emulator::builder().with(own).try_start()
    };
    let idp = start(&cert, &key).expect("a start");
    assert_eq!(idp.ca_pem(), None);
    let port = idp.address().port();
    let client = believing(&pem).resolve("idp.example.com", ([127, 0, 0, 1], port).into()).build().expect("a client");
    let metadata = metadata(&client, &format!("https://idp.example.com:{port}")).await.expect("metadata");
    assert_eq!(metadata["issuer"], "https://idp.example.com");

    let other = tempfile::tempdir().expect("a folder");
    let (_, other_key, _) = own_certificate(other.path());
    for (cert, key, why) in [
        (cert.as_str(), other_key.as_str(), "is not the key of"),
        (key.as_str(), key.as_str(), "there is no certificate in it"),
        (cert.as_str(), cert.as_str(), "there is no private key in it"),
        ("/nowhere/cert.pem", key.as_str(), "/nowhere/cert.pem: "),
    ] {
        let told = start(cert, key).expect_err("a mistake").to_string();
        assert!(told.contains(why), "{told}");
    }
}

/// FAULTS `net.tls.*`: each is noticed before a byte of the request is sent, and is in the journal.
#[tokio::test]
async fn each_handshake_that_is_to_fail_fails_once_and_in_its_own_way() {
    let idp = secure().start().await;
    let lies: Vec<&str> = FAULTS.iter().map(|lie| lie.id).filter(|id| id.starts_with("net.tls.")).collect();
    assert_eq!(lies.len(), 5);
    for id in lies {
        idp.fault(Fault::named(id).once());
        let refused = metadata(&client(&idp), &idp.issuer()).await.expect_err(id);
        let why = format!("{refused:?}");
        let expected = match id {
            "net.tls.untrusted" => "UnknownIssuer",
            "net.tls.expired" => "Expired",
            "net.tls.wrong_host" => "NotValidForName",
            "net.tls.old_version" => "PeerIncompatible",
            _ => "UnrecognisedName",
        };
        assert!(why.contains(expected), "{id}: {why}");
        let last = idp.journal().into_iter().last().expect("something happened");
        assert_eq!(last.applied.first().map(|by| by.by.as_str()), Some(id), "{last}");
        metadata(&client(&idp), &idp.issuer()).await.unwrap_or_else(|e| panic!("once, and {id} is over: {e:?}"));
    }
}

#[tokio::test]
async fn a_realm_at_a_port_of_its_own_speaks_https_as_well_and_lies_by_itself() {
    let idp = secure().start().await;
    let own = standin::Config { name: Some("worker".into()), port: 0, ..standin::Config::default() };
    let worker = idp.open_realm(&own).expect("a realm");
    assert!(worker.issuer().starts_with("https://localhost:"), "{}", worker.issuer());
    metadata(&client(&idp), &worker.issuer()).await.expect("metadata");
    worker.fault(Fault::named("net.tls.expired"));
    assert!(metadata(&client(&idp), &worker.issuer()).await.is_err());
    metadata(&client(&idp), &idp.issuer()).await.expect("the first realm is honest");
}

/// What a client has at an https address is fetched if the authority that vouches for it was named.
#[tokio::test]
async fn outgoing_requests_believe_the_authorities_that_they_are_told_of() {
    let keys = secure().start().await;
    keys.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a key of its own");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, keys.ca_pem().expect("an authority")).expect("a file");
    for believed in [true, false] {
        let web = Client {
            jwks_uri: format!("{}/jwks", keys.issuer()).parse().ok(),
            ..Client::public("web").redirects_to(CALLBACK)
        };
        let believe = |config: &mut standin::Config| {
            if believed {
                config.outgoing_ca = vec![file.display().to_string()];
            }
        };
        let idp = Emulator::builder().client(web).with(believe).start().await;
        let claims = json!({ "iss": "web", "sub": "web", "aud": idp.issuer(), "exp": idp.now().0 + 60, "jti": "one" });
        let draft = TokenDraft::new(
            serde_json::Map::new(),
            claims.as_object().expect("claims").clone(),
            KeyChoice::Current(Alg::RS256),
        );
        let assertion = keys.provider().settings().keys.sign(&draft);
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let form =
            [("grant_type", "client_credentials"), ("client_assertion", &assertion), ("client_assertion_type", kind)];
        let answer: Answer = crate::harness::as_anyone(&idp, "/token", &form).await;
        if believed {
            assert_eq!(answer.status, 200, "{}", answer.text);
        } else {
            assert_eq!(answer.member("error"), "invalid_client");
            refused_by(&idp, Check::ClientAssertionValid);
        }
    }
    let told = Emulator::builder().with(|config| config.outgoing_ca = vec!["/nowhere/ca.pem".into()]).try_start();
    assert!(told.expect_err("a mistake").to_string().contains("/nowhere/ca.pem"));
}

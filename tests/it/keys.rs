//! Keys: rotation, and where they come from.

use std::time::Duration;

use standin::Emulator;
use standin::tokens::Alg;

use crate::harness::{Browser, authorize_url, get, header, registered, sign_in, tokens};

async fn kids(idp: &Emulator) -> Vec<String> {
    let keys = get(&format!("{}/jwks", idp.issuer())).await.json();
    keys["keys"].as_array().expect("keys").iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_published_until_its_grace_ends() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let before = tokens(&idp, &[], "alice").await.member("id_token");
    let old = header(&before)["kid"].as_str().expect("a kid").to_owned();
    idp.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a new key");
    let new = header(&tokens(&idp, &[], "alice").await.member("id_token"))["kid"].as_str().expect("a kid").to_owned();
    assert_ne!(old, new);
    let published = kids(&idp).await;
    assert!(published.contains(&old) && published.contains(&new) && published.len() == 7);

    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let hinted = authorize_url(&idp, &[("id_token_hint", &before), ("prompt", "none")]);
    assert!(browser.get(&hinted).await.returned("code").is_some(), "an old token still counts");
    idp.advance(Duration::from_hours(1));
    assert!(!kids(&idp).await.contains(&old));
    assert_eq!(browser.get(&hinted).await.returned("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_key_folder_is_filled_once_and_used_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let start = async || {
        let path = keys.display().to_string();
        let idp = registered().with(|config| config.keys = Some(path)).start().await;
        kids(&idp).await
    };
    let first = start().await;
    assert_eq!(first, start().await, "a token outlives a restart");
    assert_ne!(first, kids(&Emulator::start().await).await, "and no development key is among them");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(keys.join("rsa.pem")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else can read it");
    }
    std::fs::write(keys.join("p256.pem"), "no key").expect("written");
    let config = registered().with(|config| config.keys = Some(keys.display().to_string()));
    let refused = config.try_start().expect_err("a broken key").to_string();
    assert!(refused.contains("p256.pem") && refused.contains("ES256"), "{refused}");
}

#[tokio::test]
async fn beyond_loopback_the_development_keys_are_never_used() {
    let beyond = registered().with(|config| config.host = "0.0.0.0".into()).start().await;
    let port = beyond.address().port();
    let keys = get(&format!("http://127.0.0.1:{port}/jwks")).await.text;
    let development = kids(&Emulator::start().await).await;
    assert!(development.iter().all(|kid| !keys.contains(kid.as_str())));
}

//! Names that need no call before: what each does, and what is said of one that is almost one.

use serde_json::{Value, json};
use standin::faults::Origin;

use crate::harness::{Browser, as_web, authorize_url, claims, get, id_token, redeem, registered, tokens, userinfo};

#[tokio::test]
async fn test_identities_need_no_call_before() {
    let idp = registered().start().await;
    let page = Browser::new();
    let shown = page.get(&authorize_url(&idp, &[])).await;
    let form = [
        ("interaction", shown.field("interaction")),
        ("username", "alice+bad-nonce@example.com".into()),
        ("password", "x".into()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = page.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    let typed = claims(&redeem(&idp, &answer.returned("code").expect("a code"), &[]).await.member("id_token"));
    assert_eq!((&typed["sub"], &typed["nonce"]), (&json!("alice"), &json!("uhe-nonce")));

    let denied = Browser::new().get(&authorize_url(&idp, &[("login_hint", "alice+deny@example.com")])).await;
    assert_eq!(denied.returned("error").as_deref(), Some("access_denied"));
    let both = id_token(&idp, &[("login_hint", "bob+wrong-aud+mfa")]).await;
    assert_eq!((&both["aud"], &both["amr"]), (&json!("another-client"), &json!(["pwd", "otp", "mfa"])));
    assert_eq!(
        id_token(&idp, &[("login_hint", "alice+idt.sub.missing")]).await.get("sub"),
        None,
        "any fault is a word"
    );
    let plain = Browser::new().get(&authorize_url(&idp, &[("login_hint", "alice+unknown@example.com")])).await;
    assert_eq!(plain.status, 200, "an unknown word is no test identity, so the page is shown");
}

#[tokio::test]
async fn every_test_identity_does_what_its_sentence_says() {
    let idp = registered().start().await;
    for (word, sentence, _) in standin::faults::TEST_IDENTITIES.iter().filter(|(word, ..)| *word != "slow") {
        let hint = format!("alice+{word}@example.com");
        let answer = Browser::new()
            .get(&authorize_url(&idp, &[("login_hint", &hint), ("scope", "openid profile email offline_access")]))
            .await;
        if let Some(code) = answer.returned("code") {
            let tokens = redeem(&idp, &code, &[]).await;
            if let Some(access) = tokens.json().get("access_token").and_then(Value::as_str) {
                userinfo(&idp, access).await;
            }
            if let Some(refresh) = tokens.json().get("refresh_token").and_then(Value::as_str) {
                as_web(&idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
            }
        }
        let said = format!("+{word}");
        let decided = idp
            .journal()
            .iter()
            .flat_map(|entry| entry.applied.clone())
            .any(|decided| decided.by == said && decided.origin == Origin::TestIdentity);
        assert!(decided, "{said}: {sentence}");
    }
}

#[tokio::test]
async fn a_key_that_a_test_identity_signs_with_is_published() {
    let idp = registered().start().await;
    let answer = Browser::new().get(&authorize_url(&idp, &[("login_hint", "alice+rotate-key@example.com")])).await;
    let token = redeem(&idp, &answer.returned("code").expect("a code"), &[]).await.member("id_token");
    let keys = get(&format!("{}/jwks", idp.issuer())).await.json();
    assert!(standin::tokens::verify_with_jwk(&token, &keys).is_ok());
    let honest = tokens(&idp, &[], "bob").await.member("id_token");
    assert_ne!(
        crate::harness::header(&honest)["kid"],
        crate::harness::header(&token)["kid"],
        "everybody else signs in as before"
    );
}

#[tokio::test]
async fn whoever_the_app_almost_names_is_suggested() {
    let idp = registered().start().await;
    for (hint, said) in [
        ("alcie", "Did you mean alice ?"),
        ("alice+bad-nonc@example.com", "alice+bad-nonce@example.com"),
        ("alice+frobnicate", "standin fault list"),
    ] {
        let page = Browser::new().get(&authorize_url(&idp, &[("login_hint", hint)])).await;
        assert!(page.words().contains(said), "{hint}: {}", page.words());
    }
    for quiet in ["", "alice", "alice@example.com", "somebody-else-entirely"] {
        let page = Browser::new().get(&authorize_url(&idp, &[("login_hint", quiet)])).await;
        assert_eq!(page.elements("[data-testid=notice]"), 0, "{quiet}");
    }
}

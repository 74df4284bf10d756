//! Refresh tokens: rotation, reuse, grace.

use std::time::Duration;

use standin::{Check, Client, Emulator};

use crate::harness::{
    Answer, Browser, CALLBACK, as_anyone, as_web, authorize_url, claims, redeem, refused_by, registered, sign_in,
    tokens, userinfo,
};

const OFFLINE: [(&str, &str); 1] = [("scope", "openid email offline_access")];

pub(crate) async fn refresh(idp: &Emulator, token: &str) -> Answer {
    as_web(idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_for_the_same_sign_in() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let first = tokens(&idp, &OFFLINE, "alice").await;
    idp.advance(Duration::from_mins(50));
    let second = refresh(&idp, &first.member("refresh_token")).await;
    assert_ne!(first.member("refresh_token"), second.member("refresh_token"), "rotated");
    let (before, after) = (claims(&first.member("id_token")), claims(&second.member("id_token")));
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(after["iat"].as_i64(), before["iat"].as_i64().map(|iat| iat + 3000));
    assert_eq!(after.get("nonce"), None);
    assert_eq!(userinfo(&idp, &second.member("access_token")).await.status, 200);
}

#[tokio::test]
async fn reuse_ends_the_whole_family() {
    let idp = registered().start().await;
    let first = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    let second = refresh(&idp, &first).await;
    assert_eq!(refresh(&idp, &first).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::RefreshUnused);
    assert_eq!(refresh(&idp, &second.member("refresh_token")).await.status, 400);
    refused_by(&idp, Check::GrantAlive);
    assert_eq!(userinfo(&idp, &second.member("access_token")).await.status, 401);
}

#[tokio::test]
async fn within_the_grace_reuse_is_forgiven() {
    let idp = registered().with(|config| config.refresh.grace = "10s".parse().expect("a lifetime")).start().await;
    idp.freeze(idp.provider().now());
    let first = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    assert_eq!(refresh(&idp, &first).await.status, 200);
    idp.advance(Duration::from_secs(9));
    assert_eq!(refresh(&idp, &first).await.status, 200);
    idp.advance(Duration::from_secs(2));
    assert_eq!(refresh(&idp, &first).await.status, 400);
    refused_by(&idp, Check::RefreshUnused);
}

#[tokio::test]
async fn without_rotation_the_token_stays_good() {
    let idp = registered().with(|config| config.refresh.rotate = false).start().await;
    let token = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    for _ in 0..2 {
        assert!(refresh(&idp, &token).await.json().get("refresh_token").is_none());
    }
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_and_expires() {
    let idp = registered().start().await;
    let token = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "spa")];
    assert_eq!(as_anyone(&idp, "/token", &form).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::RefreshOfThisClient);
    refresh(&idp, "invented").await;
    refused_by(&idp, Check::RefreshKnown);
    as_web(&idp, "/token", &[("grant_type", "refresh_token")]).await;
    refused_by(&idp, Check::ParameterPresent);
}

#[tokio::test]
async fn a_refresh_token_that_outlives_its_lifetime_is_refused() {
    // The record of a token that has expired may be gone by then: both refusals say the same to the app.
    let idp =
        registered().with(|config| config.lifetimes.refresh_token = "1h".parse().expect("a lifetime")).start().await;
    let token = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    idp.advance(Duration::from_hours(1));
    assert_eq!(refresh(&idp, &token).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::RefreshFresh);
}

#[tokio::test]
async fn scopes_can_be_narrowed_and_never_widened() {
    let idp = registered().start().await;
    let token = tokens(&idp, &OFFLINE, "alice").await.member("refresh_token");
    let ask = |scope| [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", scope)];
    assert_eq!(as_web(&idp, "/token", &ask("openid profile")).await.member("error"), "invalid_scope");
    refused_by(&idp, Check::ScopeWithinGrant);
    assert_eq!(as_web(&idp, "/token", &ask("openid")).await.member("scope"), "openid");
}

#[tokio::test]
async fn no_refresh_token_comes_unasked() {
    let idp = registered().start().await;
    assert!(tokens(&idp, &[], "alice").await.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn without_offline_access_a_refresh_token_ends_with_the_sign_in() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.grant_types = Some(serde_json::from_str("[\"authorization_code\", \"refresh_token\"]").expect("types"));
    let idp = Emulator::builder().client(web).start().await;
    let browser = Browser::new();
    let signed_in = sign_in(&idp, &browser, &[], "alice").await.returned("code").expect("a code");
    let first = redeem(&idp, &signed_in, &[]).await;
    let second = refresh(&idp, &first.member("refresh_token")).await;
    assert_eq!(second.status, 200);
    let logout = format!("{}/logout?id_token_hint={}", idp.issuer(), first.member("id_token"));
    assert!(browser.get(&logout).await.words().contains("You are signed out"));
    assert_eq!(refresh(&idp, &second.member("refresh_token")).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::SessionAlive);
    assert_eq!(browser.get(&authorize_url(&idp, &[])).await.status, 200, "the page is shown again");
}

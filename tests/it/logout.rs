//! RP-initiated logout: who may end a sign-in, and where the browser goes then.

use standin::{Check, Emulator};

use crate::harness::{Browser, authorize_url, redeem, refused_by, registered, sign_in, tokens};

const BYE: &str = "http://localhost:3000/bye";

/// A browser with alice signed in, and her ID token.
async fn signed_in(idp: &Emulator) -> (Browser, String) {
    let browser = Browser::new();
    let code = sign_in(idp, &browser, &[], "alice").await.returned("code").expect("a code");
    let id_token = redeem(idp, &code, &[]).await.member("id_token");
    (browser, id_token)
}

fn logout_url(idp: &Emulator, params: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{}/logout?{query}", idp.issuer())
}

async fn still_signed_in(idp: &Emulator, browser: &Browser) -> bool {
    browser.get(&authorize_url(idp, &[("prompt", "none")])).await.returned("code").is_some()
}

#[tokio::test]
async fn with_an_id_token_the_browser_comes_back_with_state_and_nothing_else() {
    let idp = registered().start().await;
    let (browser, hint) = signed_in(&idp).await;
    let params = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let answer = browser.get(&logout_url(&idp, &params)).await;
    assert_eq!((answer.status, answer.header("location")), (303, "http://localhost:3000/bye?state=s"));
    assert!(!still_signed_in(&idp, &browser).await);

    let (browser, hint) = signed_in(&idp).await;
    let answer = browser
        .post(&format!("{}/logout", idp.issuer()), &[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])
        .await;
    assert_eq!(answer.header("location"), BYE);
    assert!(!still_signed_in(&idp, &browser).await);
}

#[tokio::test]
async fn without_an_id_token_the_person_is_asked() {
    let idp = registered().start().await;
    let (browser, _) = signed_in(&idp).await;
    for params in [&[][..], &[("state", "s")], &[("client_id", "web"), ("post_logout_redirect_uri", BYE)]] {
        let page = browser.get(&logout_url(&idp, params)).await;
        assert_eq!((page.status, page.header("location")), (200, ""));
        assert!(page.words().contains("Sign out?") && page.words().contains("Alice Adams"), "{}", page.words());
    }
    assert!(still_signed_in(&idp, &browser).await, "asking ends nothing");
    let page = browser.get(&logout_url(&idp, &[])).await;
    let answer = |decision| [("interaction", page.field("interaction")), ("decision", String::from(decision))];
    let stay = answer("stay");
    let stay: Vec<(&str, &str)> = stay.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert!(browser.post(&format!("{}/sign-out", idp.issuer()), &stay).await.words().contains("still signed in"));
    assert!(still_signed_in(&idp, &browser).await);

    let page = browser.get(&logout_url(&idp, &[])).await;
    let out = browser
        .post(
            &format!("{}/sign-out", idp.issuer()),
            &[("interaction", &page.field("interaction")), ("decision", "out")],
        )
        .await;
    assert!(out.words().contains("You are signed out"));
    assert!(!still_signed_in(&idp, &browser).await);
    assert!(browser.get(&logout_url(&idp, &[])).await.words().contains("Nobody was signed in"));
}

#[tokio::test]
async fn somebody_elses_id_token_signs_nobody_out() {
    let idp = registered().start().await;
    let bobs = tokens(&idp, &[], "bob").await.member("id_token");
    let (browser, _) = signed_in(&idp).await;
    let asked = [("id_token_hint", bobs.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let page = browser.get(&logout_url(&idp, &asked)).await;
    assert!(page.words().contains("Sign out?"));
    assert!(still_signed_in(&idp, &browser).await);
    let form = [("interaction", page.field("interaction")), ("decision", "out".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let out = browser.post(&format!("{}/sign-out", idp.issuer()), &form).await;
    assert_eq!(out.header("location"), "http://localhost:3000/bye?state=s", "the way back is not forgotten");
}

#[tokio::test]
async fn what_is_wrong_is_said_on_a_page_and_leads_nowhere() {
    let idp = registered().start().await;
    let (browser, hint) = signed_in(&idp).await;
    let claims = hint.split('.').nth(1).expect("claims");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let (rest, signature) = hint.rsplit_once('.').expect("a signature");
    let foreign = format!("{rest}.{}", signature.chars().rev().collect::<String>());
    let cases: &[(&[(&str, &str)], Check)] = &[
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", "http://localhost:3000/other")],
            Check::LogoutUriRegistered,
        ),
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", "http://localhost:3000/bye?x=1")],
            Check::LogoutUriRegistered,
        ),
        (&[("id_token_hint", &unsigned), ("post_logout_redirect_uri", BYE)], Check::LogoutHintValid),
        (&[("id_token_hint", &foreign), ("post_logout_redirect_uri", BYE)], Check::LogoutHintValid),
        (&[("id_token_hint", &hint), ("client_id", "spa")], Check::LogoutClientAgrees),
        (&[("id_token_hint", &hint), ("state", "a"), ("state", "b")], Check::ParameterOnce),
    ];
    for (params, check) in cases {
        let answer = browser.get(&logout_url(&idp, params)).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{params:?}");
        refused_by(&idp, *check);
    }
    assert!(still_signed_in(&idp, &browser).await);
}

#[tokio::test]
async fn an_expired_id_token_is_still_a_good_hint() {
    let idp = registered().with(|config| config.lifetimes.id_token = "1s".parse().expect("a lifetime")).start().await;
    idp.freeze(idp.provider().now());
    let (browser, hint) = signed_in(&idp).await;
    idp.advance(std::time::Duration::from_mins(10));
    let answer = browser.get(&logout_url(&idp, &[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(answer.header("location"), BYE);
}

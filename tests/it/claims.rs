//! Claims beyond the plain ones: in the languages that an app prefers, by others than the provider, and as a condition.

use serde_json::{Value, json};
use standin::{Check, Client, Emulator, Event, User};

use crate::harness::{Answer, Browser, CALLBACK, ask, claims, code, get, http, redeem, refused_by, sign_in};

async fn with(user: User) -> Emulator {
    let web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    let scopes = |config: &mut standin::Config| drop(config.scopes.insert("bank".into(), vec!["credit_score".into()]));
    Emulator::builder().user(user).client(web).with(scopes).start().await
}

async fn userinfo(idp: &Emulator, more: &[(&str, &str)]) -> (Value, Answer) {
    let tokens = redeem(idp, &code(idp, more, "carol").await, &[]).await;
    let request = http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(tokens.member("access_token"));
    (claims(&tokens.member("id_token")), Browser::new().send(request).await)
}

/// Core section 5.2.
#[tokio::test]
async fn claims_come_in_the_language_that_the_app_prefers() {
    let carol = User::new("carol")
        .claim("name", "Carol Clark")
        .claim("name#ja-Kana-JP", "キャロル")
        .claim("name#de", "Karola Klark")
        .claim("website", "https://carol.example.com")
        .claim("website#fr", "https://carol.example.com/fr");
    let idp = with(carol).await;
    for (locales, name, website) in [
        ("", "Carol Clark", "https://carol.example.com"),
        ("ja", "キャロル", "https://carol.example.com"),
        ("ja-Kana-JP", "キャロル", "https://carol.example.com"),
        ("it fr de", "Karola Klark", "https://carol.example.com/fr"),
        ("DE ja", "Karola Klark", "https://carol.example.com"),
        ("it j", "Carol Clark", "https://carol.example.com"),
    ] {
        let (_, told) = userinfo(&idp, &[("scope", "openid profile"), ("claims_locales", locales)]).await;
        let told = told.json();
        assert_eq!((told["name"].as_str(), told["website"].as_str()), (Some(name), Some(website)), "{locales}: {told}");
        assert!(told["name#de"].is_null(), "no scope opens it by that name");
    }
    let wish = json!({ "userinfo": { "name#de": null }, "id_token": { "name": { "essential": true } } }).to_string();
    let (id_token, told) = userinfo(&idp, &[("claims", &wish), ("claims_locales", "ja")]).await;
    assert_eq!((told.json()["name#de"].as_str(), id_token["name"].as_str()), (Some("Karola Klark"), Some("キャロル")));
    let metadata = get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    assert_eq!(metadata["claims_locales_supported"], json!(["de", "en", "fr", "ja-Kana-JP"]));
}

/// Core section 5.6.2.
#[tokio::test]
async fn what_others_know_is_handed_on_signed_or_fetched_where_it_is() {
    let carol: User = serde_json::from_value(json!({
        "sub": "carol", "name": "Carol Clark",
        "aggregated": { "bank": { "credit_score": 700, "iban": "DE02" } },
        "distributed": { "clinic": { "blood_type": "0+", "allergies": ["cats"] } },
    }))
    .expect("a user");
    let idp = with(carol).await;
    let (id_token, told) = userinfo(&idp, &[("scope", "openid profile")]).await;
    assert!(told.json()["_claim_names"].is_null() && id_token["_claim_names"].is_null(), "nobody asked: {}", told.text);

    let wish = json!({ "userinfo": { "blood_type": null }, "id_token": { "iban": null } }).to_string();
    let (id_token, told) = userinfo(&idp, &[("scope", "openid profile bank"), ("claims", &wish)]).await;
    assert_eq!(id_token["_claim_names"], json!({ "iban": "bank" }));
    let told = told.json();
    assert_eq!(told["_claim_names"], json!({ "credit_score": "bank", "blood_type": "clinic" }));
    assert!(told["credit_score"].is_null() && told["name"] == "Carol Clark");
    let statement = told["_claim_sources"]["bank"]["JWT"].as_str().expect("a JWT");
    let opened = idp.provider().settings().keys.open(statement, idp.now()).expect("it is signed");
    assert_eq!(
        (&opened.claims["credit_score"], opened.claims.get("iban")),
        (&json!(700), None),
        "no more than was asked for"
    );

    let clinic = &told["_claim_sources"]["clinic"];
    let (endpoint, token) =
        (clinic["endpoint"].as_str().expect("an address"), clinic["access_token"].as_str().expect("a token"));
    let fetched = Browser::new().send(http().get(endpoint).bearer_auth(token)).await;
    assert_eq!((fetched.status, fetched.header("content-type")), (200, "application/jwt"));
    assert_eq!(claims(&fetched.text)["blood_type"], "0+");
    assert!(idp.journal().iter().any(|entry| entry.events.contains(&Event::ClaimsFetched)));
    let tokens = redeem(&idp, &code(&idp, &[], "carol").await, &[]).await;
    for wrong in ["", &tokens.member("access_token"), &token[..token.len() - 4]] {
        let refused = Browser::new().send(http().get(endpoint).bearer_auth(wrong)).await;
        assert_eq!((refused.status, refused.header("www-authenticate").starts_with("Bearer ")), (401, true), "{wrong}");
    }
    refused_by(&idp, Check::TokenKnown);
    let elsewhere = Browser::new().send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(token)).await;
    assert_eq!(elsewhere.status, 401, "it opens nothing else");
}

/// Core section 5.5.1.1: an essential acr is a condition; one that is only wished for is not.
#[tokio::test]
async fn an_essential_acr_is_reached_or_the_sign_in_fails() {
    let idp = with(User::new("carol")).await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "carol").await;
    let wish = |essential: bool| {
        json!({ "id_token": { "acr": { "essential": essential, "values": ["phr", "phrh"] } } }).to_string()
    };
    let (essential, wished) = (wish(true), wish(false));
    let silent = browser.get(&ask(&idp.issuer(), &[("prompt", "none"), ("claims", &essential)])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
    refused_by(&idp, Check::SignedIn);
    let silent = browser.get(&ask(&idp.issuer(), &[("prompt", "none"), ("claims", &wished)])).await;
    assert!(silent.returned("code").is_some(), "a wish is none to fail for");
    let page = browser.get(&ask(&idp.issuer(), &[("claims", &essential)])).await;
    assert_eq!(page.status, 200, "somebody who is signed in is asked again");
    let back = sign_in(&idp, &browser, &[("claims", &essential)], "carol").await;
    let tokens = redeem(&idp, &back.returned("code").expect("a code"), &[]).await;
    assert_eq!(claims(&tokens.member("id_token"))["acr"], "phr");
}

//! UserInfo, introspection, revocation: what a token opens, and what can be asked about it.

use std::time::Duration;

use serde_json::json;
use standin::{Check, Client, TokenKind, TokenSpec};

use crate::harness::{
    CALLBACK, Control, PROFILE_CLAIMS, as_anyone, as_web, claims, get, header, http, post, refused_by, registered,
    send, tokens, userinfo,
};

#[tokio::test]
async fn userinfo_says_what_the_scopes_open_and_no_more() {
    let idp = registered().start().await;
    let all = tokens(&idp, &[("scope", "openid profile email address phone")], "alice").await;
    let info = userinfo(&idp, &all.member("access_token")).await;
    assert_eq!((info.status, info.header("content-type")), (200, "application/json"));
    let info = info.json();
    for claim in
        PROFILE_CLAIMS.iter().chain(&["email", "email_verified", "address", "phone_number", "phone_number_verified"])
    {
        assert!(info.get(claim).is_some_and(|value| !value.is_null() && value != ""), "{claim}");
    }
    assert!(info["updated_at"].is_number() && info["email_verified"].is_boolean() && info["address"].is_object());
    assert_eq!(info.get("roles"), None, "not asked for");

    let little = tokens(&idp, &[("scope", "openid email")], "alice").await;
    let little = userinfo(&idp, &little.member("access_token")).await.json();
    assert_eq!(little, json!({"sub": "alice", "email": "alice@example.com", "email_verified": true}));
    let none = tokens(&idp, &[("scope", "openid email")], "cagla").await;
    assert_eq!(
        userinfo(&idp, &none.member("access_token")).await.json(),
        json!({"sub": "cagla"}),
        "left out, not null"
    );
}

#[tokio::test]
async fn userinfo_says_the_same_again_until_something_changes() {
    let idp = registered().start().await;
    let wish = r#"{"userinfo":{"nickname":null}}"#;
    let asked: [(&[(&str, &str)], &str); 4] = [
        (&[("scope", "openid email")], "alice"),
        (&[("scope", "openid email"), ("claims", wish)], "alice"),
        (&[("scope", "openid phone")], "alice"),
        (&[("scope", "openid email")], "bob"),
    ];
    let mut known = Vec::new();
    for (more, person) in asked {
        let token = tokens(&idp, more, person).await.member("access_token");
        let first = userinfo(&idp, &token).await.json();
        assert_eq!(first["sub"], person);
        assert!(known.iter().all(|(_, other)| *other != first), "{first} was said of another token");
        known.push((token, first));
    }
    for (token, first) in known.iter().chain(&known) {
        assert_eq!(userinfo(&idp, token).await.json(), *first);
    }
    // More different answers than are kept.
    for number in 0..70 {
        let scope = format!("openid email s{number}");
        let spec = TokenSpec { client: "web".into(), scope: scope.as_str().into(), ..TokenSpec::access("bob") };
        let minted = idp.mint(&spec).await.expect("a token");
        assert_eq!(userinfo(&idp, &minted.token).await.json(), known[3].1, "{scope}");
    }
    let change = json!({ "email": "ally@example.com" });
    assert_eq!(Control::of(&idp).call("PATCH", "/users/alice", Some(change)).await.status, 200);
    assert_eq!(userinfo(&idp, &known[0].0).await.json()["email"], "ally@example.com");
    assert_eq!(userinfo(&idp, &known[3].0).await.json(), known[3].1);
}

#[tokio::test]
async fn the_claims_parameter_asks_for_single_claims_by_place() {
    let idp = registered().start().await;
    let wish = r#"{"userinfo":{"name":{"essential":true}},"id_token":{"nickname":null}}"#;
    let answer = tokens(&idp, &[("claims", wish)], "alice").await;
    let id = claims(&answer.member("id_token"));
    assert_eq!((&id["nickname"], id.get("name")), (&json!("Ali"), None));
    assert_eq!(
        userinfo(&idp, &answer.member("access_token")).await.json(),
        json!({"sub": "alice", "name": "Alice Adams"})
    );
}

#[tokio::test]
async fn userinfo_takes_the_token_in_header_or_form_and_in_one_place_only() {
    let idp = registered().start().await;
    let token = tokens(&idp, &[], "alice").await.member("access_token");
    let url = format!("{}/userinfo", idp.issuer());
    assert_eq!(send(http().post(&url).bearer_auth(&token)).await.status, 200, "POST with a header and no body");
    assert_eq!(post(http().post(&url), &[("access_token", &token)]).await.status, 200);
    let both = post(http().post(&url).bearer_auth(&token), &[("access_token", &token)]).await;
    assert_eq!((both.status, both.member("error").as_str()), (400, "invalid_request"));
    refused_by(&idp, Check::BearerOnce);
    let in_query = get(&format!("{url}?access_token={token}")).await;
    assert_eq!((in_query.status, in_query.header("www-authenticate")), (401, "Bearer realm=\"standin\""));
    refused_by(&idp, Check::BearerGiven);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused_with_the_reason() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let answer = tokens(&idp, &[], "alice").await;
    let token = answer.member("access_token");
    let altered = token.replacen('.', ".A", 1);
    for (bad, check) in [
        ("nonsense", Check::TokenKnown),
        ("a.b.c", Check::TokenKnown),
        (altered.as_str(), Check::TokenKnown),
        (&answer.member("id_token"), Check::TokenKnown),
    ] {
        let refused = userinfo(&idp, bad).await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
        refused_by(&idp, check);
    }
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", token.split('.').nth(1).expect("claims"));
    assert_eq!(userinfo(&idp, &unsigned).await.status, 401);

    let jti = claims(&token)["jti"].as_str().expect("a jti").to_owned();
    assert_eq!(userinfo(&idp, &jti).await.status, 401, "a token's name is not the token");
    refused_by(&idp, Check::TokenKnown);

    let machine = as_web(&idp, "/token", &[("grant_type", "client_credentials"), ("scope", "openid")]).await;
    let refused = userinfo(&idp, &machine.member("access_token")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains("error=\"insufficient_scope\""));
    refused_by(&idp, Check::TokenForUserInfo);

    idp.advance(Duration::from_hours(1));
    assert_eq!(userinfo(&idp, &token).await.status, 401);
    refused_by(&idp, Check::TokenFresh);
}

#[tokio::test]
async fn userinfo_can_be_signed() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.userinfo_signed_response_alg = Some(serde_json::from_str("\"ES256\"").expect("an algorithm"));
    let idp = standin::Emulator::builder().client(web).start().await;
    let answer = tokens(&idp, &[("scope", "openid email")], "alice").await;
    let info = userinfo(&idp, &answer.member("access_token")).await;
    assert_eq!(info.header("content-type"), "application/jwt");
    assert_eq!(header(&info.text)["alg"], "ES256");
    let info = claims(&info.text);
    assert_eq!(
        (&info["iss"], &info["aud"], &info["email"]),
        (&idp.issuer().into(), &"web".into(), &"alice@example.com".into())
    );
    assert_eq!(info.get("nonce"), None);
}

#[tokio::test]
async fn access_tokens_can_be_opaque() {
    let idp = registered()
        .with(|config| config.access_token_format = standin::world::AccessTokenFormat::Opaque)
        .start()
        .await;
    let answer = tokens(&idp, &[("scope", "openid email")], "alice").await;
    let token = answer.member("access_token");
    assert!(!token.contains('.'));
    assert_eq!(userinfo(&idp, &token).await.json()["email"], "alice@example.com");
    assert_eq!(as_web(&idp, "/introspect", &[("token", &token)]).await.json()["active"], true);
}

#[tokio::test]
async fn introspection_tells_a_client_with_a_secret_and_no_other() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let answer = tokens(&idp, &[("scope", "openid offline_access")], "alice").await;
    let (access, refresh) = (answer.member("access_token"), answer.member("refresh_token"));
    let told = as_web(&idp, "/introspect", &[("token", &access)]).await.json();
    assert_eq!((&told["active"], &told["sub"], &told["client_id"]), (&json!(true), &json!("alice"), &json!("web")));
    assert_eq!((&told["exp"], &told["scope"]), (&claims(&access)["exp"], &json!("openid offline_access")));
    assert_eq!(as_web(&idp, "/introspect", &[("token", &refresh)]).await.json()["active"], true);
    for dead in ["nonsense", "a.b.c", &answer.member("id_token")] {
        assert_eq!(
            as_web(&idp, "/introspect", &[("token", dead)]).await.json(),
            json!({"active": false}),
            "and nothing more"
        );
    }
    as_web(&idp, "/introspect", &[]).await;
    refused_by(&idp, Check::ParameterPresent);
    assert_eq!(as_anyone(&idp, "/introspect", &[("token", &access), ("client_id", "spa")]).await.status, 401);
    refused_by(&idp, Check::ClientConfidential);
    idp.advance(Duration::from_hours(1));
    assert_eq!(as_web(&idp, "/introspect", &[("token", &access)]).await.json(), json!({"active": false}));
}

#[tokio::test]
async fn revocation_ends_a_token_and_a_refresh_token_its_family() {
    let idp = registered().start().await;
    let answer = tokens(&idp, &[("scope", "openid offline_access")], "alice").await;
    let (access, refresh) = (answer.member("access_token"), answer.member("refresh_token"));
    let form = [("token", refresh.as_str()), ("client_id", "spa")];
    assert_eq!(as_anyone(&idp, "/revoke", &form).await.status, 400, "somebody else's");
    refused_by(&idp, Check::TokenOfThisClient);
    let done = as_web(&idp, "/revoke", &[("token", &access)]).await;
    assert_eq!((done.status, done.text.as_str(), done.header("content-type")), (200, "", ""));
    assert_eq!(userinfo(&idp, &access).await.status, 401);
    let again = as_web(&idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(again.status, 200, "the refresh token lives on");
    as_web(&idp, "/revoke", &[("token", &again.member("refresh_token")), ("token_type_hint", "access_token")]).await;
    assert_eq!(userinfo(&idp, &again.member("access_token")).await.status, 401);
    assert_eq!(as_web(&idp, "/revoke", &[("token", "never seen")]).await.status, 200);
}

#[tokio::test]
async fn a_minted_token_is_as_good_as_one_that_was_signed_in_for() {
    let idp = registered().start().await;
    let spec = TokenSpec {
        user: Some("bob".into()),
        client: "web".into(),
        scope: "openid email".into(),
        ..TokenSpec::default()
    };
    let minted = idp.mint(&spec).await.expect("a token");
    assert_eq!(userinfo(&idp, &minted.token).await.json()["email"], "bob@example.com");
    let id = TokenSpec { kind: TokenKind::Id, ttl: Some("5m".parse().expect("a lifetime")), ..spec };
    let id = claims(&idp.mint(&id).await.expect("a token").token);
    assert_eq!((&id["aud"], &id["email"]), (&json!("web"), &json!("bob@example.com")));
    assert_eq!(id["exp"].as_i64(), id["iat"].as_i64().map(|iat| iat + 300));
}

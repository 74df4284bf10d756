//! What comes back from the authorization endpoint by response type: PROTOCOL rows R-DISC-3, R-AUTH-6, R-AUTH-11, R-AUTH-27, R-IDT-3 to
//! R-IDT-5, judged by `openidconnect`.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata, CoreResponseType};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, AuthorizationCodeHash, ClientId, ClientSecret, CsrfToken,
    IssuerUrl, Nonce, RedirectUrl,
};
use serde_json::{Value, json};
use standin::{Check, Client, Emulator, Fault};

use crate::harness::{
    Answer, Browser, CALLBACK, Control, authorize_url, claims, redeem, refused_by, registered, sign_in, userinfo,
};

/// The parameters that came, and where they were put.
fn came(answer: &Answer) -> (&'static str, BTreeMap<String, String>) {
    let location = answer.location();
    let (place, text) = match (location.query(), location.fragment()) {
        (None, Some(fragment)) => ("fragment", fragment),
        (query, None) => ("query", query.unwrap_or_default()),
        both => panic!("one place or the other: {both:?}"),
    };
    (place, url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
}

async fn answered(idp: &Emulator, response_type: &str) -> (&'static str, BTreeMap<String, String>) {
    came(&sign_in(idp, &Browser::new(), &[("response_type", response_type), ("scope", "openid email")], "alice").await)
}

#[tokio::test]
async fn each_response_type_has_its_answer_in_its_place() {
    let idp = registered().start().await;
    let of_token = ["access_token", "expires_in", "scope", "token_type"];
    let expected: [(&str, &str, &[&str]); 7] = [
        ("code", "query", &["code"]),
        ("id_token", "fragment", &["id_token", "scope"]),
        ("id_token token", "fragment", &["id_token"]),
        ("code id_token", "fragment", &["code", "id_token", "scope"]),
        ("code token", "fragment", &["code"]),
        ("code id_token token", "fragment", &["code", "id_token"]),
        ("none", "query", &[]),
    ];
    for (response_type, place, members) in expected {
        let (at, came) = answered(&idp, response_type).await;
        assert_eq!(at, place, "{response_type}");
        let mut members: Vec<&str> = members.iter().copied().chain(["iss", "session_state", "state"]).collect();
        if response_type.split(' ').any(|word| word == "token") {
            members.extend(of_token);
            assert_eq!(
                (came["token_type"].as_str(), came["expires_in"].as_str()),
                ("Bearer", "3600"),
                "{response_type}"
            );
        }
        members.sort_unstable();
        assert_eq!(came.keys().map(String::as_str).collect::<Vec<_>>(), members, "{response_type}");
        assert_eq!((came["state"].as_str(), came["iss"].as_str()), ("the-state", idp.issuer().as_str()));
    }
    let discovery = Browser::new().get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    assert_eq!(discovery["response_types_supported"], json!(expected.map(|(response_type, ..)| response_type)));
    assert!(discovery["grant_types_supported"].as_array().expect("a list").contains(&json!("implicit")));
    // The order of the words is free.
    assert!(answered(&idp, "token code id_token").await.1.contains_key("code"));
}

#[tokio::test]
async fn what_is_no_response_type_is_refused() {
    let idp = registered().start().await;
    for odd in ["token", "code code", "none code", "id_tokens", "xxxx", "id_token  token"] {
        let answer = Browser::new().get(&authorize_url(&idp, &[("response_type", odd)])).await;
        assert_eq!(answer.returned("error").as_deref(), Some("unsupported_response_type"), "{odd}");
        refused_by(&idp, Check::ResponseTypeOffered);
    }
}

async fn judge(
    idp: &Emulator,
) -> CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
> {
    let issuer = IssuerUrl::new(idp.issuer()).expect("an issuer");
    let metadata = CoreProviderMetadata::discover_async(issuer, &crate::diagnosis::send).await.expect("metadata");
    CoreClient::from_provider_metadata(metadata, ClientId::new("web".into()), Some(ClientSecret::new("s3cret".into())))
        .set_redirect_uri(RedirectUrl::new(CALLBACK.into()).expect("a URI"))
}

/// The judge asks, somebody signs in, the judge verifies: signature, nonce, and the hash of each thing beside the ID token.
#[tokio::test]
async fn the_judge_accepts_implicit_and_hybrid_answers() {
    let idp = registered().start().await;
    let judge = judge(&idp).await;
    let hybrid = |types: &[CoreResponseType]| CoreAuthenticationFlow::Hybrid(types.to_vec());
    use CoreResponseType::{Code, IdToken, Token};
    let flows = [
        CoreAuthenticationFlow::Implicit(false),
        CoreAuthenticationFlow::Implicit(true),
        hybrid(&[Code, IdToken]),
        hybrid(&[Code, IdToken, Token]),
    ];
    for flow in flows {
        let (url, state, nonce) = judge.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).url();
        let browser = Browser::new();
        let page = browser.get(url.as_str()).await;
        let form = [("interaction", page.field("interaction")), ("sub", "alice".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (_, came) = came(&browser.post(&format!("{}/sign-in", idp.issuer()), &form).await);
        assert_eq!(&came["state"], state.secret());
        let id_token = CoreIdToken::from_str(&came["id_token"]).expect("a token");
        let verifier = judge.id_token_verifier();
        let told = id_token.claims(&verifier, &nonce).expect("it holds");
        let (alg, key) = (id_token.signing_alg().expect("one"), id_token.signing_key(&verifier).expect("one"));
        match came.get("access_token") {
            Some(token) => {
                let hash = AccessTokenHash::from_token(&AccessToken::new(token.clone()), alg, key).expect("a hash");
                assert_eq!(told.access_token_hash(), Some(&hash), "{url}");
                assert_eq!(userinfo(&idp, token).await.json()["sub"], "alice");
            }
            None => assert_eq!(told.access_token_hash(), None, "{url}"),
        }
        match came.get("code") {
            Some(code) => {
                let code = AuthorizationCode::new(code.clone());
                let hash = AuthorizationCodeHash::from_code(&code, alg, key).expect("a hash");
                assert_eq!(told.code_hash(), Some(&hash), "{url}");
            }
            None => assert_eq!(told.code_hash(), None, "{url}"),
        }
    }
}

#[tokio::test]
async fn both_id_tokens_of_a_hybrid_flow_are_about_the_same_and_a_code_brought_twice_ends_both_access_tokens() {
    let idp = registered().start().await;
    let (_, came) = answered(&idp, "code id_token token").await;
    let back = redeem(&idp, &came["code"], &[]).await;
    let (one, other) = (claims(&came["id_token"]), claims(&back.member("id_token")));
    for claim in ["iss", "sub", "aud", "nonce", "auth_time", "sid"] {
        assert_eq!(one[claim], other[claim], "{claim}");
    }
    assert_eq!((other.get("c_hash"), other.get("s_hash")), (None, None), "nothing is beside it");
    for token in [&came["access_token"], &back.member("access_token")] {
        assert_eq!(userinfo(&idp, token).await.status, 200);
    }
    assert_eq!(redeem(&idp, &came["code"], &[]).await.member("error"), "invalid_grant");
    for token in [&came["access_token"], &back.member("access_token")] {
        assert_eq!(userinfo(&idp, token).await.status, 401);
    }
}

#[tokio::test]
async fn what_scopes_open_is_in_the_id_token_only_where_no_access_token_can_be_had() {
    let idp = registered().start().await;
    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let (_, came) = answered(&idp, response_type).await;
        let told = claims(&came["id_token"]);
        let expected = (response_type == "id_token").then_some("alice@example.com");
        assert_eq!(told["email"].as_str(), expected, "{response_type}");
        assert_eq!(told.get("name"), None, "{response_type}: nobody asked for the profile");
    }
    let asked = [("response_type", "id_token token"), ("claims", r#"{"id_token": {"name": null}}"#)];
    let (_, came) = came(&sign_in(&idp, &Browser::new(), &asked, "alice").await);
    assert_eq!(
        claims(&came["id_token"])["name"],
        "Alice Adams",
        "what was asked for by name is where it was asked for"
    );
}

#[tokio::test]
async fn an_id_token_that_comes_by_the_browser_needs_a_nonce_and_openid() {
    let idp = registered().start().await;
    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let without = [("response_type", response_type), ("nonce", "")];
        let (place, came) = came(&Browser::new().get(&authorize_url(&idp, &without)).await);
        assert_eq!(
            (place, came["error"].as_str(), came["state"].as_str()),
            ("fragment", "invalid_request", "the-state")
        );
        assert!(came["error_description"].starts_with("nonce is missing"), "{came:?}");
        refused_by(&idp, Check::ParameterPresent);
        let nobody = [("response_type", response_type), ("scope", "email")];
        let answer = Browser::new().get(&authorize_url(&idp, &nobody)).await;
        assert_eq!(answer.returned("error").as_deref(), Some("invalid_scope"), "{response_type}");
        refused_by(&idp, Check::OpenidAsked);
    }
    for response_type in ["code", "code token", "none"] {
        let without = [("response_type", response_type), ("nonce", "")];
        assert_eq!(Browser::new().get(&authorize_url(&idp, &without)).await.status, 200, "{response_type}");
    }
}

#[tokio::test]
async fn tokens_stay_out_of_the_query_and_errors_take_the_same_place() {
    let idp = registered().start().await;
    let in_query = [("response_type", "id_token token"), ("response_mode", "query")];
    let (place, refused) = came(&Browser::new().get(&authorize_url(&idp, &in_query)).await);
    assert_eq!((place, refused["error"].as_str()), ("fragment", "invalid_request"));
    assert!(refused["error_description"].contains("tokens stay out of the query"), "{refused:?}");
    refused_by(&idp, Check::ParameterUsable);
    let silent = [("response_type", "code id_token"), ("prompt", "none")];
    let (place, refused) = came(&Browser::new().get(&authorize_url(&idp, &silent)).await);
    assert_eq!((place, refused["error"].as_str()), ("fragment", "login_required"));
    let posted = [("response_type", "code id_token token"), ("response_mode", "form_post")];
    let page = sign_in(&idp, &Browser::new(), &posted, "alice").await;
    assert_eq!(page.status, 200);
    assert_eq!(claims(&page.field("id_token"))["sub"], "alice");
    assert!(!page.field("access_token").is_empty() && !page.field("code").is_empty());
}

#[tokio::test]
async fn a_client_gets_tokens_by_the_browser_only_if_it_is_registered_for_them_or_for_nothing_in_particular() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.grant_types = serde_json::from_value(json!(["authorization_code"])).expect("types");
    let mut front: Client = Client { id: "front".into(), ..web.clone() };
    front.grant_types = serde_json::from_value(json!(["implicit"])).expect("types");
    let idp = Emulator::builder().client(web).client(front).start().await;
    for (client, allowed) in [("web", vec!["code"]), ("front", vec!["id_token", "id_token token"])] {
        for response_type in ["code", "none", "id_token", "id_token token", "code id_token"] {
            let ask = authorize_url(&idp, &[("client_id", client), ("response_type", response_type)]);
            let answer = Browser::new().get(&ask).await;
            if allowed.contains(&response_type) || response_type == "none" {
                assert_eq!(answer.status, 200, "{client}: {response_type}");
            } else {
                assert_eq!(
                    answer.returned("error").as_deref(),
                    Some("unauthorized_client"),
                    "{client}: {response_type}"
                );
                refused_by(&idp, Check::GrantTypeAllowed);
            }
        }
    }
    let form = [("grant_type", "implicit"), ("client_id", "front"), ("client_secret", "s3cret")];
    let nobody_comes = crate::harness::as_anyone(&idp, "/token", &form).await;
    assert_eq!(nobody_comes.member("error"), "unsupported_grant_type");
}

#[tokio::test]
async fn a_public_client_needs_no_pkce_where_no_code_is() {
    let idp = registered().start().await;
    let ask = |response_type| authorize_url(&idp, &[("client_id", "spa"), ("response_type", response_type)]);
    assert_eq!(Browser::new().get(&ask("id_token token")).await.status, 200);
    let refused = Browser::new().get(&ask("code id_token")).await;
    assert_eq!(refused.returned("error").as_deref(), Some("invalid_request"));
    refused_by(&idp, Check::PkceUsed);
}

#[tokio::test]
async fn lies_about_id_tokens_are_told_by_the_browser_too_and_a_code_flow_is_not_counted() {
    let idp = registered().start().await;
    idp.fault(Fault::wrong_nonce().once());
    let (_, lied) = answered(&idp, "id_token").await;
    assert_ne!(claims(&lied["id_token"])["nonce"], "the-nonce");
    let (_, honest) = answered(&idp, "id_token").await;
    assert_eq!(claims(&honest["id_token"])["nonce"], "the-nonce");
    // In a code flow the authorization response has no ID token: the lie waits for the token endpoint.
    idp.fault(Fault::wrong_nonce().once());
    let code = crate::harness::code(&idp, &[], "alice").await;
    assert_ne!(claims(&redeem(&idp, &code, &[]).await.member("id_token"))["nonce"], "the-nonce");
    let idle = idp.journal().iter().flat_map(|entry| entry.trace.remarks.clone()).collect::<Vec<_>>();
    assert!(idle.is_empty(), "{idle:?}");
}

#[tokio::test]
async fn the_console_shows_tokens_that_came_by_the_browser_and_the_flow_ended_well() {
    let idp = registered().start().await;
    answered(&idp, "id_token token").await;
    let control = Control::of(&idp);
    let why = control.get("/flows/1/diagnosis").await;
    assert_eq!(
        (&why["failed"], why["ending"].as_str().map(|words| words.starts_with("signed in"))),
        (&Value::Bool(false), Some(true)),
        "{why}"
    );
    let drawn = control.get("/flows/1/diagram").await.to_string();
    assert!(drawn.contains("The browser brings the answer to the app"), "{drawn}");
    let page = crate::harness::get(&format!("{}/_console/flows/1?message=2", idp.issuer())).await.words();
    assert!(page.contains("Half a hash of the access token") && page.contains("Half a hash of the state"), "{page}");
    // Whoever asks for nothing but the answer gets it, and nothing went wrong.
    answered(&idp, "none").await;
    let flows = control.get("/flows").await;
    let last = flows.as_array().and_then(|all| all.last()).expect("a flow")["id"].clone();
    let why = control.get(&format!("/flows/{last}/diagnosis")).await;
    assert_eq!(why["failed"], false, "{why}");
}

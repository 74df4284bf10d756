//! Authorization requests that come as a JWT, PROTOCOL rows R-AUTH-22 to R-AUTH-24.

use std::sync::{Arc, Mutex};

use axum::routing::get;
use serde_json::{Map, Value, json};
use standin::tokens::{Alg, KeyChoice, TokenDraft};
use standin::{Check, Client, Emulator};

use crate::harness::{Browser, CALLBACK, claims, redeem, refused_by, registered};

/// An app that signs, with keys of its own: those of another provider, which nobody else has.
struct Signing {
    idp: Emulator,
    own: Emulator,
}

impl Signing {
    async fn registered_for(alg: Option<&str>) -> Self {
        Self::with_request_uris(alg, Vec::new()).await
    }

    async fn with_request_uris(alg: Option<&str>, request_uris: Vec<String>) -> Self {
        let own = Emulator::start().await;
        own.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a key of its own");
        let keys = Browser::new().get(&format!("{}/jwks", own.issuer())).await.json();
        let web = Client {
            jwks: Some(keys),
            request_uris,
            request_object_signing_alg: alg.map(|alg| serde_json::from_value(json!(alg)).expect("an algorithm")),
            ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
        };
        Self { idp: Emulator::builder().client(web).start().await, own }
    }

    fn sign(&self, claims: &Value, key: KeyChoice) -> String {
        let header = Map::from_iter([("typ".to_owned(), json!("oauth-authz-req+jwt"))]);
        let draft = TokenDraft::new(header, claims.as_object().expect("claims").clone(), key);
        self.own.provider().settings().keys.sign(&draft)
    }

    fn asked(&self) -> Value {
        json!({
            "iss": "web", "aud": self.idp.issuer(), "client_id": "web", "response_type": "code", "redirect_uri": CALLBACK,
            "scope": "openid", "state": "inside", "nonce": "inside", "exp": self.idp.now().0 + 60,
        })
    }
}

/// The request with nothing beside the object but what must be.
fn url(idp: &Emulator, object: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![("client_id", "web"), ("response_type", "code"), ("scope", "openid"), ("request", object)];
    params.extend(more);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{}/authorize?{query}", idp.issuer())
}

async fn alice(idp: &Emulator, browser: &Browser, page: &crate::harness::Answer) -> crate::harness::Answer {
    assert_eq!(page.status, 200, "{}", page.text);
    let form = [("interaction", page.field("interaction")), ("sub", "alice".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&format!("{}/sign-in", idp.issuer()), &form).await
}

#[tokio::test]
async fn what_is_inside_counts_more_than_what_is_beside_it() {
    let app = Signing::registered_for(None).await;
    for key in [
        KeyChoice::Unsigned,
        KeyChoice::Current(Alg::RS256),
        KeyChoice::Current(Alg::ES256),
        KeyChoice::Secret("s3cret".into()),
    ] {
        let object = app.sign(&app.asked(), key.clone());
        let beside = [("state", "beside"), ("nonce", "beside"), ("redirect_uri", "https://evil.example/callback")];
        let browser = Browser::new();
        let page = browser.get(&url(&app.idp, &object, &beside)).await;
        let back = alice(&app.idp, &browser, &page).await;
        assert!(back.header("location").starts_with(CALLBACK), "R-AUTH-23: the one inside counts");
        assert_eq!(back.returned("state").as_deref(), Some("inside"), "{key:?}");
        let tokens = redeem(&app.idp, &back.returned("code").expect("a code"), &[]).await;
        assert_eq!(claims(&tokens.member("id_token"))["nonce"], "inside");
        let entry =
            app.idp.journal().into_iter().find(|entry| entry.path.starts_with("/authorize")).expect("an exchange");
        assert_eq!(entry.state.as_deref(), Some("inside"), "the journal goes by the same reading");
    }
}

/// The one module of the certification plan `form_post` basic that failed.
#[tokio::test]
async fn a_response_mode_inside_is_seen_and_a_page_that_is_left_open_outlives_the_object() {
    let app = Signing::registered_for(None).await;
    app.idp.freeze(app.idp.now());
    let mut asked = app.asked();
    asked["response_mode"] = json!("form_post");
    asked["max_age"] = json!(3600);
    asked["claims"] = json!({"id_token": {"email": null}});
    let browser = Browser::new();
    let page = browser.get(&url(&app.idp, &app.sign(&asked, KeyChoice::Unsigned), &[])).await;
    app.idp.advance(std::time::Duration::from_secs(200));
    let back = alice(&app.idp, &browser, &page).await;
    assert_eq!((back.status, back.field("state").as_str()), (200, "inside"));
    let tokens = redeem(&app.idp, &back.field("code"), &[]).await;
    let told = claims(&tokens.member("id_token"));
    assert!(told["auth_time"].is_i64() && told["email"] == "alice@example.com", "{told}");
}

#[tokio::test]
async fn an_object_that_cannot_be_believed_is_refused_with_what_is_wrong_with_it() {
    let app = Signing::registered_for(None).await;
    let with = |name: &str, value: Value| {
        let mut asked = app.asked();
        asked[name] = value;
        asked
    };
    let signed = KeyChoice::Current(Alg::RS256);
    let good = app.sign(&app.asked(), signed.clone());
    let altered = good.rsplit_once('.').map(|(said, _)| format!("{said}.AAAA")).expect("three parts");
    let stranger = registered().start().await;
    stranger.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a key that nobody registered");
    let draft = TokenDraft::new(Map::new(), app.asked().as_object().expect("claims").clone(), signed.clone());
    let cases = [
        ("no.jwt".to_owned(), "request is no JWT"),
        (altered, "request has a signature that does not hold"),
        (stranger.provider().settings().keys.sign(&draft), "request names a key that is not among those of the app"),
        (app.sign(&with("iss", json!("spa")), signed.clone()), "request has iss=spa"),
        (app.sign(&with("aud", json!("https://another.example")), signed.clone()), "request has aud="),
        (app.sign(&with("exp", json!(app.idp.now().0 - 3600)), signed.clone()), "request has exp="),
        (app.sign(&with("nbf", json!(app.idp.now().0 + 3600)), signed.clone()), "request has nbf="),
        (format!("{}x", app.sign(&app.asked(), KeyChoice::Unsigned)), "request has alg none"),
        (app.sign(&app.asked(), KeyChoice::Secret("another".into())), "request has a signature that does not hold"),
    ];
    for (object, words) in cases {
        let beside = [("redirect_uri", CALLBACK), ("state", "beside")];
        let back = Browser::new().get(&url(&app.idp, &object, &beside)).await;
        assert_eq!(back.returned("error").as_deref(), Some("invalid_request_object"), "{words}");
        let said = back.returned("error_description").unwrap_or_default();
        assert!(said.replace('`', "").starts_with(words), "{words}: {said}");
        refused_by(&app.idp, Check::RequestObjectValid);
    }
}

#[tokio::test]
async fn what_is_said_twice_must_agree_and_an_object_holds_no_other() {
    let app = Signing::registered_for(None).await;
    for (name, value) in [
        ("client_id", "spa"),
        ("response_type", "id_token"),
        ("request", "ey.ey."),
        ("request_uri", "https://a.example"),
    ] {
        let mut asked = app.asked();
        asked[name] = json!(value);
        let object = app.sign(&asked, KeyChoice::Unsigned);
        let back = Browser::new().get(&url(&app.idp, &object, &[("redirect_uri", CALLBACK)])).await;
        assert!(back.returned("error").is_some(), "{name}: {} {}", back.status, back.text);
        assert_ne!(back.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_client_that_registered_an_algorithm_signs_by_it_and_by_no_other() {
    for (alg, key, allowed) in [
        ("RS256", KeyChoice::Current(Alg::RS256), true),
        ("RS256", KeyChoice::Current(Alg::ES256), false),
        ("RS256", KeyChoice::Unsigned, false),
        ("none", KeyChoice::Unsigned, true),
        ("none", KeyChoice::Current(Alg::RS256), false),
    ] {
        let app = Signing::registered_for(Some(alg)).await;
        let object = app.sign(&app.asked(), key.clone());
        let answer = Browser::new().get(&url(&app.idp, &object, &[])).await;
        if allowed {
            assert_eq!(answer.status, 200, "{alg}, {key:?}");
        } else {
            let said = answer.returned("error_description").unwrap_or_default();
            assert!(said.contains(&format!("registered for {alg}")), "{alg}, {key:?}: {said}");
            refused_by(&app.idp, Check::RequestObjectValid);
        }
    }
}

#[tokio::test]
async fn a_slip_in_the_algorithm_is_told_with_the_names_that_there_are() {
    let idp = registered().start().await;
    let client = json!({"id": "x", "request_object_signing_alg": "RS265"});
    let refused = crate::harness::Control::of(&idp).call("POST", "/clients", Some(client)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("`RS265` is none of none, RS256"), "{}", refused.text);
}

#[tokio::test]
async fn discovery_says_so_and_whoever_registered_no_key_is_told_that() {
    let app = Signing::registered_for(None).await;
    let idp = registered().start().await;
    let discovery = Browser::new().get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    assert_eq!(discovery["request_parameter_supported"], true);
    let algs = discovery["request_object_signing_alg_values_supported"].as_array().expect("a list");
    assert!(algs.contains(&json!("none")) && algs.contains(&json!("RS256")));
    assert_eq!(
        (&discovery["request_uri_parameter_supported"], &discovery["require_request_uri_registration"]),
        (&json!(true), &json!(true))
    );
    let mut asked = app.asked();
    asked["aud"] = json!(idp.issuer());
    let object = app.sign(&asked, KeyChoice::Current(Alg::RS256));
    let back = Browser::new().get(&url(&idp, &object, &[])).await;
    let said = back.returned("error_description").unwrap_or_default();
    assert!(said.contains("has registered none: neither jwks nor jwks_uri"), "{said}");
}

/// An app's server where its request objects are, and what was asked of it.
async fn publisher(object: &Arc<Mutex<String>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let (object, asked) = (Arc::clone(object), Arc::<Mutex<Vec<String>>>::default());
    let seen = Arc::clone(&asked);
    let serve = async move |uri: axum::http::Uri| {
        seen.lock().expect("a list").push(uri.to_string());
        object.lock().expect("a text").clone()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/request.jwt", get(serve))).await });
    (base, asked)
}

fn by_reference(idp: &Emulator, uri: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![("client_id", "web"), ("response_type", "code"), ("scope", "openid"), ("request_uri", uri)];
    params.extend(more);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{}/authorize?{query}", idp.issuer())
}

#[tokio::test]
async fn an_object_is_fetched_from_where_it_is_registered_and_from_nowhere_else() {
    let object = Arc::new(Mutex::new(String::new()));
    let (base, asked) = publisher(&object).await;
    let registered = [format!("{base}/request.jwt#v1"), format!("{base}/missing.jwt")];
    let app = Signing::with_request_uris(None, registered.to_vec()).await;
    for key in [KeyChoice::Unsigned, KeyChoice::Current(Alg::RS256)] {
        *object.lock().expect("a text") = app.sign(&app.asked(), key);
        let browser = Browser::new();
        let page = browser.get(&by_reference(&app.idp, &registered[0], &[("state", "beside")])).await;
        let back = alice(&app.idp, &browser, &page).await;
        assert_eq!(back.returned("state").as_deref(), Some("inside"));
    }
    assert_eq!(
        *asked.lock().expect("a list"),
        ["/request.jwt", "/request.jwt"],
        "once for each request, and without the fragment"
    );

    let beside = [("redirect_uri", CALLBACK)];
    for (uri, check, words) in [
        (format!("{base}/request.jwt"), Check::RequestUriRegistered, "is none of the request_uris of"),
        (format!("{base}/request.jwt#v2"), Check::RequestUriRegistered, "is none of the request_uris of"),
        ("http://169.254.169.254/latest".to_owned(), Check::RequestUriRegistered, "is none of the request_uris of"),
        (registered[1].clone(), Check::RequestUriFetched, "answered 404"),
    ] {
        let back = Browser::new().get(&by_reference(&app.idp, &uri, &beside)).await;
        assert_eq!(back.returned("error").as_deref(), Some("invalid_request_uri"), "{uri}");
        let said = back.returned("error_description").unwrap_or_default();
        assert!(said.contains(words), "{uri}: {said}");
        refused_by(&app.idp, check);
    }
    assert_eq!(asked.lock().expect("a list").len(), 2, "nothing that is not registered was looked at");

    "no JWT at all".clone_into(&mut object.lock().expect("a text"));
    let back = Browser::new().get(&by_reference(&app.idp, &registered[0], &beside)).await;
    assert_eq!(back.returned("error").as_deref(), Some("invalid_request_object"));
    assert!(back.returned("error_description").unwrap_or_default().starts_with("request_uri is no JWT"));
    let twice = [("redirect_uri", CALLBACK), ("request_uri", registered[0].as_str())];
    let back = Browser::new().get(&by_reference(&app.idp, &registered[0], &twice)).await;
    assert_eq!(back.returned("error").as_deref(), Some("invalid_request_object"), "what is there is no JWT");
    *object.lock().expect("a text") = app.sign(&app.asked(), KeyChoice::Unsigned);
    let back = Browser::new().get(&by_reference(&app.idp, &registered[0], &twice)).await;
    assert_eq!(back.returned("error").as_deref(), Some("invalid_request"));
    refused_by(&app.idp, Check::ParameterOnce);
    let both = [("redirect_uri", CALLBACK), ("request", "ey.ey.")];
    let back = Browser::new().get(&by_reference(&app.idp, &registered[0], &both)).await;
    assert!(back.returned("error").is_some(), "one or the other");
}

//! Apps that register themselves, PROTOCOL rows R-REG-1 to R-REG-9.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::routing::get;
use openidconnect::core::{
    CoreClientAuthMethod, CoreClientRegistrationRequest, CoreGrantType, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::registration::{EmptyAdditionalClientMetadata, EmptyAdditionalClientRegistrationResponse};
use openidconnect::{ClientName, IssuerUrl, RedirectUrl, ResponseTypes};
use serde_json::{Value, json};
use standin::tokens::{Alg, KeyChoice, TokenDraft};
use standin::{Check, Client, Emulator, Event};

use crate::harness::{Answer, Browser, CALLBACK, ask, claims, code, http, redeem_as, refused_by};

async fn send(request: reqwest::RequestBuilder, body: &Value) -> Answer {
    Browser::new().send(request.header("content-type", "application/json").body(body.to_string())).await
}

async fn register(idp: &Emulator, metadata: &Value) -> Answer {
    send(http().post(format!("{}/register", idp.issuer())), metadata).await
}

/// The same, where it must succeed.
async fn registered(idp: &Emulator, metadata: &Value) -> Value {
    let answer = register(idp, metadata).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

/// R-REG-1, R-REG-2: a stranger's library registers, and what it gets is a client.
#[tokio::test]
async fn openidconnect_registers_itself_and_signs_in() {
    let idp = Emulator::start().await;
    let issuer = IssuerUrl::new(idp.issuer()).expect("a URL");
    let provider = CoreProviderMetadata::discover_async(issuer, &crate::diagnosis::send).await.expect("metadata");
    let endpoint = provider.registration_endpoint().expect("an endpoint for it");
    let address = RedirectUrl::new(CALLBACK.to_owned()).expect("a URL");
    let request = CoreClientRegistrationRequest::new(vec![address], EmptyAdditionalClientMetadata {})
        .set_client_name(Some([(None, ClientName::new("Notes".to_owned()))].into_iter().collect()))
        .set_grant_types(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]))
        .set_response_types(Some(vec![ResponseTypes::new(vec![openidconnect::core::CoreResponseType::Code])]))
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::ClientSecretPost))
        .set_id_token_signed_response_alg(Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256));
    let answer: openidconnect::core::CoreClientRegistrationResponse =
        request.register_async(endpoint, &crate::diagnosis::send).await.expect("a registration");
    let _: &EmptyAdditionalClientRegistrationResponse = answer.additional_response();
    let secret = answer.client_secret().expect("a secret").secret().clone();
    assert!(answer.registration_client_uri().is_some() && answer.registration_access_token().is_some());

    let id = answer.client_id().as_str().to_owned();
    let code = code(&idp, &[("client_id", &id)], "alice").await;
    let tokens = redeem_as(&idp, (&id, &secret), &code).await;
    assert_eq!(claims(&tokens.member("id_token"))["aud"], id.as_str());
    assert!(tokens.json()["refresh_token"].is_string(), "its grant types have it");
    let seen = idp.journal().into_iter().find(|entry| entry.events.contains(&Event::ClientRegistered));
    assert_eq!(seen.expect("an exchange").client.as_str(), id, "the journal says whom it was about");
}

/// R-REG-1, R-REG-6: what was sent comes back, and what nobody knows does not.
#[tokio::test]
async fn metadata_comes_back_as_it_was_registered_with_the_defaults_of_the_specification() {
    let idp = Emulator::start().await;
    let sent = json!({
        "redirect_uris": [CALLBACK], "client_name": "Notes", "contacts": ["ada@example.com"], "application_type": "web",
        "logo_uri": "https://notes.example/logo.png", "policy_uri": "https://notes.example/policy", "tos_uri": "https://notes.example/terms",
        "client_uri": "https://notes.example/", "default_max_age": 300, "require_auth_time": true, "default_acr_values": ["phr"],
        "request_uris": ["https://notes.example/request#one"], "post_logout_redirect_uris": ["http://localhost:3000/bye"],
        "backchannel_logout_uri": "http://localhost:3000/over", "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "http://localhost:3000/gone", "frontchannel_logout_session_required": true,
        "initiate_login_uri": "https://notes.example/begin", "subject_type": "pairwise", "userinfo_signed_response_alg": "RS256",
        "request_object_signing_alg": "RS256", "software_id": "notes", "software_version": "2", "scope": "openid email",
        "response_types": ["code", "id_token token"], "grant_types": ["authorization_code", "implicit"],
        "nobody_knows_this": 1, "client_name#ja": "ノート", "client_id": "of-my-own", "tos_uri#de": null,
    });
    let told = registered(&idp, &sent).await;
    for (name, value) in sent.as_object().expect("members") {
        let expected = if ["nobody_knows_this", "client_name#ja", "tos_uri#de"].contains(&name.as_str()) {
            &Value::Null
        } else {
            value
        };
        if name != "client_id" {
            assert_eq!(&told[name], expected, "{name}");
        }
    }
    assert!(text(&told, "client_id").starts_with("dcr-"), "its name is the provider's to choose");
    assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(told["id_token_signed_response_alg"], "RS256");
    assert_eq!(told["client_secret_expires_at"], 0);
    let issued = told["client_id_issued_at"].as_i64().expect("a time");
    assert!((issued - idp.now().0).abs() < 60);
    assert!(told["registered"].is_null() && told["claims"].is_null(), "nothing of the configuration is in it: {told}");

    let little = registered(&idp, &json!({ "redirect_uris": [CALLBACK] })).await;
    assert_eq!((&little["grant_types"], &little["response_types"]), (&json!(["authorization_code"]), &json!(["code"])));
    let by_key = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://localhost:1/jwks" });
    let by_key = registered(&idp, &by_key).await;
    assert!(by_key["client_secret"].is_null() && by_key["client_secret_expires_at"].is_null(), "{by_key}");
}

/// R-REG-3, R-REG-4 and RFC 7592: read, change, remove.
#[tokio::test]
async fn an_app_manages_its_registration_with_the_token_that_it_got() {
    let idp = Emulator::start().await;
    let told = registered(&idp, &json!({ "redirect_uris": [CALLBACK], "client_name": "Notes" })).await;
    let (id, secret) = (text(&told, "client_id").to_owned(), text(&told, "client_secret").to_owned());
    let (uri, token) =
        (text(&told, "registration_client_uri").to_owned(), text(&told, "registration_access_token").to_owned());
    let there = Browser::new().send(http().get(&uri).bearer_auth(&token)).await;
    assert_eq!((there.status, there.json()), (200, told.clone()));
    assert_eq!(there.header("cache-control"), "no-store");

    let anew = json!({ "client_id": id, "redirect_uris": ["http://localhost:3000/other"], "client_secret": secret });
    let changed = send(http().put(&uri).bearer_auth(&token), &anew).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let changed = changed.json();
    assert_eq!((text(&changed, "client_id"), text(&changed, "client_secret")), (id.as_str(), secret.as_str()));
    assert!(changed["client_name"].is_null(), "what it leaves out is gone: {changed}");
    let page = Browser::new().get(&ask(&idp.issuer(), &[("client_id", &id)])).await;
    assert_eq!(page.status, 400, "the old address is not registered any more");
    refused_by(&idp, Check::RedirectUriRegistered);

    let other = [("client_id", id.as_str()), ("redirect_uri", "http://localhost:3000/other")];
    let tokens = {
        let code = code(&idp, &other, "alice").await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "http://localhost:3000/other"),
        ];
        crate::harness::post(http().post(format!("{}/token", idp.issuer())).basic_auth(&id, Some(&secret)), &form).await
    };
    let access = tokens.member("access_token");
    let removed = Browser::new().send(http().delete(&uri).bearer_auth(&token)).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    let userinfo = Browser::new().send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(access)).await;
    assert_eq!(userinfo.status, 401, "what it was given counts no more");
    let page = Browser::new().get(&ask(&idp.issuer(), &other)).await;
    assert_eq!(page.status, 400, "nor is it taken for an app that nobody registered");
    let again = Browser::new().send(http().get(&uri).bearer_auth(&token)).await;
    assert_eq!((again.status, again.member("error").as_str()), (401, "invalid_token"));
    assert!(again.header("www-authenticate").starts_with("Bearer "), "{}", again.header("www-authenticate"));
    refused_by(&idp, Check::RegistrationTokenMatches);
    let stranger = Browser::new().get(&ask(&idp.issuer(), &[("client_id", "whoever")])).await;
    assert_eq!(stranger.status, 200, "an app that nobody registered is as welcome as before");
}

#[tokio::test]
async fn nobody_else_manages_it_and_what_is_the_providers_to_say_is_not_changed() {
    let idp = Emulator::start().await;
    let one = registered(&idp, &json!({ "redirect_uris": [CALLBACK] })).await;
    let two = registered(&idp, &json!({ "redirect_uris": [CALLBACK] })).await;
    let (uri, token) = (text(&one, "registration_client_uri"), text(&one, "registration_access_token"));
    let of_two = text(&two, "registration_access_token");
    let get = |uri: &str| http().get(uri);
    let bare = format!("{}/register", idp.issuer());
    for request in [get(uri), get(uri).bearer_auth(of_two), get(uri).bearer_auth(""), get(&bare).bearer_auth(token)] {
        assert_eq!(Browser::new().send(request).await.status, 401);
    }
    assert_eq!(Browser::new().send(http().delete(uri).bearer_auth(of_two)).await.status, 401);
    let id = text(&one, "client_id");
    for (anew, why) in [
        (json!({ "redirect_uris": [CALLBACK] }), "client_id is missing"),
        (json!({ "client_id": text(&two, "client_id"), "redirect_uris": [CALLBACK] }), "client_id is"),
        (
            json!({ "client_id": id, "redirect_uris": [CALLBACK], "client_secret": "of my own" }),
            "cannot choose its own",
        ),
        (
            json!({ "client_id": id, "redirect_uris": [CALLBACK], "client_secret_expires_at": 0 }),
            "is the provider's to say",
        ),
        (json!({ "client_id": id }), "redirect_uris is missing"),
    ] {
        let refused = send(http().put(uri).bearer_auth(token), &anew).await;
        assert_eq!(refused.status, 400, "{anew}: {}", refused.text);
        assert!(refused.member("error_description").contains(why), "{}", refused.text);
    }
    let there = Browser::new().send(http().get(uri).bearer_auth(token)).await;
    assert_eq!(there.json(), one, "nothing of it came to pass");
}

/// With one more member than is needed.
fn with(name: &str, value: Value) -> Value {
    let mut sent = json!({ "redirect_uris": [CALLBACK] });
    sent[name] = value;
    sent
}

/// What is sent, the error, and some words of its description.
fn mistakes() -> Vec<(Value, &'static str, &'static str)> {
    let (metadata, uris) = ("invalid_client_metadata", "invalid_redirect_uri");
    vec![
        (json!({}), uris, "redirect_uris is missing"),
        (with("redirect_uris", json!(["http://localhost:3000/callback#part"])), uris, "fragment"),
        (with("redirect_uris", json!("http://localhost:3000/callback")), uris, "redirect_uris is "),
        (with("redirect_uris", json!(["localhost/callback"])), uris, "is not an absolute URI"),
        (with("redirect_uris", json!(["javascript:alert(1)"])), uris, "javascript"),
        (with("token_endpoint_auth_method", json!("tls_client_auth")), metadata, "token_endpoint_auth_method is "),
        (with("token_endpoint_auth_method", json!("private_key_jwt")), metadata, "needs the client's public keys"),
        (
            with("id_token_signed_response_alg", json!("RS1")),
            metadata,
            "id_token_signed_response_alg: `RS1` is none of",
        ),
        (with("response_types", json!(["code id_token"])), metadata, "grant_types lacks implicit"),
        (with("response_types", json!(["tokens"])), metadata, "response_types: `tokens` is none of"),
        (with("grant_types", json!(["magic"])), metadata, "grant_types is "),
        (with("initiate_login_uri", json!("http://localhost:3000/begin")), metadata, "must be https"),
        (with("sector_identifier_uri", json!("ftp://localhost/sector")), metadata, "must be https"),
        (with("subject_type", json!("private")), metadata, "subject_type is "),
        (with("logo_uri", json!("javascript:alert(1)")), metadata, "neither http nor https"),
        (
            with("default_max_age", json!("soon")),
            metadata,
            "default_max_age is text 'soon', and must be a whole number",
        ),
        (with("jwks", json!({ "keys": [7] })), metadata, "no set of public keys"),
        (with("jwks", json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })), metadata, "has a private key in it"),
        (
            json!({ "redirect_uris": [CALLBACK, "http://127.0.0.1:3000/callback"], "subject_type": "pairwise" }),
            metadata,
            "sector_identifier_uri",
        ),
        (
            json!({ "redirect_uris": [CALLBACK], "jwks": { "keys": [] }, "jwks_uri": "http://localhost:1/jwks" }),
            metadata,
            "both sent",
        ),
        (
            json!({ "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "implicit"], "response_types": ["id_token"],
                "id_token_signed_response_alg": "none" }),
            metadata,
            "must be signed",
        ),
        (with("software_statement", json!("a.b.c")), "unapproved_software_statement", "nobody's keys"),
    ]
}

/// R-REG-5.
#[tokio::test]
async fn what_cannot_be_registered_is_refused_with_what_is_wrong_with_it() {
    let idp = Emulator::start().await;
    for (sent, error, why) in mistakes() {
        let refused = register(&idp, &sent).await;
        assert_eq!((refused.status, refused.member("error").as_str()), (400, error), "{sent}: {}", refused.text);
        assert!(refused.member("error_description").contains(why), "{sent}: {}", refused.text);
    }
    assert_eq!(idp.provider().config().client, [], "nothing was registered");
    refused_by(&idp, Check::SoftwareStatementTrusted);
}

#[tokio::test]
async fn a_body_that_is_no_description_is_refused_before_it_is_read() {
    let idp = Emulator::start().await;
    let metadata = "invalid_client_metadata";
    let form = Browser::new().post(&format!("{}/register", idp.issuer()), &[("redirect_uris", CALLBACK)]).await;
    assert_eq!((form.status, form.member("error").as_str()), (400, metadata));
    refused_by(&idp, Check::BodyIsJson);
    let broken =
        http().post(format!("{}/register", idp.issuer())).header("content-type", "application/json").body("{\"a\":");
    assert_eq!(Browser::new().send(broken).await.status, 400);
    let long = with("client_name", "x".repeat(40_000).into());
    assert_eq!(register(&idp, &long).await.status, 413);
    let patch = Browser::new().send(http().patch(format!("{}/register", idp.issuer()))).await;
    assert_eq!((patch.status, patch.header("allow")), (405, "GET, POST, PUT, DELETE"));
    let odd = register(&idp, &with("redirect_uris", json!(["/only/a/path"]))).await;
    assert_eq!(odd.member("error"), "invalid_redirect_uri");
    refused_by(&idp, Check::ClientRedirectUrisUsable);
    register(&idp, &with("subject_type", json!(7))).await;
    refused_by(&idp, Check::ClientMetadataUsable);
}

/// R-REG-8: the sector is fetched, and who is in it is who sees the same person.
#[tokio::test]
async fn clients_of_a_sector_see_the_same_pairwise_sub_and_others_another() {
    let sector = Arc::new(Mutex::new(json!([CALLBACK, "http://127.0.0.1:3001/callback"])));
    let listed = Arc::clone(&sector);
    let there =
        axum::Router::new().route("/sector", get(move || async move { Json(listed.lock().expect("a lock").clone()) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/sector", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, there).await });

    let idp = Emulator::start().await;
    let pairwise = |redirect_uri: &str, sector: Option<&str>| json!({ "redirect_uris": [redirect_uri], "subject_type": "pairwise", "sector_identifier_uri": sector });
    let mut seen = Vec::new();
    for (redirect_uri, sector) in [
        (CALLBACK, Some(uri.as_str())),
        ("http://127.0.0.1:3001/callback", Some(uri.as_str())),
        (CALLBACK, None),
        ("http://127.0.0.1:3001/callback", None),
    ] {
        let told = registered(&idp, &pairwise(redirect_uri, sector)).await;
        let (id, secret) = (text(&told, "client_id"), text(&told, "client_secret"));
        let code = code(&idp, &[("client_id", id), ("redirect_uri", redirect_uri)], "alice").await;
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", redirect_uri)];
        let request = http().post(format!("{}/token", idp.issuer())).basic_auth(id, Some(secret));
        let tokens = crate::harness::post(request, &form).await;
        let sub = claims(&tokens.member("id_token"))["sub"].as_str().expect("text").to_owned();
        let request = http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(tokens.member("access_token"));
        assert_eq!(Browser::new().send(request).await.member("sub"), sub, "UserInfo says the same");
        seen.push(sub);
    }
    assert!(seen[0] != "alice" && seen[2] != "alice", "{seen:?}");
    assert_eq!(seen[0], seen[1], "one sector, on two hosts");
    assert!(seen[2] != seen[3] && seen[2] != seen[0], "without it each host is one: {seen:?}");

    for (document, why) in
        [(json!(["http://localhost:3000/elsewhere"]), "does not list"), (json!({ "a": 1 }), "no JSON array")]
    {
        *sector.lock().expect("a lock") = document;
        let refused = register(&idp, &pairwise(CALLBACK, Some(&uri))).await;
        assert_eq!((refused.status, refused.member("error").as_str()), (400, "invalid_client_metadata"));
        assert!(refused.member("error_description").contains(why), "{}", refused.text);
        refused_by(&idp, Check::SectorListsRedirectUris);
    }
    let nowhere = register(&idp, &pairwise(CALLBACK, Some("http://127.0.0.1:9/sector"))).await;
    assert!(nowhere.member("error_description").contains("could not be fetched"), "{}", nowhere.text);
}

/// Whoever registers itself has this provider call no host but this machine, those that it is sent back to, and those that were named.
#[tokio::test]
async fn an_app_that_registers_itself_has_nobody_called_who_was_not_named() {
    let idp = Emulator::builder().with(|config| config.outgoing_hosts = vec!["named.test".into()]).start().await;
    let sector =
        |host: &str| json!({ "redirect_uris": [CALLBACK], "sector_identifier_uri": format!("https://{host}/sector") });
    let foreign = register(&idp, &sector("inside.company.test")).await.member("error_description");
    assert!(foreign.contains("is not called") && foreign.contains("outgoing_hosts"), "{foreign}");
    let named = register(&idp, &sector("app.named.test")).await.member("error_description");
    assert!(named.contains("could not be fetched"), "it was tried: {named}");

    let app = json!({
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://inside.company.test/jwks",
        "backchannel_logout_uri": "https://inside.company.test/over",
    });
    let told = registered(&idp, &app).await;
    let header = json!({ "alg": "RS256", "kid": "one" }).to_string();
    let said = json!({ "iss": told["client_id"], "sub": told["client_id"] }).to_string();
    let part = |text: String| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    let assertion = format!("{}.{}.AAAA", part(header), part(said));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("client_assertion", assertion.as_str()),
        ("client_assertion_type", kind),
    ];
    let refused = crate::harness::as_anyone(&idp, "/token", &form).await;
    assert!(refused.member("error_description").contains("is not called"), "{}", refused.text);

    code(&idp, &[("client_id", text(&told, "client_id"))], "alice").await;
    idp.provider().sign_out("alice", None).await.expect("a logout");
    let not_told =
        idp.journal().into_iter().find(|entry| entry.events.contains(&Event::LogoutFailed)).expect("an attempt");
    assert!(not_told.trace.remarks[0].contains("is not called"), "{not_told}");
}

/// R-REG-9.
#[tokio::test]
async fn registration_is_open_or_asks_for_an_initial_access_token_or_is_not_there() {
    let guarded = Emulator::builder()
        .with(|config| config.registration.initial_access_tokens = vec!["let-me-in".into()])
        .start()
        .await;
    let app = json!({ "redirect_uris": [CALLBACK] });
    let at = format!("{}/register", guarded.issuer());
    for request in [
        http().post(&at),
        http().post(&at).bearer_auth("let-me-out"),
        http().post(&at).basic_auth("let-me-in", Some("")),
    ] {
        let refused = send(request, &app).await;
        assert_eq!((refused.status, refused.member("error").as_str()), (401, "invalid_token"), "{}", refused.text);
        refused_by(&guarded, Check::InitialAccessTokenMatches);
    }
    assert_eq!(send(http().post(&at).bearer_auth("let-me-in"), &app).await.status, 201);

    let closed = Emulator::builder().with(|config| config.registration.offered = false).start().await;
    assert_eq!(register(&closed, &app).await.status, 404);
    let metadata = Browser::new().get(&format!("{}/.well-known/openid-configuration", closed.issuer())).await.json();
    assert!(metadata["registration_endpoint"].is_null());
    let methods = metadata["token_endpoint_auth_methods_supported"].as_array().expect("a list").clone();
    assert!(!methods.contains(&json!("private_key_jwt")), "no client there can have a key");
}

/// RFC 7591 section 2.3.
#[tokio::test]
async fn a_software_statement_counts_more_than_what_the_app_says() {
    let vouching = Emulator::start().await;
    vouching.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a key of its own");
    let keys = Browser::new().get(&format!("{}/jwks", vouching.issuer())).await.json();
    let idp = Emulator::builder()
        .with(|config| {
            config.registration.software_statements.jwks = Some(keys);
            config.registration.software_statements.required = true;
        })
        .start()
        .await;
    let sign = |claims: Value| {
        let draft = TokenDraft::new(
            serde_json::Map::new(),
            claims.as_object().expect("claims").clone(),
            KeyChoice::Current(Alg::RS256),
        );
        vouching.provider().settings().keys.sign(&draft)
    };
    let statement = sign(json!({ "iss": "the store", "software_id": "notes", "client_name": "Notes, the real one" }));
    let app = json!({ "redirect_uris": [CALLBACK], "client_name": "Notez", "software_statement": statement });
    let told = registered(&idp, &app).await;
    assert_eq!((text(&told, "client_name"), text(&told, "software_id")), ("Notes, the real one", "notes"));
    let (head, _) = statement.rsplit_once('.').expect("three parts");
    let over = sign(json!({ "exp": idp.now().0 - 1 }));
    for (statement, why) in [
        (json!(format!("{head}.AAAA")), "signature"),
        (json!(over), "has expired"),
        (json!(7), "no text"),
        (Value::Null, "is missing"),
    ] {
        let mut app = json!({ "redirect_uris": [CALLBACK] });
        if !statement.is_null() {
            app["software_statement"] = statement;
        }
        let refused = register(&idp, &app).await;
        assert_eq!((refused.status, refused.member("error").as_str()), (400, "invalid_software_statement"));
        assert!(refused.member("error_description").contains(why), "{}", refused.text);
        refused_by(&idp, Check::SoftwareStatementValid);
    }
}

/// R-REG-6: what was registered is what counts.
#[tokio::test]
async fn what_was_registered_is_honoured() {
    let idp = Emulator::start().await;
    let told = registered(
        &idp,
        &json!({
            "redirect_uris": [CALLBACK], "default_acr_values": ["phr"], "id_token_signed_response_alg": "none",
            "grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_post", "scope": "openid email",
        }),
    )
    .await;
    let (id, secret) = (text(&told, "client_id"), text(&told, "client_secret"));
    let code = code(&idp, &[("client_id", id), ("scope", ""), ("acr_values", "")], "alice").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let tokens = crate::harness::post(http().post(format!("{}/token", idp.issuer())), &form).await;
    let id_token = tokens.member("id_token");
    assert!(id_token.ends_with('.'), "R-IDT-6: it is unsigned, as registered: {id_token}");
    let told = claims(&id_token);
    assert_eq!((told["acr"].as_str(), told["at_hash"].is_string()), (Some("phr"), true), "{told}");
    assert_eq!(tokens.member("scope"), "openid email");
    assert!(tokens.json()["refresh_token"].is_null(), "its grant types have none");

    let asked = [("client_id", id), ("response_type", "id_token")];
    let back = Browser::new().get(&ask(&idp.issuer(), &asked)).await;
    assert_eq!(back.returned("error").as_deref(), Some("unauthorized_client"));
    refused_by(&idp, Check::ResponseTypeAllowed);
    let hint = Browser::new().get(&ask(&idp.issuer(), &[("client_id", id), ("id_token_hint", &id_token)])).await;
    assert_eq!(hint.returned("error").as_deref(), Some("invalid_request"), "what is unsigned proves nothing");
}

/// R-REG-7.
#[tokio::test]
async fn the_page_shows_the_logo_and_links_to_policy_and_terms() {
    let idp = Emulator::start().await;
    let app = json!({
        "redirect_uris": [CALLBACK], "client_name": "Notes", "logo_uri": "https://notes.example/logo.png",
        "policy_uri": "https://notes.example/policy", "tos_uri": "https://notes.example/terms",
    });
    let told = registered(&idp, &app).await;
    let page = Browser::new().get(&ask(&idp.issuer(), &[("client_id", text(&told, "client_id"))])).await;
    assert_eq!(page.elements("img[src='https://notes.example/logo.png']"), 1);
    assert_eq!(page.elements("a[href='https://notes.example/policy'], a[href='https://notes.example/terms']"), 2);
}

#[tokio::test]
async fn strict_holds_redirect_uris_to_what_the_specification_says_of_each_type() {
    let idp = Emulator::builder().with(|config| config.strict = true).start().await;
    let implicit =
        |uri: &str| json!({ "redirect_uris": [uri], "grant_types": ["implicit"], "response_types": ["id_token"] });
    let native = |uri: &str| json!({ "redirect_uris": [uri], "application_type": "native", "token_endpoint_auth_method": "none" });
    for (app, status) in [
        (implicit(CALLBACK), 400),
        (implicit("https://notes.example/callback"), 201),
        (native(CALLBACK), 201),
        (native("com.example.notes:/callback"), 201),
        (native("https://notes.example/callback"), 400),
        (json!({ "redirect_uris": [CALLBACK] }), 201),
    ] {
        let answer = register(&idp, &app).await;
        assert_eq!(answer.status, status, "{app}: {}", answer.text);
    }
}

/// Anybody may register, so there is an end to it: who is oldest goes first, and no one who was configured.
#[tokio::test]
async fn as_many_as_may_be_are_kept() {
    let idp = Emulator::builder().client(Client::confidential("web", "s3cret").redirects_to(CALLBACK)).start().await;
    let app = json!({ "redirect_uris": [CALLBACK] });
    let first = registered(&idp, &app).await;
    for _ in 0..250 {
        registered(&idp, &app).await;
    }
    let clients = idp.provider().config().client;
    assert_eq!(clients.len(), 251);
    let has = |id: &str| clients.iter().any(|client| client.id == id);
    assert!(has("web") && !has(text(&first, "client_id")));
    idp.reset().await.expect("a reset");
    assert_eq!(idp.provider().config().client.len(), 1, "a reset forgets them");
}

/// Core section 4: a sign-in that begins at the provider, or wherever somebody knows the app's address for it.
#[tokio::test]
async fn a_sign_in_can_be_begun_at_an_app_that_says_where() {
    let notes = Client {
        initiate_login_uri: "https://notes.example.com/begin?tenant=a%20b".parse().ok(),
        ..Client::confidential("notes", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder()
        .client(notes)
        .client(Client::confidential("web", "s3cret").redirects_to(CALLBACK))
        .start()
        .await;
    let control = crate::harness::Control::of(&idp);
    let begun = control
        .get("/clients/notes/initiate-login?login_hint=alice&target_link_uri=https://notes.example.com/inbox")
        .await;
    let url = url::Url::parse(begun["url"].as_str().expect("an address")).expect("a URL");
    let said: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("tenant", "a b"),
        ("iss", &idp.issuer()),
        ("login_hint", "alice"),
        ("target_link_uri", "https://notes.example.com/inbox"),
    ];
    assert_eq!(said, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "what was registered is kept");
    let nowhere = control.call("GET", "/clients/web/initiate-login", None).await;
    assert_eq!(nowhere.status, 409, "{}", nowhere.text);
    assert_eq!(control.call("GET", "/clients/nobody/initiate-login", None).await.status, 404);
    let apps = Browser::new().get(&format!("{}/_console/apps", idp.issuer())).await;
    assert_eq!(apps.elements("a[href^='https://notes.example.com/begin?tenant=a%20b&iss=']"), 1, "{}", apps.text);
}

//! What only its reader can read: ID tokens, UserInfo, introspection and request objects, judged by another language's library.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use standin::tokens::{Alg, JweAlg, JweEnc, KeyChoice, Opened, TokenDraft};
use standin::{Check, Client, Emulator, Fault};

use crate::browser::left_out;
use crate::harness::{Answer, Browser, CALLBACK, ask, claims, code, http, redeem, refused_by, sign_in};

/// Asks the judge; nothing, where it is not installed.
fn judge(command: &str, asked: &Value) -> Option<Value> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/target/venv/bin/python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/jwe.py");
    let there = Command::new(python).args(["-c", "import jwcrypto"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        left_out("jwcrypto is not in target/venv (pip install -r tests/clients/requirements.txt)");
        return None;
    }
    let mut child = Command::new(python)
        .args([script, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    child.stdin.take().expect("a pipe").write_all(asked.to_string().as_bytes()).expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the judge does not accept it: {asked}");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// The private and the public half of a key for an algorithm; for one that needs a curve, the curve of this number.
fn key_for(keys: &Value, alg: JweAlg, curve: usize) -> (Value, Value) {
    let key = if alg.key_type() == Some("RSA") { &keys[0] } else { &keys[1 + curve] };
    (key["private"].clone(), key["public"].clone())
}

fn secret_key(enc: JweEnc) -> Value {
    // Core §10.2: the secret's SHA-2, cut to the length that is needed.
    let hash = if enc.key_len() > 32 { &aws_lc_rs::digest::SHA512 } else { &aws_lc_rs::digest::SHA256 };
    let key = aws_lc_rs::digest::digest(hash, b"s3cret");
    json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(&key.as_ref()[..enc.key_len()]) })
}

fn web(jwks: &Value) -> Client {
    Client { jwks: Some(json!({ "keys": [jwks] })), ..Client::confidential("web", "s3cret").redirects_to(CALLBACK) }
}

/// Every algorithm with every content encryption, and every curve.
#[tokio::test]
async fn id_tokens_are_for_the_app_alone_and_signed_inside() {
    let Some(keys) = judge("keys", &json!(null)) else { return };
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    for alg in JweAlg::ALL {
        let curves = if alg.key_type() == Some("EC") { 3 } else { 1 };
        for (enc, curve) in JweEnc::ALL.into_iter().flat_map(|enc| (0..curves).map(move |curve| (enc, curve))) {
            let (private, public) = key_for(&keys, alg, curve);
            let web = Client {
                id_token_encrypted_response_alg: Some(alg),
                id_token_encrypted_response_enc: Some(enc),
                ..web(&public)
            };
            let idp = Emulator::builder().client(web).start().await;
            let tokens = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
            let key = if alg == JweAlg::Dir { secret_key(enc) } else { private };
            asked.push(json!({ "token": tokens.member("id_token"), "key": key }));
            expected.push((alg, enc, public["kid"].clone(), idp));
        }
    }
    let opened = judge("decrypt", &json!(asked)).expect("it was there a moment ago");
    for (opened, (alg, enc, kid, idp)) in opened.as_array().expect("a list").iter().zip(expected) {
        let header = &opened["header"];
        assert_eq!((header["alg"].as_str(), header["enc"].as_str()), (Some(alg.as_str()), Some(enc.as_str())));
        assert_eq!(header["cty"], "JWT", "what is inside is a token");
        let named = if alg == JweAlg::Dir { Value::Null } else { kid };
        assert_eq!(header["kid"], named, "R-IDT-7: the app knows by it which key to take");
        let inside = opened["text"].as_str().expect("text");
        let inside = idp.provider().settings().keys.open(inside, idp.now()).expect("it is signed");
        assert_eq!((inside.claim("sub"), inside.claim("nonce")), (Some("alice"), Some("the-nonce")));
    }
}

#[tokio::test]
async fn userinfo_is_encrypted_signed_or_not_and_so_is_what_comes_by_the_browser() {
    let Some(keys) = judge("keys", &json!(null)) else { return };
    let (private, public) = key_for(&keys, JweAlg::EcdhEs, 0);
    for signed in [true, false] {
        let web = Client {
            id_token_encrypted_response_alg: Some(JweAlg::EcdhEs),
            userinfo_signed_response_alg: signed.then_some(Alg::ES256.into()),
            userinfo_encrypted_response_alg: Some(JweAlg::EcdhEsA256Kw),
            userinfo_encrypted_response_enc: Some(JweEnc::A256Gcm),
            ..web(&public)
        };
        let idp = Emulator::builder().client(web).start().await;
        let back =
            sign_in(&idp, &Browser::new(), &[("response_type", "code id_token"), ("scope", "openid email")], "alice")
                .await;
        let front = back.returned("id_token").expect("an ID token");
        let tokens = redeem(&idp, &back.returned("code").expect("a code"), &[]).await;
        let request = http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(tokens.member("access_token"));
        let userinfo = Browser::new().send(request).await;
        assert_eq!(userinfo.header("content-type"), "application/jwt");
        let asked = json!([{ "token": userinfo.text, "key": private }, { "token": front, "key": private }]);
        let opened = judge("decrypt", &asked).expect("it was there a moment ago");
        let text = opened[0]["text"].as_str().expect("text");
        let told = if signed { claims(text) } else { serde_json::from_str(text).expect("JSON") };
        assert_eq!((told["sub"].as_str(), told["email"].as_str()), (Some("alice"), Some("alice@example.com")));
        assert_eq!(opened[0]["header"]["cty"].as_str(), signed.then_some("JWT"));
        let inside = claims(opened[1]["text"].as_str().expect("text"));
        assert!(inside["c_hash"].is_string(), "{inside}");
    }
}

/// RFC 9701.
#[tokio::test]
async fn introspection_answers_with_a_jwt_where_it_is_asked_for_one() {
    let Some(keys) = judge("keys", &json!(null)) else { return };
    let (private, public) = key_for(&keys, JweAlg::RsaOaep256, 0);
    for encrypted in [false, true] {
        let web = Client {
            introspection_signed_response_alg: Some(Alg::ES256),
            introspection_encrypted_response_alg: encrypted.then_some(JweAlg::RsaOaep256),
            ..web(&public)
        };
        let idp = Emulator::builder().client(web).start().await;
        let tokens = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
        let ask_about = |accept: &str| {
            let request = http().post(format!("{}/introspect", idp.issuer())).basic_auth("web", Some("s3cret"));
            request.header("accept", accept.to_owned())
        };
        let token = tokens.member("access_token");
        let form = [("token", token.as_str())];
        let plain = crate::harness::post(ask_about("application/json"), &form).await;
        assert_eq!(plain.json()["active"], true);
        let answer = crate::harness::post(ask_about("application/token-introspection+jwt"), &form).await;
        assert_eq!(answer.header("content-type"), "application/token-introspection+jwt");
        let jwt = if encrypted {
            let opened = judge("decrypt", &json!([{ "token": answer.text, "key": private }]));
            opened.expect("it was there a moment ago")[0]["text"].as_str().expect("text").to_owned()
        } else {
            answer.text
        };
        let opened = idp.provider().settings().keys.open(&jwt, idp.now()).expect("it is signed");
        assert_eq!(opened.header["typ"], "token-introspection+jwt");
        assert_eq!((opened.claim("iss"), opened.claim("aud")), (Some(idp.issuer().as_str()), Some("web")));
        assert_eq!(opened.claims["token_introspection"], plain.json());
    }
}

/// What an app encrypts for this provider, in every way that discovery lists.
#[tokio::test]
async fn request_objects_are_decrypted_and_then_verified() {
    let probe = Emulator::start().await;
    let published = Browser::new().get(&format!("{}/jwks", probe.issuer())).await.json();
    let for_encryption = |kty: &str| {
        let keys = published["keys"].as_array().expect("keys").iter();
        let key = keys.filter(|key| key["use"] == "enc").find(|key| key["kty"] == kty);
        let mut key = key.unwrap_or_else(|| panic!("no {kty}")).clone();
        // It serves others than the one that it names: where an app is registered for one of them, it has a name for that as well.
        key.as_object_mut().expect("a key").remove("alg");
        key
    };
    let own = Emulator::start().await;
    own.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a key of its own");
    let jwks = Browser::new().get(&format!("{}/jwks", own.issuer())).await.json();
    let web = Client { jwks: Some(jwks), ..Client::confidential("web", "s3cret").redirects_to(CALLBACK) };
    let idp = Emulator::builder().client(web).start().await;
    let sign = |state: &str, key: KeyChoice| {
        let said = json!({ "iss": "web", "aud": idp.issuer(), "client_id": "web", "response_type": "code", "redirect_uri": CALLBACK,
            "scope": "openid", "state": state });
        let draft = TokenDraft::new(serde_json::Map::new(), said.as_object().expect("claims").clone(), key);
        own.provider().settings().keys.sign(&draft)
    };
    let mut asked = Vec::new();
    for (alg, enc) in JweAlg::ALL.into_iter().flat_map(|alg| JweEnc::ALL.map(|enc| (alg, enc))) {
        let key = alg.key_type().map_or_else(|| secret_key(enc), for_encryption);
        let state = format!("{} {}", alg.as_str(), enc.as_str());
        let header = json!({ "alg": alg.as_str(), "enc": enc.as_str(), "cty": "JWT" });
        asked.push(json!({ "header": header, "key": key, "text": sign(&state, KeyChoice::Current(Alg::RS256)) }));
    }
    let Some(encrypted) = judge("encrypt", &json!(asked)) else { return };
    for (object, asked) in encrypted.as_array().expect("a list").iter().zip(&asked) {
        let page = Browser::new()
            .get(&ask(&idp.issuer(), &[("state", ""), ("request", object.as_str().expect("text"))]))
            .await;
        assert_eq!(page.status, 200, "{}: {}", asked["header"], page.words());
        let state = idp.journal().last().and_then(|entry| entry.state.clone()).expect("the state inside");
        let header = &asked["header"];
        assert_eq!(
            &*state,
            format!("{} {}", header["alg"].as_str().expect("text"), header["enc"].as_str().expect("text"))
        );
    }
    // One letter of it is another: nothing of it is believed.
    let whole = encrypted[0].as_str().expect("text");
    let at = whole.len() - 30;
    let other = if &whole[at..=at] == "A" { "B" } else { "A" };
    let altered = format!("{}{other}{}", &whole[..at], &whole[at + 1..]);
    let back = Browser::new().get(&ask(&idp.issuer(), &[("request", &altered)])).await;
    assert_eq!(back.returned("error").as_deref(), Some("invalid_request_object"));
    assert!(back.returned("error_description").is_some_and(|told| told.contains("cannot be decrypted")));
    refused_by(&idp, Check::RequestObjectValid);
}

#[tokio::test]
async fn an_app_that_is_registered_for_encrypted_request_objects_sends_no_others() {
    let web = Client {
        request_object_encryption_alg: Some(JweAlg::RsaOaep256),
        request_object_encryption_enc: Some(JweEnc::A256Gcm),
        ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).start().await;
    let said = json!({ "client_id": "web", "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&said));
    let published = Browser::new().get(&format!("{}/jwks", idp.issuer())).await.json();
    let keys = published["keys"].as_array().expect("keys");
    let named = keys.iter().find(|key| key["alg"] == "RSA-OAEP-256");
    let mut key = named.expect("the key has a name for what the app is registered for").clone();
    let kids = keys.iter().filter(|other| other["n"] == key["n"]).map(|key| key["kid"].to_string());
    assert_eq!(kids.collect::<std::collections::BTreeSet<_>>().len(), 2, "and another for the first");
    key.as_object_mut().expect("a key").remove("alg");
    let encrypt = |alg: &str, enc: &str| json!({ "header": { "alg": alg, "enc": enc }, "key": key, "text": unsigned });
    let ways = [encrypt("RSA-OAEP-256", "A256GCM"), encrypt("RSA-OAEP", "A256GCM"), encrypt("RSA-OAEP-256", "A128GCM")];
    let Some(sent) = judge("encrypt", &json!(ways)) else { return };
    let ask_with = |object: String| {
        let url = ask(&idp.issuer(), &[("request", &object)]);
        async move { Browser::new().get(&url).await }
    };
    assert_eq!(ask_with(sent[0].as_str().expect("text").to_owned()).await.status, 200);
    for (object, why) in [
        (sent[1].as_str(), "alg `RSA-OAEP`"),
        (sent[2].as_str(), "enc `A128GCM`"),
        (Some(unsigned.as_str()), "is not encrypted"),
    ] {
        let back: Answer = ask_with(object.expect("text").to_owned()).await;
        let told = back.returned("error_description").unwrap_or_default().replace('\'', "`");
        assert!(told.contains(why), "{told}");
    }
}

/// A key that cannot be had, or that does not fit, is told; and the code is not used up by it.
#[tokio::test]
async fn a_key_behind_jwks_uri_is_fetched_and_fetched_again_when_none_fits() {
    let Some(keys) = judge("keys", &json!(null)) else { return };
    let (private, public) = key_for(&keys, JweAlg::RsaOaep, 0);
    let shown = Arc::new(Mutex::new(json!({ "keys": [] })));
    let document = Arc::clone(&shown);
    let there =
        axum::Router::new().route("/jwks", get(move || async move { Json(document.lock().expect("a lock").clone()) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/jwks", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, there).await });
    let web = Client {
        jwks_uri: uri.parse().ok(),
        id_token_encrypted_response_alg: Some(JweAlg::RsaOaep),
        ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).start().await;
    let code = code(&idp, &[], "alice").await;
    let refused = redeem(&idp, &code, &[]).await;
    assert_eq!(refused.status, 400);
    assert!(refused.member("error_description").contains("none of its keys is for RSA-OAEP"), "{}", refused.text);
    refused_by(&idp, Check::ClientKeyForEncryption);
    *shown.lock().expect("a lock") = json!({ "keys": [public] });
    let tokens = redeem(&idp, &code, &[]).await;
    assert_eq!(tokens.status, 200, "the code is as good as before: {}", tokens.text);
    let opened = judge("decrypt", &json!([{ "token": tokens.member("id_token"), "key": private }]));
    let told = claims(opened.expect("it was there a moment ago")[0]["text"].as_str().expect("text"));
    assert_eq!(told["sub"], "alice");
}

#[test]
fn what_cannot_be_encrypted_cannot_be_registered() {
    let rsa = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
    for (client, why) in [
        (json!({ "id": "web", "id_token_encrypted_response_alg": "RSA-OAEP" }), "none of its keys is for that"),
        (
            json!({ "id": "web", "id_token_encrypted_response_alg": "ECDH-ES", "jwks": { "keys": [rsa] } }),
            "none of its keys is for that",
        ),
        (json!({ "id": "web", "userinfo_encrypted_response_alg": "dir" }), "keyed by the client's secret"),
        (
            json!({ "id": "web", "userinfo_encrypted_response_enc": "A256GCM" }),
            "has no `userinfo_encrypted_response_alg`",
        ),
    ] {
        let config: standin::Config = serde_json::from_value(json!({ "client": [client] })).expect("a configuration");
        let told = config.check("the test").expect_err("a mistake").to_string();
        assert!(told.contains(why), "{told}");
    }
}

/// A lie about a token is inside: whoever decrypts meets it.
#[tokio::test]
async fn a_lie_is_told_inside() {
    let Some(keys) = judge("keys", &json!(null)) else { return };
    let (private, public) = key_for(&keys, JweAlg::RsaOaep, 0);
    let web = Client { id_token_encrypted_response_alg: Some(JweAlg::RsaOaep), ..web(&public) };
    let idp = Emulator::builder().client(web).start().await;
    idp.fault(Fault::wrong_nonce());
    let tokens = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
    let opened = judge("decrypt", &json!([{ "token": tokens.member("id_token"), "key": private }]));
    let inside = opened.expect("it was there a moment ago")[0]["text"].as_str().expect("text").to_owned();
    let inside = Opened::read(&inside).expect("a token");
    assert_ne!(inside.claim("nonce"), Some("the-nonce"));
}

//! Clock, journal, expectations, reset, snapshots, keys, sessions, tokens, and an app that is signed in to.

use std::time::Duration;

use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use standin::realm::{Expectation, Where};
use standin::{Check, Emulator, Event, Fault, Login, SignIn, UnixTime};

use crate::harness::{
    Browser, CALLBACK, Control, as_anyone, as_web, ask, authorize_url, code, get, http, redeem, redeem_at, refused_by,
    registered, send, sign_in, tokens, userinfo,
};

#[tokio::test]
async fn codes_tokens_and_sessions_follow_the_realms_clock() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let frozen = control.call("PUT", "/clock", Some(json!({ "mode": "frozen", "at": 1_800_000_000 }))).await.json();
    assert_eq!((&frozen["now"], &frozen["mode"]), (&json!(1_800_000_000), &json!("frozen")));
    let late = code(&idp, &[], "alice").await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "bob").await;
    let access = tokens(&idp, &[("scope", "openid offline_access")], "alice").await.member("access_token");
    let forecast = control.get("/clock/forecast").await;
    let what: Vec<&str> =
        forecast.as_array().expect("a list").iter().filter_map(|expiry| expiry["what"].as_str()).collect();
    assert_eq!(what.first(), Some(&"code"), "{forecast}");
    assert!(["access_token", "refresh_token", "session"].iter().all(|kind| what.contains(kind)), "{what:?}");
    assert!(!forecast.to_string().contains(&late), "no secret is told");

    control.post("/clock/advance", json!({ "by": "2m" })).await;
    assert_eq!(redeem(&idp, &late, &[]).await.status, 400);
    refused_by(&idp, Check::CodeFresh);
    assert_eq!(userinfo(&idp, &access).await.status, 200);
    control.post("/clock/advance", json!({ "by": "1h" })).await;
    assert_eq!(userinfo(&idp, &access).await.status, 401);
    refused_by(&idp, Check::TokenFresh);
    assert!(browser.get(&authorize_url(&idp, &[("prompt", "none")])).await.returned("code").is_some());
    control.post("/clock/advance", json!({ "by": "1d" })).await;
    let answer = browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
    assert_eq!(answer.returned("error").as_deref(), Some("login_required"));

    let running = control.call("PUT", "/clock", Some(json!({ "mode": "running", "at": 1_700_000_000 }))).await.json();
    assert!(running["now"].as_i64().expect("a time") >= 1_700_000_000 && running["mode"] == "running");
    let real = control.call("PUT", "/clock", Some(json!({ "mode": "real" }))).await.json();
    assert_eq!((&real["mode"], &real["offset"]), (&json!("real"), &json!(0)));
}

#[tokio::test]
async fn the_journal_threads_a_sign_in_from_the_first_redirect_to_the_last_token() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let tokens = tokens(&idp, &[("scope", "openid offline_access"), ("state", "mine")], "alice").await;
    userinfo(&idp, &tokens.member("access_token")).await;
    as_web(&idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", &tokens.member("refresh_token"))])
        .await;
    code(&idp, &[("state", "other")], "bob").await;
    get(&format!("{}/jwks", idp.issuer())).await;

    let flows = control.get("/flows?state=mine").await;
    assert_eq!(flows.as_array().expect("a list").len(), 1);
    assert_eq!(flows[0]["user"], "alice");
    let events: Vec<&str> = flows[0]["events"].as_array().expect("events").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        events,
        ["sign_in_asked", "signed_in", "code_issued", "code_redeemed", "userinfo_read", "token_refreshed"]
    );
    let id = flows[0]["id"].as_u64().expect("a number");
    let flow = control.get(&format!("/flows/{id}")).await;
    let redeemed = &flow["messages"][2];
    assert_eq!(redeemed["endpoint"], "token_endpoint");
    assert!(redeemed["request"]["body"].as_str().expect("a body").contains("grant_type=authorization_code"));
    let names: Vec<&Value> =
        redeemed["request"]["headers"].as_array().expect("headers").iter().map(|pair| &pair[0]).collect();
    assert!(names.contains(&&json!("authorization")), "the control API sees secrets");
    assert!(redeemed["response"]["body"].as_str().expect("a body").contains("id_token"));
    assert_eq!(redeemed["response"]["line"], "HTTP/1.1 200 OK");
    let checks: Vec<&str> =
        redeemed["checks"].as_array().expect("checks").iter().filter_map(|check| check["name"].as_str()).collect();
    assert!(checks.contains(&"CodeUnused"), "{checks:?}");
    let page = &flow["messages"][1]["response"];
    assert!(page["headers"].to_string().contains("set-cookie"), "headers that layers add are there: {page}");

    let only = control.get("/events?event=code_redeemed&client=web").await;
    assert_eq!(only.as_array().expect("a list").len(), 1);
    assert!(only[0].get("request").is_none(), "bytes come only when they are asked for");
    let (status, field, _) = control.problem("GET", "/events?event=code_redeamed", Value::Null).await;
    assert_eq!((status, field.as_str()), (422, "event"));
    assert_eq!(control.call("GET", "/flows/9999", None).await.status, 404);
}

#[tokio::test]
async fn bodies_in_the_journal_are_bounded() {
    let idp = registered().start().await;
    let long = "x".repeat(100_000);
    as_web(&idp, "/token", &[("grant_type", &long)]).await;
    let last = idp.journal().last().cloned().expect("an entry");
    let request = &last.wire.as_ref().expect("bytes").request;
    assert!(request.body.len() == 32 * 1024 && request.length > 100_000);
}

#[tokio::test]
async fn a_flow_is_exported_for_other_tools() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    code(&idp, &[("state", "it's mine")], "alice").await;
    let har = control.get("/flows/1/export?as=har").await;
    let entry = &har["log"]["entries"][0];
    assert_eq!((&har["log"]["version"], &entry["request"]["method"]), (&json!("1.2"), &json!("GET")));
    assert!(entry["startedDateTime"].as_str().expect("a time").contains(".000Z"));
    assert!(entry["request"]["queryString"].to_string().contains("client_id"));
    let mermaid = control.call("GET", "/flows/1/export?as=mermaid", None).await;
    assert!(mermaid.text.starts_with("sequenceDiagram\n"), "{}", mermaid.text);
    assert!(
        mermaid.text.contains("B->>P: GET authorization_endpoint") && mermaid.text.contains("code_issued"),
        "{}",
        mermaid.text
    );
    let script = control.call("GET", "/flows/1/export?as=curl", None).await.text;
    let checked = std::process::Command::new("sh").args(["-n", "-c", &script]).output().expect("a shell");
    assert!(checked.status.success(), "{script}");
    assert!(script.contains("curl -sS -i -X 'POST'"), "{script}");
    let (status, field, _) = control.problem("GET", "/flows/1/export?as=pdf", Value::Null).await;
    assert_eq!((status, field.as_str()), (422, "as"));
}

#[tokio::test]
async fn events_are_followed_as_they_come() {
    let idp = registered().start().await;
    get(&format!("{}/jwks", idp.issuer())).await;
    let url = format!("{}/_control/v1/events", idp.issuer());
    let mut stream = http().get(&url).header("accept", "text/event-stream").send().await.expect("a stream");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    while !text.contains("\"jwks_uri\"") {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.expect("bytes").expect("more")));
    }
    code(&idp, &[], "alice").await;
    while !text.contains("code_issued") {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.expect("bytes").expect("more")));
    }
    assert!(text.contains("id: 1\n") && text.contains("event: exchange\n"), "{text}");
    let resumed = http().get(&url).header("accept", "text/event-stream").header("last-event-id", "2").send().await;
    let first = resumed.expect("a stream").chunk().await.expect("bytes").expect("more");
    assert!(String::from_utf8_lossy(&first).contains("id: 3\n"), "whoever comes back goes on where they were");
}

#[tokio::test]
async fn an_expectation_waits_and_explains_what_came_instead() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let waiting = async {
        control
            .post("/expect", json!({ "event": "code_redeemed", "where": { "client": "web" }, "within": "20s" }))
            .await
    };
    let (met, _) = tokio::join!(waiting, tokens(&idp, &[], "alice"));
    assert_eq!(met["count"], 1);

    let answer = control
        .call("POST", "/expect", Some(json!({ "event": "code_redeemed", "where": { "client": "spa", "user": "bob" } })))
        .await;
    assert_eq!(answer.status, 422);
    let near = answer.json()["near_misses"].to_string();
    assert!(near.contains("client was web, not spa") && near.contains("user was alice, not bob"), "{near}");
    let too_often = control.call("POST", "/expect", Some(json!({ "event": "code_redeemed", "count": 2 }))).await;
    assert!(too_often.member("detail").contains("twice, but it came once"), "{}", too_often.text);
    let never = control.post("/expect", json!({ "event": "signed_out", "count": 0 })).await;
    assert_eq!(never["count"], 0);

    redeem(&idp, "no-code", &[]).await;
    let instead = idp.expect(&Expectation::of(Event::TokenRefreshed).at("web")).await.expect_err("nobody refreshed");
    assert!(instead.to_string().contains("refused came instead") && instead.to_string().contains("code"), "{instead}");
    let wanted = Where { check: Some("CodeKnown".into()), ..Where::default() };
    idp.expect(&Expectation::of(Event::Refused).when(wanted)).await.expect("it was refused by this check");
    let (status, field, detail) = control.problem("POST", "/expect", json!({ "event": "code_redeemt" })).await;
    assert!(status == 422 && field == "event" && detail.contains("code_redeemed"), "{detail}");
}

#[tokio::test]
async fn a_reset_restores_the_seed_completely() {
    let idp = registered().seed(3).start().await;
    let control = Control::of(&idp);
    let before = (control.get("/users").await, control.get("/clients").await, control.get("/keys").await);
    let first = code(&idp, &[], "alice").await;
    control.post("/users", json!({ "sub": "zoe" })).await;
    control.delete("/clients/spa").await;
    control.post("/faults", json!({ "name": "net.5xx", "match": { "endpoint": "userinfo" } })).await;
    control.post("/next-logins", json!({ "as": "zoe" })).await;
    control.post("/clock/advance", json!({ "by": "1d" })).await;
    control.post("/keys/rotate", json!({ "alg": "ES256" })).await;
    let browser = Browser::new();
    control.post("/reset", json!({})).await;
    assert_eq!(before, (control.get("/users").await, control.get("/clients").await, control.get("/keys").await));
    for list in ["/faults", "/next-logins", "/flows", "/events", "/sessions", "/clock/forecast"] {
        assert_eq!(control.get(list).await, json!([]), "{list}");
    }
    assert_eq!(control.get("/clock").await["mode"], "real");
    assert_eq!(code(&idp, &[], "alice").await, first, "even chance begins anew");
    drop(browser);
    control.post("/users", json!({ "sub": "zoe" })).await;
    control.post("/reset", json!({ "keep": ["users"] })).await;
    assert!(control.get("/users").await.to_string().contains("zoe"));
}

#[tokio::test]
async fn a_snapshot_restores_the_same_answers() {
    let idp = registered().seed(3).start().await;
    let control = Control::of(&idp);
    idp.freeze(UnixTime(1_800_000_000));
    control.post("/users", json!({ "sub": "zoe", "name": "Zoe" })).await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "zoe").await;
    let refresh = tokens(&idp, &[("scope", "openid offline_access")], "alice").await.member("refresh_token");
    let snapshot = control.post("/snapshots", json!({ "name": "before" })).await;
    assert!(!snapshot.to_string().contains("PRIVATE"), "no private key is in it");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let first = as_web(&idp, "/token", &form).await;
    assert_eq!(first.status, 200);
    control.post("/faults", json!({ "name": "net.5xx", "match": { "endpoint": "jwks" }, "times": 3 })).await;
    let with_rule = control.post("/snapshots", json!({ "name": "with-rule" })).await;
    assert_eq!(with_rule["rules"][0]["fault"]["times"], 3);
    idp.advance(Duration::from_hours(48));
    control.post("/reset", json!({})).await;
    control.post("/snapshots/with-rule/restore", json!({})).await;
    assert_eq!(control.get("/faults").await[0]["left"], 3, "what a test turned on is on again");

    control.post("/snapshots/before/restore", json!({})).await;
    assert_eq!(idp.now(), UnixTime(1_800_000_000));
    assert!(
        browser.get(&authorize_url(&idp, &[("prompt", "none")])).await.returned("code").is_some(),
        "zoe is still signed in"
    );
    control.post("/snapshots/before/restore", json!({})).await;
    assert_eq!(as_web(&idp, "/token", &form).await.text, first.text, "the same request, the same bytes");

    let mut foreign = snapshot.clone();
    foreign["issuer"] = "http://elsewhere.example".into();
    assert_eq!(control.call("PUT", "/snapshots/foreign", Some(foreign)).await.status, 200);
    let (status, field, _) = control.problem("POST", "/snapshots/foreign/restore", json!({})).await;
    assert_eq!((status, field.as_str()), (409, "issuer"));
    let mut keyless = snapshot;
    keyless["keys"][0]["kid"] = "a-key-of-yesterday".into();
    control.call("PUT", "/snapshots/keyless", Some(keyless)).await;
    let (status, field, detail) = control.problem("POST", "/snapshots/keyless/restore", json!({})).await;
    assert!(status == 409 && field == "keys" && detail.contains("a-key-of-yesterday"), "{detail}");
    assert_eq!(control.call("GET", "/snapshots/none", None).await.status, 404);
}

#[tokio::test]
async fn keys_are_announced_rotated_and_revoked() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let kid = |token: &str| crate::harness::header(token)["kid"].as_str().expect("a kid").to_owned();
    let published = || async {
        let keys = get(&format!("{}/jwks", idp.issuer())).await.json();
        keys["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .map(|key| key["kid"].as_str().expect("a kid").to_owned())
            .collect::<Vec<_>>()
    };
    control.call("PATCH", "/clients/web", Some(json!({ "id_token_signed_response_alg": "ES256" }))).await;
    let old = kid(&tokens(&idp, &[], "alice").await.member("id_token"));
    let keys = control.post("/keys/rotate", json!({ "alg": "ES256", "announce": true })).await;
    let announced = keys.as_array().expect("keys").iter().find(|key| key["state"] == "announced").expect("one").clone();
    let announced = announced["kid"].as_str().expect("a kid").to_owned();
    assert!(published().await.contains(&announced), "published before it signs");
    assert_eq!(kid(&tokens(&idp, &[], "alice").await.member("id_token")), old);
    control.post("/keys/rotate", json!({ "alg": "ES256", "grace": "0" })).await;
    assert_eq!(kid(&tokens(&idp, &[], "alice").await.member("id_token")), announced);
    assert!(!published().await.contains(&old), "without grace it is gone at once");
    control.delete(&format!("/keys/{announced}")).await;
    let successor = kid(&tokens(&idp, &[], "alice").await.member("id_token"));
    assert!(successor != announced && !published().await.contains(&announced));
    let (status, field, _) = control.problem("POST", "/keys/rotate", json!({ "alg": "HS256" })).await;
    assert_eq!((status, field.as_str()), (422, "alg"));
    assert_eq!(control.call("DELETE", "/keys/none", None).await.status, 404);
}

#[tokio::test]
async fn an_app_is_signed_in_to_as_a_browser_would() {
    let idp = standin::Emulator::start().await;
    let app = standin::demo::App::bind(0).expect("an app");
    let home = app.url().trim_end_matches('/').to_owned();
    let _running = app.start(&idp.issuer()).expect("it runs");
    let landed = idp.sign_in(SignIn::at(&home).pressing("Sign in").by("alice")).await.expect("signed in");
    assert_eq!(landed.status, 200);
    assert!(landed.body.contains("Alice Adams"), "{}", landed.body);
    assert!(landed.returned("code").is_some() && landed.callback.is_some());
    assert!(landed.cookies_for(&landed.url).is_some(), "the app's session is there to be used");
    let declined = idp.sign_in(SignIn::at(&home).pressing("Sign in").declining("access_denied")).await.expect("an end");
    assert_eq!(declined.returned("error").as_deref(), Some("access_denied"));
    idp.expect(&Expectation::of(Event::UserinfoRead).by("alice")).await.expect("the app asked who she is");
    let nobody = idp.sign_in(SignIn::at("http://127.0.0.1:9/")).await.expect_err("nobody is there");
    assert!(nobody.to_string().contains("does not answer"), "{nobody}");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    code(&idp, &[], "alice").await;
    code(&idp, &[], "bob").await;
    let sessions = control.get("/sessions").await;
    assert_eq!(sessions.as_array().expect("sessions").len(), 3);
    assert_eq!((&sessions[0]["clients"], &sessions[0]["amr"]), (&json!(["web"]), &json!(["user"])));
    assert_eq!(control.post("/logouts", json!({ "user": "alice" })).await["sessions"], 2);
    let left = control.get("/sessions").await;
    assert_eq!(left.as_array().expect("sessions").len(), 1);
    assert_eq!(browser.get(&authorize_url(&idp, &[])).await.status, 200, "the page is shown again");
    control.delete(&format!("/sessions/{}", left[0]["sid"].as_str().expect("a sid"))).await;
    assert_eq!(control.get("/sessions").await, json!([]));
    assert_eq!(control.call("DELETE", "/sessions/none", None).await.status, 404);
}

#[tokio::test]
async fn tokens_are_made_read_and_revoked() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let minted = control.post("/tokens", json!({ "as": "alice", "client": "web", "scope": "openid email" })).await;
    let token = minted["token"].as_str().expect("a token");
    assert_eq!(userinfo(&idp, token).await.member("email"), "alice@example.com");
    let decoded = control.post("/tokens/decode", json!({ "token": token })).await;
    assert_eq!((&decoded["verified"], &decoded["claims"]["sub"]), (&json!(true), &json!("alice")));
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    assert_eq!(control.post("/tokens/decode", json!({ "token": forged })).await["verified"], false);
    let (status, field, _) = control.problem("POST", "/tokens/decode", json!({ "token": "x" })).await;
    assert_eq!((status, field.as_str()), (422, "token"));
    assert_eq!(control.post("/tokens/revoke", json!({ "token": token })).await["revoked"], "access_token");
    assert_eq!(userinfo(&idp, token).await.status, 401);
    let got = tokens(&idp, &[("scope", "openid offline_access")], "alice").await;
    let refresh = got.member("refresh_token");
    assert_eq!(control.post("/tokens/revoke", json!({ "token": refresh })).await["revoked"], "refresh_token");
    assert_eq!(userinfo(&idp, &got.member("access_token")).await.status, 401, "the whole family ends");
    assert_eq!(control.post("/tokens/revoke", json!({ "token": "nobody" })).await["revoked"], Value::Null);
}

#[tokio::test]
async fn a_realm_of_another_name_has_chances_of_its_own() {
    let run = || async {
        let idp = registered().seed(3).start().await;
        let realm = idp.realm("one");
        idp.next_login(Login::by("alice"));
        realm.next_login(Login::by("alice"));
        let code = |answer: crate::harness::Answer| answer.returned("code").expect("a code");
        let root = code(Browser::new().get(&ask(&idp.issuer(), &[])).await);
        let one = code(Browser::new().get(&ask(&realm.issuer(), &[])).await);
        assert_eq!(redeem_at(&realm.issuer(), &one).await.status, 200);
        (root, one)
    };
    let (first, again) = (run().await, run().await);
    assert_eq!(first, again);
    assert_ne!(first.0, first.1);
}

#[tokio::test]
async fn a_page_of_ours_may_stand_between_sign_in_and_app() {
    let idp = registered().start().await;
    idp.fault(Fault::named("user.terms"));
    let answer = sign_in(&idp, &Browser::new(), &[], "alice").await;
    assert!(answer.words().contains("Our terms have changed"), "{}", answer.words());
    assert_eq!(answer.elements(&format!("a[href^='{CALLBACK}?code=']")), 1);
    let answer = sign_in(&idp, &Browser::new(), &[("response_mode", "form_post")], "alice").await;
    assert_eq!(answer.elements(&format!("form[action='{CALLBACK}'] input[name='code']")), 1);
    let _ = send(http().get(format!("{}/jwks", idp.issuer()))).await;
}

#[tokio::test]
async fn a_header_that_is_no_text_is_shown_as_far_as_it_is_text() {
    let idp = registered().start().await;
    let odd = HeaderValue::from_bytes(b"\xff odd").expect("bytes that HTTP allows");
    assert_eq!(send(http().get(format!("{}/jwks", idp.issuer())).header("x-odd", odd)).await.status, 200);
    let events = Control::of(&idp).get("/events?bytes=true").await;
    let headers = events[0]["request"]["headers"].as_array().expect("headers");
    assert!(headers.contains(&json!(["x-odd", "\u{fffd} odd"])), "{headers:?}");
}

#[tokio::test]
async fn a_snapshot_brings_rules_back_as_old_as_they_were() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    idp.freeze(UnixTime(1_800_000_000));
    let rule = control.post("/faults", json!({ "name": "idt.nonce.wrong", "ttl": "1h", "times": 5 })).await;
    idp.advance(Duration::from_secs(1_799));
    let kept = control.post("/snapshots", json!({ "name": "before" })).await;
    assert!(kept.to_string().contains("idt.nonce.wrong"), "{kept}");
    control.call("POST", "/reset", None).await;
    assert_eq!(control.get("/faults").await, json!([]));
    let restored = control.call("POST", "/snapshots/before/restore", None).await;
    assert!(restored.status < 300, "{} {}", restored.status, restored.text);
    let again = control.get("/faults").await;
    assert_eq!((&again[0]["id"], &again[0]["until"]), (&rule["id"], &rule["until"]), "{again}");
}

#[tokio::test]
async fn whoever_follows_goes_on_after_a_reset() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for _ in 0..3 {
        redeem(&idp, "no-code", &[]).await;
    }
    control.call("POST", "/reset", None).await;
    redeem(&idp, "no-code", &[]).await;
    let behind = control.get("/events?after=3").await;
    assert_eq!(behind.as_array().map(Vec::len), Some(1), "numbers are not given again: {behind}");
}

#[tokio::test]
async fn a_request_that_is_asked_again_is_in_the_journal() {
    let idp = registered().start().await;
    for path in ["/authorize", "/logout"] {
        let before = idp.provider().journal().count();
        let answer = as_anyone(&idp, path, &[("client_id", "web")]).await;
        assert_eq!(answer.status, 303);
        assert_eq!(idp.provider().journal().count(), before + 1, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_somebody_made_up_is_as_good_as_any() {
    let idp = registered().start().await;
    let wish =
        json!({ "as": "ghost", "client": "web", "scope": "openid email", "claims": { "email": "ghost@example.com" } });
    let token = Control::of(&idp).post("/tokens", wish).await["token"].as_str().expect("a token").to_owned();
    let told = userinfo(&idp, &token).await;
    assert_eq!((told.status, told.member("sub").as_str()), (200, "ghost"), "{}", told.text);
}

#[tokio::test]
async fn an_exact_number_is_not_met_by_one_more() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let wish = json!({ "event": "code_redeemed", "count": 1, "within": "3s" });
    let redeemed = async {
        tokens(&idp, &[], "alice").await;
        tokens(&idp, &[], "bob").await;
    };
    let (answer, ()) = tokio::join!(control.call("POST", "/expect", Some(wish)), redeemed);
    assert!(answer.status == 422 && answer.member("detail").contains("twice"), "{}", answer.text);
}

#[tokio::test]
async fn a_request_of_before_writes_nothing_into_a_restored_realm() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.post("/snapshots", json!({ "name": "before" })).await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    // A second sign-in within the second waits for the next one, since `auth_time` has whole seconds.
    let again = sign_in(&idp, &browser, &[("prompt", "login")], "alice");
    let restored = async {
        while idp.provider().journal().count() < 3 {
            tokio::task::yield_now().await;
        }
        control.call("POST", "/snapshots/before/restore", None).await
    };
    let (_, restored) = tokio::join!(again, restored);
    assert!(restored.status < 300, "{}", restored.text);
    assert_eq!(control.get("/sessions").await, json!([]), "nobody was signed in then");
}

#[tokio::test]
async fn whoever_goes_away_before_a_late_answer_is_in_the_journal_all_the_same() {
    let idp = Emulator::start().await;
    idp.fault(Fault::slow(Duration::from_mins(10)));
    let url = format!("{}/.well-known/openid-configuration", idp.issuer());
    let impatient = http().get(url).timeout(Duration::from_millis(50)).send().await;
    assert!(impatient.is_err(), "the answer would come in ten minutes");
    let asked = Expectation::of(Event::DiscoveryRead).within(Duration::from_secs(10));
    idp.expect(&asked).await.expect("the exchange is known");
    let entry = idp.journal().pop().expect("an exchange");
    assert_eq!(entry.trace.remarks, ["the caller went away before it was answered"]);
    assert!(entry.wire.is_none(), "nothing of an answer was written");
}

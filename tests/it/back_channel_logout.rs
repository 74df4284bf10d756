//! Back-channel logout, PROTOCOL row R-LO-8: each app that took part in a sign-in is told that it is over, whoever ended it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use standin::faults::FAULTS;
use standin::tokens::{Opened, verify_with_jwk};
use standin::{Client, Emulator, Fault, FaultOptions, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Answer, Browser, Control, authorize_url, redeem, registered, sign_in};

/// An app's end of the back channel: keeps what came, and answers the next of `statuses`, the last one for good.
struct Listening {
    url: String,
    came: Arc<Mutex<Vec<String>>>,
    /// The same as it came, read by read.
    pieces: Arc<Mutex<Vec<String>>>,
}

impl Listening {
    async fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/backchannel-logout", listener.local_addr().expect("an address"));
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let pieces: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, kept_pieces) = (Arc::clone(&came), Arc::clone(&pieces));
        tokio::spawn(async move {
            for at in 0.. {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                let request = read(&mut stream, &kept_pieces).await;
                kept.lock().expect("kept").push(request);
                let status = statuses[at.min(statuses.len() - 1)];
                let answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.expect("an answer");
            }
        });
        Self { url, came, pieces }
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().expect("kept").clone()
    }

    fn token(&self) -> String {
        token_in(self.came().last().expect("a message"))
    }
}

fn token_in(message: &str) -> String {
    let (_, body) = message.split_once("\r\n\r\n").expect("a body");
    let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!(fields.len(), 1, "a form of logout_token and nothing else: {body}");
    let (name, token) = fields.remove(0);
    assert_eq!(name, "logout_token");
    token
}

async fn read(stream: &mut tokio::net::TcpStream, pieces: &Mutex<Vec<String>>) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut piece).await.expect("a request");
        let piece = String::from_utf8_lossy(&piece[..length]);
        pieces.lock().expect("kept").push(piece.to_string());
        text += &piece;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

async fn provider(app: &Listening) -> Emulator {
    let uri: url::Url = app.url.parse().expect("a URL");
    registered()
        .with(|config| {
            config.client.iter_mut().filter(|client| client.id == "web").for_each(|client: &mut Client| {
                client.backchannel_logout_uri = Some(uri.clone());
            });
        })
        .start()
        .await
}

async fn signed_in(idp: &Emulator, user: &str) -> (Browser, Answer) {
    let browser = Browser::new();
    let code = sign_in(idp, &browser, &[], user).await.returned("code").expect("a code");
    let tokens = redeem(idp, &code, &[]).await;
    (browser, tokens)
}

fn events(idp: &Emulator) -> Vec<String> {
    idp.flows().iter().flat_map(|flow| flow.events.iter().map(|event| event.as_str().to_owned())).collect()
}

#[tokio::test]
async fn an_app_is_told_before_the_browser_is_back_and_can_verify_it() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    let (browser, tokens) = signed_in(&idp, "alice").await;
    let id_token = tokens.member("id_token");
    browser.get(&format!("{}/logout?id_token_hint={id_token}", idp.issuer())).await;

    let token = app.token();
    let jwks = Browser::new().get(&format!("{}/jwks", idp.issuer())).await.json();
    let opened = verify_with_jwk(&token, &jwks).expect("signed by a published key");
    let before = verify_with_jwk(&id_token, &jwks).expect("an ID token");
    assert_eq!(opened.header["typ"], "logout+jwt");
    for name in ["iss", "aud", "sub", "sid"] {
        assert_eq!(opened.claims[name], before.claims[name], "{name} is the ID token's");
    }
    assert_eq!(opened.claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(opened.claims["exp"].as_i64() > opened.claims["iat"].as_i64() && opened.claim("jti").is_some());
    assert!(!opened.claims.contains_key("nonce"), "it cannot be taken for an ID token");
    assert!(events(&idp).contains(&"logout_delivered".to_owned()), "and the flow shows it: {:?}", events(&idp));
    let discovery = Browser::new().get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    assert_eq!(discovery["backchannel_logout_supported"], true);
    assert_eq!(discovery["backchannel_logout_session_supported"], true);
}

#[tokio::test]
async fn it_is_the_same_whoever_ends_the_sign_in() {
    let app = Listening::answering(&[204]).await;
    let idp = provider(&app).await;
    // A test does.
    signed_in(&idp, "alice").await;
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    assert_eq!(app.came().len(), 1);
    // Somebody else does, who signs in with the same browser.
    let (browser, _) = signed_in(&idp, "alice").await;
    let page = browser.get(&authorize_url(&idp, &[("prompt", "select_account")])).await;
    let form = [("interaction", page.field("interaction")), ("sub", "bob".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    assert_eq!(app.came().len(), 2);
    // The person does, on the page that asks.
    let page = browser.get(&format!("{}/logout", idp.issuer())).await;
    let form = [("interaction", page.field("interaction")), ("decision", "sign-out".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&format!("{}/sign-out", idp.issuer()), &form).await;
    assert_eq!(app.came().len(), 3);
}

#[tokio::test]
async fn only_apps_that_took_part_are_told_and_nobody_twice() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    let (browser, tokens) = signed_in(&idp, "alice").await;
    browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
    let url = format!("{}/logout?id_token_hint={}", idp.issuer(), tokens.member("id_token"));
    browser.get(&url).await;
    browser.get(&url).await;
    assert_eq!(app.came().len(), 1);
}

#[tokio::test]
async fn an_app_that_fails_in_passing_is_told_once_more_and_one_that_refuses_is_not() {
    let stumbling = Listening::answering(&[503, 200]).await;
    let idp = provider(&stumbling).await;
    signed_in(&idp, "alice").await;
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    assert_eq!(stumbling.came().len(), 2);
    assert!(events(&idp).contains(&"logout_delivered".to_owned()));

    let refusing = Listening::answering(&[400]).await;
    let idp = provider(&refusing).await;
    signed_in(&idp, "alice").await;
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    assert_eq!(refusing.came().len(), 1);
    let journal = idp.journal();
    let told = journal.iter().find(|entry| entry.events.iter().any(|event| event.as_str() == "logout_failed"));
    let told = told.expect("the refusal is in the journal");
    assert!(
        told.trace.remarks[0].contains("was not told that the sign-in is over: it answered 400"),
        "{:?}",
        told.trace.remarks
    );
    assert_eq!(told.status, 400);
    assert!(told.wire.as_ref().expect("bytes").response.head_text().starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn an_app_that_is_not_there_holds_nobody_up() {
    let gone =
        Listening { url: "http://127.0.0.1:9/backchannel-logout".into(), came: Arc::default(), pieces: Arc::default() };
    let idp = provider(&gone).await;
    let (browser, tokens) = signed_in(&idp, "alice").await;
    let answer = browser.get(&format!("{}/logout?id_token_hint={}", idp.issuer(), tokens.member("id_token"))).await;
    assert_eq!(answer.status, 200);
    assert!(events(&idp).contains(&"logout_failed".to_owned()));
}

#[tokio::test]
async fn whoever_was_locked_since_is_signed_out_like_anybody_and_the_apps_are_told() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    signed_in(&idp, "alice").await;
    let control = Control::of(&idp);
    control.call("PATCH", "/users/alice", Some(json!({ "locked": true }))).await;
    assert_eq!(control.post("/logouts", json!({ "user": "alice" })).await["sessions"], 1);
    assert_eq!(app.came().len(), 1);
}

/// What an app sees of a message beside an honest one: the names that the catalogue uses.
fn differing(honest: &str, lying: &str, jwks: &Value) -> BTreeSet<String> {
    let read = |token: &str| Opened::read(token).expect("a JWT");
    let (one, other) = (read(honest), read(lying));
    let mut names = BTreeSet::new();
    for (part, one, other) in [("header.", &one.header, &other.header), ("", &one.claims, &other.claims)] {
        for name in one.keys().chain(other.keys()).filter(|name| *name != "kid" && one.get(*name) != other.get(*name)) {
            names.insert(format!("logout_token.{part}{name}"));
        }
    }
    if names.is_empty() && verify_with_jwk(lying, jwks).is_err() {
        names.insert("logout_token.signature".to_owned());
    }
    names
}

/// The messages of one sign-out at a provider whose clock stands still and whose chance repeats itself.
async fn told(lie: Option<&str>) -> (Vec<String>, Value) {
    let app = Listening::answering(&[200]).await;
    let uri: url::Url = app.url.parse().expect("a URL");
    let idp = registered()
        .seed(7)
        .with(|config| {
            config.public_url = Some("http://idp.localhost:7760".into());
            config.client.iter_mut().for_each(|client: &mut Client| client.backchannel_logout_uri = Some(uri.clone()));
        })
        .start()
        .await;
    idp.freeze(UnixTime(1_900_000_000));
    if let Some(lie) = lie {
        let delay = ["lo.back.late", "lo.back.slow"].contains(&lie).then(|| "1s".parse().expect("a time"));
        idp.fault(Fault::named(lie).with(FaultOptions { delay, ..FaultOptions::default() }));
    }
    let browser = Browser::new();
    let base = format!("http://localhost:{}", idp.address().port());
    let page = browser.get(&crate::harness::ask(&base, &[])).await;
    browser.post(&format!("{base}/sign-in"), &[("interaction", &page.field("interaction")), ("sub", "alice")]).await;
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    if lie == Some("lo.back.late") {
        let late =
            Control::of(&idp).call("POST", "/expect", Some(json!({"event": "logout_delivered", "within": "5s"}))).await;
        assert_eq!(late.status, 200, "{}", late.text);
    }
    let jwks = Browser::new().get(&format!("{base}/jwks")).await.json();
    if let Some(lie) = lie {
        assert!(
            idp.journal().iter().any(|entry| entry.applied.iter().any(|by| by.by == lie)),
            "{lie} is in the journal"
        );
    }
    (app.came().iter().map(|came| token_in(came)).collect(), jwks)
}

#[tokio::test]
async fn each_lie_of_the_back_channel_alters_what_it_says() {
    let (honest, _) = told(None).await;
    let (again, _) = told(None).await;
    assert_eq!(honest, again, "two honest providers say the same");
    let mut wrong = Vec::new();
    for lie in FAULTS.iter().filter(|lie| lie.id.starts_with("lo.back.")) {
        let (messages, jwks) = told(Some(lie.id)).await;
        let calls = [
            ("lo.back.replay", 2),
            ("lo.back.late", 1),
            ("lo.back.slow", 1),
            ("lo.back.before_callback", 2),
            ("lo.back.lost", 0),
        ];
        let of_call = calls.iter().find(|(id, _)| *id == lie.id);
        let times = of_call.map_or(1, |(_, times)| *times);
        assert_eq!(messages.len(), times, "{}", lie.id);
        let expected: BTreeSet<String> =
            lie.altered.iter().map(|name| (*name).to_owned()).filter(|_| of_call.is_none()).collect();
        let mut seen = messages.last().map(|message| differing(&honest[0], message, &jwks)).unwrap_or_default();
        if lie.id == "lo.back.before_callback" {
            // A message more draws another jti. What is untrue of it is when it comes.
            seen.clear();
        }
        if seen != expected {
            wrong.push(format!("{}: altered {seen:?}, said {expected:?}", lie.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_slow_message_comes_in_halves_and_whole() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    signed_in(&idp, "alice").await;
    let with = FaultOptions { delay: Some("1s".parse().expect("a time")), ..FaultOptions::default() };
    idp.fault(Fault::named("lo.back.slow").with(with));
    let began = tokio::time::Instant::now();
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    assert!(began.elapsed() >= std::time::Duration::from_secs(1), "the second half came a second later");
    assert!(verify_with_jwk(&app.token(), &get_keys(&idp).await).is_ok(), "and nothing is missing");
    let halves = app.pieces.lock().expect("kept").clone();
    assert!(halves.len() >= 2 && !halves[0].ends_with(halves.last().expect("a piece")), "{halves:?}");
}

async fn get_keys(idp: &Emulator) -> Value {
    Browser::new().get(&format!("{}/jwks", idp.issuer())).await.json()
}

#[tokio::test]
async fn an_app_is_told_of_the_end_before_it_has_the_code_and_the_sign_in_goes_on() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    idp.fault(Fault::named("lo.back.before_callback").once());
    let (browser, tokens) = signed_in(&idp, "alice").await;
    let told = Opened::read(&app.token()).expect("a JWT");
    let id_token = Opened::read(&tokens.member("id_token")).expect("a JWT");
    assert_eq!(told.claims["sid"], id_token.claims["sid"]);
    let journal = idp.journal();
    let at = |event: &str| journal.iter().position(|entry| entry.events.iter().any(|had| had.as_str() == event));
    assert!(at("logout_delivered").expect("told") < at("code_issued").expect("a code"), "in this order");
    assert!(browser.get(&authorize_url(&idp, &[("prompt", "none")])).await.returned("code").is_some(), "it goes on");
}

#[tokio::test]
async fn one_app_alone_is_signed_out_and_the_sign_in_goes_on_for_the_others() {
    let app = Listening::answering(&[200]).await;
    let uri: url::Url = app.url.parse().expect("a URL");
    let refreshing = json!(["authorization_code", "refresh_token"]);
    let idp = registered()
        .with(|config| {
            let web = config.client.iter_mut().find(|client| client.id == "web").expect("a client");
            web.backchannel_logout_uri = Some(uri.clone());
            web.grant_types = serde_json::from_value(refreshing).expect("types");
        })
        .start()
        .await;
    let (browser, tokens) = signed_in(&idp, "alice").await;
    let control = Control::of(&idp);
    let pkce = [("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")];
    let other = browser.get(&authorize_url(&idp, &[("client_id", "spa"), pkce[0], pkce[1]])).await;
    assert!(other.returned("code").is_some(), "{}", other.header("location"));
    let sid = control.get("/sessions").await[0]["sid"].as_str().expect("a sid").to_owned();
    let missing = control.call("DELETE", &format!("/sessions/{sid}/clients/weeb"), None).await;
    assert!(missing.status == 404 && missing.text.contains("web"), "{}", missing.text);
    assert_eq!(control.call("DELETE", &format!("/sessions/{sid}/clients/web"), None).await.status, 204);
    assert_eq!(app.came().len(), 1, "it is told");
    assert_eq!(control.get("/sessions").await[0]["clients"], json!(["spa"]), "and takes no part any more");
    let refreshed = crate::refresh::refresh(&idp, &tokens.member("refresh_token")).await;
    assert_eq!(refreshed.status, 400, "what depends on the sign-in is over: {}", refreshed.text);
    // Its next visit needs no page, and it takes part again.
    assert!(browser.get(&authorize_url(&idp, &[("prompt", "none")])).await.returned("code").is_some());
    assert_eq!(control.post("/logouts", json!({ "user": "alice", "client": "web" })).await["sessions"], 1);
    assert_eq!(control.post("/logouts", json!({ "user": "alice", "client": "web" })).await["sessions"], 0);
    assert_eq!(app.came().len(), 2);
    assert_eq!(control.get("/sessions").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_lie_for_one_app_is_not_told_to_another() {
    let app = Listening::answering(&[200]).await;
    let idp = provider(&app).await;
    idp.fault(Fault::named("lo.back.lost").at("spa"));
    signed_in(&idp, "alice").await;
    Control::of(&idp).post("/logouts", json!({ "user": "alice" })).await;
    assert_eq!(app.came().len(), 1, "web is told the truth");
}

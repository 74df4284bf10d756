//! Apps that watch a sign-in by a hidden frame, PROTOCOL rows R-SM-1 and R-SM-2, judged by `oidc-client-ts` in Chromium.

use std::fmt::Write as _;

use aws_lc_rs::digest;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;
use standin::{Client, Emulator, Event, Fault};

use crate::browser::{Chromium, left_out};
use crate::harness::{Browser, CALLBACK, ask, sign_in};

/// As the specification has it: what the app was told is a hash of its id, its origin, the browser's state and a salt.
fn is_the_same(session_state: &str, state_cookie: &str) -> bool {
    let (hash, salt) = session_state.split_once('.').expect("a hash and a salt");
    let text = format!("web http://localhost:3000 {state_cookie} {salt}");
    let bytes = digest::digest(&digest::SHA256, text.as_bytes());
    let hex = bytes.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("room");
        hex
    });
    hash == hex
}

fn state_of(idp: &Emulator, browser: &Browser) -> String {
    browser.cookie(&format!("standin-{}-state", idp.address().port())).unwrap_or_default()
}

/// R-SM-1, in every response mode.
#[tokio::test]
async fn every_answer_says_what_the_sign_in_can_be_watched_by() {
    let web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    let idp = Emulator::builder().client(web).start().await;
    let browser = Browser::new();
    let first = sign_in(&idp, &browser, &[], "alice").await;
    let set = first.headers.get_all("set-cookie").iter().map(|set| set.to_str().expect("text").to_owned());
    let set = set.into_iter().find(|set| set.contains("-state=")).expect("a cookie");
    assert!(
        !set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"),
        "a script reads it: {set}"
    );
    let state = state_of(&idp, &browser);
    let told = first.returned("session_state").expect("a state");
    assert!(is_the_same(&told, &state), "{told} {state}");
    let mut seen = vec![told];
    for more in [
        vec![("prompt", "none")],
        vec![("prompt", "none"), ("response_mode", "fragment")],
        vec![("prompt", "none"), ("response_type", "id_token")],
        vec![("prompt", "none"), ("response_mode", "form_post")],
    ] {
        let silent = browser.get(&ask(&idp.issuer(), &more)).await;
        let form = more.contains(&("response_mode", "form_post"));
        let told =
            if form { silent.field("session_state") } else { silent.returned("session_state").expect("a state") };
        assert!(is_the_same(&told, &state), "{more:?}");
        assert!(!seen.contains(&told), "each has a salt of its own");
        seen.push(told);
        assert!(
            silent.headers.get_all("set-cookie").iter().all(|set| !set.to_str().expect("text").contains("-state="))
        );
    }
    assert_eq!(state_of(&idp, &browser), state);

    let again = sign_in(&idp, &browser, &[("prompt", "login")], "bob").await;
    let other = state_of(&idp, &browser);
    assert!(other != state && is_the_same(&again.returned("session_state").expect("a state"), &other));
    assert!(!is_the_same(&seen[0], &other), "alice's app sees that it is somebody else");
    let page = browser.get(&format!("{}/logout", idp.issuer())).await;
    browser
        .post(
            &format!("{}/sign-out", idp.issuer()),
            &[("interaction", &page.field("interaction")), ("decision", "out")],
        )
        .await;
    assert_eq!(state_of(&idp, &browser), "", "nobody is signed in");

    let native = Client { redirect_uris: vec!["com.example.notes:/callback".into()], ..Client::public("notes") };
    let idp = Emulator::builder().client(native).start().await;
    let challenge = [("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")];
    let asked = [&[("client_id", "notes"), ("redirect_uri", "com.example.notes:/callback")][..], &challenge].concat();
    let back = sign_in(&idp, &Browser::new(), &asked, "alice").await;
    assert!(back.returned("session_state").is_none(), "no page of an origin asks");
}

/// Whoever is signed out by somebody else, or whose time is over, is told so at the next visit.
#[tokio::test]
async fn the_state_changes_when_the_sign_in_is_over_in_whatever_way() {
    let web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    let idp = Emulator::builder().client(web).start().await;
    for way in ["ended", "too old"] {
        let browser = Browser::new();
        sign_in(&idp, &browser, &[], "alice").await;
        assert_ne!(state_of(&idp, &browser), "");
        match way {
            "ended" => drop(idp.provider().sign_out("alice", None).await.expect("a logout")),
            _ => idp.advance(std::time::Duration::from_hours(48)),
        }
        let page = browser.get(&ask(&idp.issuer(), &[])).await;
        assert_eq!(page.status, 200);
        assert_eq!(state_of(&idp, &browser), "", "{way}");
    }
}

/// R-SM-2, as far as it can be seen without a browser.
#[tokio::test]
async fn the_page_that_apps_ask_may_be_framed_and_shows_nothing() {
    let idp = Emulator::start().await;
    let metadata = Browser::new().get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    let uri = metadata["check_session_iframe"].as_str().expect("an address").to_owned();
    assert!(uri.starts_with(&idp.issuer()));
    let page = Browser::new().get(&uri).await;
    assert_eq!((page.status, page.header("x-frame-options")), (200, ""));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && !policy.contains("frame-ancestors"), "{policy}");
    assert_eq!(page.elements("body *"), 0);
    let script = Browser::new().get(&format!("{}/assets/check-session.js", idp.issuer())).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(idp.journal().iter().any(|entry| entry.events.contains(&Event::SessionChecked)));
}

/// An app of one page, as `oidc-client-ts` has it.
const PAGE: &str = r#"<!doctype html><title>App</title><script src="/oidc.js"></script><body><script>
const origin = location.origin;
const manager = new oidc.UserManager({ authority: "ISSUER", client_id: "spa", redirect_uri: `${origin}/callback`,
    silent_redirect_uri: `${origin}/silent`, scope: "openid email", loadUserInfo: true, monitorSession: true, checkSessionIntervalInSeconds: 1,
    automaticSilentRenew: false, validateSubOnSilentRenew: true });
const say = (text) => document.body.append(text, document.createElement("br"));
manager.events.addUserSignedOut(() => say("signed out elsewhere"));
manager.events.addUserSessionChanged(() => say("another session of the same person"));
const renew = () => manager.signinSilent().then((user) => say(`renewed for ${user.profile.sub}`), (e) => say(`not renewed: ${e.message}`));
manager.getUser().then((user) => say(user ? `hello ${user.profile.sub}` : "nobody"));
</script>"#;

const RETURN: &str = r#"<!doctype html><script src="/oidc.js"></script><script>
new oidc.UserManager({ authority: "ISSUER", client_id: "spa", redirect_uri: "-" }).CALLBACK().then(() => { if (window === top) location = "/"; });
</script>"#;

async fn app() -> Option<(String, tokio::net::TcpListener, &'static str)> {
    let bundle = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/clients/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
    );
    if !std::path::Path::new(bundle).exists() {
        left_out("oidc-client-ts is not in tests/clients (npm install)");
        return None;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    Some((origin, listener, bundle))
}

fn served(issuer: &str, listener: tokio::net::TcpListener, bundle: &'static str) {
    let html = |text: &str, callback: &str| {
        let text = text.replace("ISSUER", issuer).replace("CALLBACK", callback);
        get(move || async move { Html(text) })
    };
    let script =
        get(move || async move { ([("content-type", "text/javascript")], std::fs::read(bundle).expect("a bundle")) });
    let router = Router::new()
        .route("/", html(PAGE, ""))
        .route("/callback", html(RETURN, "signinRedirectCallback"))
        .route("/silent", html(RETURN, "signinSilentCallback"))
        .route("/oidc.js", script);
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// A browser in which alice is signed in to the app; nothing where one of them is not here.
async fn signed_in() -> Option<(Chromium, Emulator)> {
    let (origin, listener, bundle) = app().await?;
    let chromium = Chromium::start().await?;
    let spa =
        Client::public("spa").redirects_to(&format!("{origin}/callback")).redirects_to(&format!("{origin}/silent"));
    let idp = Emulator::builder().client(spa).start().await;
    served(&idp.issuer(), listener, bundle);
    chromium.driver.goto(&origin).await.expect("the app");
    chromium.says("nobody").await;
    chromium.value("manager.signinRedirect();").await;
    chromium.says("Continue as").await;
    chromium.click("[data-testid='person-alice']").await;
    chromium.says("hello alice").await;
    Some((chromium, idp))
}

#[tokio::test]
async fn oidc_client_ts_signs_in_renews_silently_and_notices_that_the_sign_in_is_over() {
    let Some((chromium, idp)) = signed_in().await else { return };
    chromium.value("renew();").await;
    chromium.says("renewed for alice").await;
    // The app's frame asks each second; as long as nothing changes it says nothing.
    let quiet = "const done = arguments[arguments.length - 1]; setTimeout(() => done(document.body.innerText.includes('elsewhere')), 2500);";
    let quiet = chromium.driver.execute_async(quiet, Vec::<Value>::new()).await.expect("an answer");
    assert_eq!(*quiet.json(), false, "nobody signed out");

    let first = chromium.driver.window().await.expect("a window");
    let tab = chromium.driver.new_tab().await.expect("a tab");
    chromium.driver.switch_to_window(tab).await.expect("another tab");
    chromium.driver.goto(&format!("{}/logout", idp.issuer())).await.expect("the provider");
    chromium.click("button[data-testid='sign-out']").await;
    chromium.says("signed out").await;
    chromium.driver.switch_to_window(first).await.expect("the app");
    chromium.says("signed out elsewhere").await;
    chromium.end().await;
}

/// FAULTS `sm.*`: what the frame answers, by what the app makes of it.
#[tokio::test]
async fn each_lie_of_the_frame_is_told() {
    let Some((chromium, idp)) = signed_in().await else { return };
    // A frame of our own beside the library's: what it answers is shown.
    let ask = "const done = arguments[arguments.length - 1], frame = document.createElement('iframe');
        frame.src = arguments[0] + '/check-session';
        addEventListener('message', (e) => { if (e.source === frame.contentWindow) done(e.data); });
        frame.onload = () => manager.getUser().then((user) => {
            frame.contentWindow.postMessage(arguments[1] || `spa ${user.session_state}`, arguments[0]);
            setTimeout(() => done('silence'), 600);
        });
        document.body.append(frame);";
    let answer = async |text: &str| {
        let said = chromium.driver.execute_async(ask, vec![idp.issuer().into(), text.into()]).await.expect("an answer");
        said.json().as_str().expect("text").to_owned()
    };
    assert_eq!(answer("").await, "unchanged");
    assert_eq!(answer("nonsense").await, "error");
    assert_eq!(answer(&format!("spa {}.salt", "0".repeat(64))).await, "changed");
    for (lie, said) in
        [("sm.changed", "changed"), ("sm.error", "error"), ("sm.silent", "silence"), ("sm.blocked", "silence")]
    {
        let guard = idp.scoped_fault(Fault::named(lie));
        assert_eq!(answer("").await, said, "{lie}");
        drop(guard);
    }
    assert_eq!(answer("").await, "unchanged");
    chromium.end().await;
}

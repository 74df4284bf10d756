//! A real Chromium: clicks, keys, colours, widths, and what axe says about them.
//!
//! On a machine without Chromium these are left out, and say so; the gate installs it and leaves none out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use standin::Emulator;
use standin::demo::App;
use thirtyfour::prelude::*;

use crate::harness::{authorize_url, registered};

/// A browser with its driver; both end with it.
pub(crate) struct Chromium {
    pub(crate) driver: WebDriver,
    _process: Process,
    _profile: tempfile::TempDir,
}

/// Says on the real stderr that a test was left out: the test runner would swallow it.
pub(crate) fn left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}, and the gate leaves nothing out");
    let name = std::thread::current().name().unwrap_or("a browser test").to_owned();
    let _ = writeln!(std::io::stderr(), "left out: {name}, because {why}");
}

fn found(names: &[&str]) -> Option<String> {
    let runs =
        |name: &&&str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    names.iter().find(runs).map(|name| (*name).to_owned())
}

/// Where Chromium is.
pub(crate) fn chromium() -> Option<String> {
    let name = found(&["chromium", "chromium-browser", "google-chrome"])?;
    let path = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().expect("a shell").stdout;
    Some(String::from_utf8(path).expect("UTF-8").trim().to_owned())
}

impl Chromium {
    pub(crate) async fn start() -> Option<Self> {
        let Some(driver) = found(&["chromedriver"]) else {
            left_out("there is no chromedriver");
            return None;
        };
        let Some(browser) = chromium() else {
            left_out("there is no Chromium");
            return None;
        };
        // The driver's client is ours too, and needs the same crypto library.
        let _ = crate::harness::http();
        let mut process = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a driver");
        let said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let port =
            said.map_while(Result::ok).find_map(|line| line.strip_suffix('.')?.rsplit(' ').next()?.parse::<u16>().ok());
        let profile = tempfile::tempdir().expect("a folder");
        let mut wish = DesiredCapabilities::chrome();
        wish.set_binary(&browser).expect("a binary");
        let data = format!("--user-data-dir={}", profile.path().display());
        for arg in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            &data,
        ] {
            wish.add_arg(arg).expect("an argument");
        }
        let url = format!("http://localhost:{}", port.expect("a port"));
        let driver = WebDriver::new(url, wish).await.expect("a browser");
        Some(Self { driver, _process: Process(process), _profile: profile })
    }

    pub(crate) async fn end(self) {
        self.driver.clone().quit().await.expect("the browser ends");
    }

    pub(crate) async fn click(&self, css: &str) {
        self.driver.query(By::Css(css)).first().await.expect(css).click().await.expect(css);
    }

    pub(crate) async fn field(&self, css: &str) -> WebElement {
        self.driver.query(By::Css(css)).first().await.expect(css)
    }

    pub(crate) async fn words(&self) -> String {
        self.driver.find(By::Css("body")).await.expect("a page").text().await.expect("text")
    }

    /// Waits until the page says this. The page may be another from one look to the next, so the whole document is asked for.
    pub(crate) async fn says(&self, words: &str) {
        let wanted = "const [words, done] = arguments, until = Date.now() + 3000;
            const look = () => document.body?.innerText.includes(words) ? done(true) : Date.now() > until ? done(false) : setTimeout(look, 20);
            look();";
        for _ in 0..4 {
            // A look that the next page cut short is an error, and is taken again there.
            let seen = self.driver.execute_async(wanted, vec![json!(words)]).await;
            if seen.is_ok_and(|seen| *seen.json() == true) {
                return;
            }
        }
        panic!("«{words}» is not on {}: {}", self.driver.current_url().await.expect("a URL"), self.words().await);
    }

    pub(crate) async fn value(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::<Value>::new()).await.expect(script).json().clone()
    }

    pub(crate) async fn width(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a width");
    }

    pub(crate) async fn scheme(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("a scheme");
    }
}

/// The driver, which ends after the browser that it drives: fields are dropped in their order.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sample_app(idp: &Emulator) -> (standin::demo::Running, String) {
    let app = App::bind(0).expect("a port");
    let url = app.url();
    (app.start(&idp.issuer()).expect("an app"), url)
}

#[tokio::test]
async fn a_person_presses_a_number_and_is_signed_in_and_the_second_app_asks_nothing() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = Emulator::start().await;
    let ((notes, url), (other, other_url)) = (sample_app(&idp), sample_app(&idp));
    chromium.driver.goto(&url).await.expect("the app");
    chromium.click("form[action='/sign-in'] button").await;
    chromium.says("Sign in to notes-web").await;
    assert!(chromium.driver.title().await.expect("a title").starts_with("Pretend sign-in"));
    chromium.driver.action_chain().send_keys("1").perform().await.expect("a key");
    chromium.says("Hello, Alice Adams").await;
    assert_eq!(chromium.driver.current_url().await.expect("a URL").as_str(), url);

    chromium.driver.delete_cookie("acme-notes").await.expect("another app has another cookie");
    chromium.driver.goto(&other_url).await.expect("the other app");
    chromium.click("form[action='/sign-in'] button").await;
    chromium.says("Hello, Alice Adams").await;

    chromium.click("form[action='/sign-out-everywhere'] button").await;
    chromium.says("You are not signed in").await;
    chromium.click("form[action='/sign-in'] button").await;
    chromium.says("Sign in to notes-web").await;
    notes.stop();
    other.stop();
    chromium.end().await;
}

#[tokio::test]
async fn the_page_can_be_used_by_keyboard_alone() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = Emulator::start().await;
    let (app, url) = sample_app(&idp);
    chromium.driver.goto(&url).await.expect("the app");
    chromium.click("form[action='/sign-in'] button").await;
    chromium.says("Continue as").await;
    // Past alice and her link to bob.
    let keys = [Key::Tab, Key::Tab, Key::Tab, Key::Enter];
    let outlined = "const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && document.activeElement.value";
    for key in &keys[..3] {
        chromium.driver.action_chain().send_keys(key.clone()).perform().await.expect("a key");
    }
    assert_eq!(chromium.value(outlined).await, "bob", "what has the focus is outlined");
    chromium.driver.action_chain().send_keys(Key::Enter).perform().await.expect("a key");
    chromium.says("Hello, Bob Reyes").await;
    app.stop();
    chromium.end().await;
}

#[tokio::test]
async fn username_claims_and_consent_work_in_a_browser() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = Emulator::builder().with(|config| config.consent = standin::world::Consent::Always).start().await;
    let (app, url) = sample_app(&idp);
    chromium.driver.goto(&url).await.expect("the app");
    chromium.click("form[action='/sign-in'] button").await;
    chromium.field("input[name=username]").await.send_keys("alice@example.com").await.expect("keys");
    chromium.field("input[name=password]").await.send_keys("anything" + Key::Enter).await.expect("keys");
    chromium.says("notes-web would like to").await;
    chromium.says("Allow 6 of 6").await;
    chromium.click("input[name=scope][value=email]").await;
    chromium.says("Allow 5 of 6").await;
    assert_eq!(chromium.value("return document.querySelectorAll('.off').length").await, 3, "the preview follows");
    chromium.click("[data-testid=allow]").await;
    chromium.says("Hello, Alice Adams").await;
    assert!(!chromium.words().await.contains("alice@example.com"));

    chromium.click("form[action='/sign-out-everywhere'] button").await;
    chromium.click("form[action='/sign-in'] button").await;
    chromium.click("[data-testid=edit-alice]").await;
    chromium.says("Sign in as Alice Adams, but").await;
    let name = chromium.field("input[name='claim.name']").await;
    name.clear().await.expect("cleared");
    name.send_keys("Alicia").await.expect("keys");
    chromium.click("[data-testid=sign-in-edited]").await;
    chromium.click("[data-testid=allow]").await;
    chromium.says("Hello, Alicia").await;
    app.stop();
    chromium.end().await;
}

/// A small app, and its port. Browsers open more connections than they use, so each is served by itself.
async fn app(pages: axum::Router) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, pages).await });
    port
}

#[tokio::test]
async fn form_post_sends_itself_under_its_own_policy() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = Emulator::start().await;
    let (told, mut came) = tokio::sync::mpsc::unbounded_channel();
    let callback = async move |body: String| {
        told.send(body).expect("a test that waits");
        "received"
    };
    let port = app(axum::Router::new().route("/callback", axum::routing::post(callback))).await;
    let url = format!("http://localhost:{port}/callback");
    let ask = authorize_url(&idp, &[("redirect_uri", &url), ("response_mode", "form_post")]);
    chromium.driver.goto(&ask).await.expect("the page");
    chromium.click("[data-testid=person-bob]").await;
    chromium.says("received").await;
    let body = came.recv().await.expect("a body");
    assert!(body.contains("code=") && body.contains("state=the-state"), "{body}");
    chromium.end().await;
}

/// Every page, as (name, how to get there).
async fn pages(idp: &Emulator, chromium: &Chromium) -> Vec<(&'static str, String)> {
    let issuer = idp.issuer();
    chromium.driver.goto(&authorize_url(idp, &[])).await.expect("a page");
    // Waited for: on a busy machine the page is there a little after the driver says so.
    let interaction =
        chromium.field("[name=interaction]").await.attr("value").await.expect("a field").expect("a value");
    let editor = format!("{issuer}/sign-in?interaction={interaction}&edit=alice");
    vec![
        ("sign-in", authorize_url(idp, &[("login_hint", "bob")])),
        ("claim editor", editor),
        ("error", authorize_url(idp, &[("redirect_uri", "https://evil.example/callback")])),
        ("console", format!("{issuer}/")),
        ("setup", format!("{issuer}/_console/setup/spring-security")),
        ("flows", format!("{issuer}/_console/flows")),
        ("a flow that failed", format!("{issuer}/_console/flows/1?follow=state")),
        ("a token", format!("{issuer}/_console/flows/4?message=4&follow=code_verifier")),
        ("people", format!("{issuer}/_console/people")),
        ("apps", format!("{issuer}/_console/apps")),
        ("sessions", format!("{issuer}/_console/sessions")),
        ("keys", format!("{issuer}/_console/keys")),
        ("faults", format!("{issuer}/_console/faults?q=nonce")),
        ("time", format!("{issuer}/_console/time")),
        ("lesson", format!("{issuer}/_console/lesson")),
        ("not found", format!("{issuer}/autorize")),
        ("signed out", format!("{issuer}/logout")),
    ]
}

/// What axe finds on the page that is shown.
async fn violations(chromium: &Chromium, axe: &str) -> Vec<String> {
    // Run by the driver, so the page's own policy does not stand in the way.
    chromium.driver.execute(axe, Vec::<Value>::new()).await.expect("axe");
    let run = "const done = arguments[arguments.length - 1];
        axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})
            .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).join('; '))));";
    let found = chromium.driver.execute_async(run, Vec::<Value>::new()).await.expect("axe");
    serde_json::from_value(found.json().clone()).expect("a list")
}

#[tokio::test]
async fn every_page_is_accessible_in_both_schemes_and_fits_a_narrow_screen() {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/target/axe/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(axe) else {
        return left_out("axe-core is not in target/axe (npm install --prefix target/axe axe-core)");
    };
    let Some(chromium) = Chromium::start().await else { return };
    let idp = registered().start().await;
    // Something for the console to show: a flow that failed, one that did not, and a lie that is on.
    crate::harness::redeem(&idp, "invented", &[]).await;
    let pkce = [("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")];
    let code = crate::harness::code(&idp, &pkce, "alice").await;
    crate::harness::redeem(&idp, &code, &[("code_verifier", crate::harness::VERIFIER)]).await;
    idp.fault(standin::Fault::wrong_nonce().at("nobody"));
    // Each is kept as a picture, for whoever wants to look.
    let pictures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&pictures).expect("a folder");
    let mut wrong = Vec::new();
    for scheme in ["light", "dark"] {
        chromium.scheme(scheme).await;
        chromium.driver.goto(&format!("{}/", idp.issuer())).await.expect("a page");
        chromium.driver.delete_all_cookies().await.expect("nobody is signed in");
        let mut at = pages(&idp, &chromium).await;
        // Asked for consent, and to sign out, is only who is signed in.
        let consent = [("prompt", "consent"), ("scope", "openid profile email offline_access")];
        at.push(("consent", authorize_url(&idp, &consent)));
        at.push(("sign out?", format!("{}/logout", idp.issuer())));
        for (name, url) in at {
            if name == "consent" {
                // By hand, so that the browser stays here: nobody listens where the app would be.
                chromium.driver.goto(&url).await.expect("a page");
                chromium.click("[data-testid=person-alice]").await;
                chromium.says("web would like to").await;
            }
            for width in [1280, 320] {
                chromium.width(width).await;
                chromium.driver.goto(&url).await.unwrap_or_else(|e| panic!("{name}, {url}: {e}"));
                let all = "document.querySelectorAll('details').forEach((d) => { d.open = true; }); return document.documentElement.scrollWidth";
                let scroll = chromium.value(all).await.as_u64().expect("a number");
                let picture = chromium.driver.screenshot_as_png().await.expect("a picture");
                std::fs::write(pictures.join(format!("{name}-{scheme}-{width}.png")), picture).expect("written");
                if scroll > u64::from(width) {
                    wrong.push(format!("{name}, {scheme}, {width} px: {scroll} px wide"));
                }
                wrong.extend(
                    violations(&chromium, &axe)
                        .await
                        .into_iter()
                        .map(|found| format!("{name}, {scheme}, {width} px: {found}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    chromium.end().await;
}

/// A console that is open follows what happens, and is used by keyboard.
#[tokio::test]
async fn the_console_is_live_and_used_by_keyboard() {
    let Some(chromium) = Chromium::start().await else { return };
    chromium.width(1280).await;
    let idp = registered().start().await;
    crate::harness::redeem(&idp, "invented", &[]).await;
    chromium.driver.goto(&format!("{}/_console/flows", idp.issuer())).await.expect("the console");
    chromium.says("The code was not issued here").await;
    chromium.says("live").await;
    let code = crate::harness::code(&idp, &[], "alice").await;
    chromium.says("Alice Adams").await;
    let press = async |keys: &str| {
        chromium.driver.action_chain().send_keys(keys.to_owned()).perform().await.expect("keys");
    };
    press("j").await;
    chromium.says("the app has the code").await;
    assert_eq!(chromium.value("return location.pathname").await, "/_console/flows/2");
    // The view that is open changes with the flow.
    crate::harness::redeem(&idp, &code, &[]).await;
    chromium.says("The app trades the code for tokens").await;
    chromium.driver.action_chain().send_keys(Key::Up).perform().await.expect("a key");
    chromium.says("The browser brings the answer to the app").await;
    press("/").await;
    assert_eq!(chromium.value("return document.activeElement.name").await, "q");
    chromium.driver.goto(&format!("{}/_console/flows", idp.issuer())).await.expect("the console");
    press("?").await;
    chromium.says("next and previous message").await;
    chromium.end().await;
}

/// The space bar lets the held answer go.
#[tokio::test]
async fn the_space_bar_lets_the_held_answer_go() {
    let Some(chromium) = Chromium::start().await else { return };
    chromium.width(1280).await;
    let idp = registered().start().await;
    chromium.driver.goto(&format!("{}/_console/flows", idp.issuer())).await.expect("the console");
    chromium.click("[data-testid=step-through]").await;
    chromium.says("Step through: on").await;
    chromium.says("live").await;
    let (answer, ()) =
        tokio::join!(crate::harness::as_web(&idp, "/token", &[("grant_type", "client_credentials")]), async {
            chromium.says("the answer, 200, is held").await;
            chromium.driver.action_chain().send_keys(" ").perform().await.expect("a key");
        });
    assert_eq!(answer.status, 200);
    chromium.end().await;
}

/// A server that is gone is said to be, and comes back by itself; a page that was open all the time shows what is new.
#[tokio::test]
async fn the_console_says_when_the_server_is_gone_and_comes_back() {
    let Some(chromium) = Chromium::start().await else { return };
    chromium.width(1280).await;
    let idp = registered().start().await;
    let port = idp.address().port();
    chromium.driver.goto(&format!("{}/_console/people", idp.issuer())).await.expect("the console");
    chromium.says("live").await;
    idp.stop();
    chromium.says("Standin is gone.").await;
    let again = registered()
        .user(standin::User::new("zoe").claim("name", "Zoe"))
        .with(|config| config.port = port)
        .start()
        .await;
    chromium.says("Zoe").await;
    again.stop();
    chromium.end().await;
}

/// What a client sends is text in the console, whatever it looks like.
#[tokio::test]
async fn nothing_that_a_client_sends_runs_in_the_console() {
    let Some(chromium) = Chromium::start().await else { return };
    chromium.width(1280).await;
    let idp = Emulator::start().await;
    let hostile = "<img src=x onerror=\"window.broken=1\"><script>window.broken=1</script>";
    let more = [("client_id", hostile), ("state", hostile), ("nonce", hostile), ("login_hint", hostile)];
    crate::harness::Browser::new().get(&authorize_url(&idp, &more)).await;
    for path in ["flows", "flows/1", "flows/1?follow=state", "apps", "setup"] {
        chromium.driver.goto(&format!("{}/_console/{path}", idp.issuer())).await.expect("a view");
        chromium.field("h1").await;
        assert_eq!(
            chromium.value("return window.broken === undefined && document.images.length === 0").await,
            true,
            "{path}"
        );
    }
    chromium.end().await;
}

/// With ten thousand exchanges in the journal a view is there at once, and a burst leaves nothing behind.
#[tokio::test]
async fn a_full_journal_is_shown_and_a_burst_is_followed() {
    let Some(chromium) = Chromium::start().await else { return };
    chromium.width(1280).await;
    let idp = registered()
        .with(|config| (config.memory.journal_entries, config.memory.journal_mib) = (10_000, 64))
        .start()
        .await;
    let client = crate::harness::http();
    let refused = || {
        let request = client.post(format!("{}/token", idp.issuer())).basic_auth("web", Some("s3cret"));
        crate::harness::post(request, &[("grant_type", "authorization_code"), ("code", "invented")])
    };
    for _ in 0..100 {
        futures_util::future::join_all((0..100).map(|_| refused())).await;
    }
    chromium.driver.goto(&format!("{}/_console/flows", idp.issuer())).await.expect("the console");
    chromium.says("The newest 100 of 10000 are listed.").await;
    chromium.says("live").await;
    futures_util::future::join_all((0..500).map(|_| refused())).await;
    crate::harness::code(&idp, &[], "bob").await;
    chromium.says("Bob Reyes").await;
    chromium.end().await;
}

/// An app that is opened at one name of the machine and comes back at another leaves its cookie behind.
#[tokio::test]
async fn the_browser_began_at_127_0_0_1_and_is_sent_back_to_localhost() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = Emulator::start().await;
    let (asks, asked) = (Arc::new(OnceLock::<String>::new()), axum::response::Html::<String>);
    let leads = Arc::clone(&asks);
    let begin = async move || asked(format!("<a id=go href=\"{}\">Sign in</a>", leads.get().expect("an address")));
    // The app: a page that leads to the provider, and a callback that finds no cookie.
    let pages = axum::Router::new().route("/", axum::routing::get(begin));
    let port = app(pages.route("/callback", axum::routing::get(async || "no cookie, no sign-in"))).await;
    let ask = authorize_url(&idp, &[("redirect_uri", &format!("http://localhost:{port}/callback"))]);
    asks.set(ask.replace('&', "&amp;")).expect("set once");
    chromium.driver.goto(&format!("http://127.0.0.1:{port}/")).await.expect("the app");
    chromium.click("#go").await;
    chromium.click("[data-testid=person-bob]").await;
    chromium.says("no cookie, no sign-in").await;
    idp.advance(std::time::Duration::from_secs(11));
    let control = crate::harness::Control::of(&idp);
    let flows = control.get("/flows").await;
    let why = control.get(&format!("/flows/{}/diagnosis", flows[0]["id"])).await;
    assert_eq!(why["diagnosis"]["rule"], "host_switched", "{why}");
    chromium.end().await;
}

/// An app whose script fetches its own sign-in route is redirected to the provider, where CORS lets it read nothing.
#[tokio::test]
async fn a_script_that_fetches_the_sign_in_page_is_found_out() {
    let Some(chromium) = Chromium::start().await else { return };
    let idp = registered().start().await;
    let ask = authorize_url(&idp, &[]);
    let page = "<body>one moment<script>fetch('/login').catch((e) => { document.body.textContent = 'failed: ' + e; })</script>";
    let pages = axum::Router::new()
        .route("/", axum::routing::get(async move || axum::response::Html(page)))
        .route("/login", axum::routing::get(async move || axum::response::Redirect::to(&ask)));
    let port = app(pages).await;
    chromium.driver.goto(&format!("http://localhost:{port}/")).await.expect("the app");
    chromium.says("failed: TypeError").await;
    let control = crate::harness::Control::of(&idp);
    let flows = control.get("/flows").await;
    let why = control.get(&format!("/flows/{}/diagnosis", flows[0]["id"])).await;
    assert_eq!(
        (&why["diagnosis"]["rule"], &why["ending"]),
        (&json!("asked_by_script"), &json!("a script asked, and was let read nothing")),
        "{why}"
    );
    // Whoever goes there is asked, and nothing is wrong.
    chromium.driver.goto(&authorize_url(&idp, &[])).await.expect("the page");
    let flows = control.get("/flows").await;
    let why = control.get(&format!("/flows/{}/diagnosis", flows[1]["id"])).await;
    assert_eq!(why["failed"], false, "{why}");
    chromium.end().await;
}

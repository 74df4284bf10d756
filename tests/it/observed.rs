//! Everything that an app and a browser can observe of one sign-in, as names and values: what is compared to see what a lie alters.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};
use standin::Emulator;
use url::Url;

use crate::harness::{Answer, Browser, CALLBACK, http};

/// Names and values.
pub(crate) type Observed = BTreeMap<String, String>;

/// How the sign-in is done that is observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that is done or left")]
pub(crate) struct Script {
    /// Changes of the authorization request.
    pub(crate) ask: Vec<(&'static str, &'static str)>,
    /// Whether the client authenticates in the body.
    pub(crate) in_body: bool,
    /// Whether the browser is signed in before.
    pub(crate) signed_in: bool,
    /// Whether it signs out at the end.
    pub(crate) signs_out: bool,
    /// Whether another app registers itself in the end.
    pub(crate) registers: bool,
}

/// Headers that mean something; the others are the same for all.
const HEADERS: [&str; 10] = [
    "set-cookie",
    "location",
    "www-authenticate",
    "retry-after",
    "cache-control",
    "content-encoding",
    "content-length",
    "x-padding",
    "dpop-nonce",
    "access-control-allow-origin",
];

/// Discovery, keys, a sign-in, UserInfo, a refresh.
pub(crate) async fn observe(idp: &Emulator, script: &Script) -> Observed {
    let mut seen = Observed::new();
    let issuer = format!("http://localhost:{}", idp.address().port());
    let browser = Browser::new();
    if script.signed_in {
        let page = browser.get(&ask(&issuer, &[])).await;
        let form = [("interaction", page.field("interaction")), ("sub", "alice".into())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&format!("{issuer}/sign-in"), &form).await;
    }
    read(&mut seen, "discovery", &[], http().get(format!("{issuer}/.well-known/openid-configuration"))).await;
    let keys = read(&mut seen, "jwks", &[], http().get(format!("{issuer}/jwks"))).await;
    let mut keys = keys.and_then(|keys| keys.get("keys")?.as_array().cloned()).unwrap_or_default();
    // Keys that cannot be had, or are no keys, are no matter of the signatures.
    let ring = &idp.provider().settings().keys;
    keys.extend(ring.jwks(idp.now(), |_| true).get("keys").and_then(Value::as_array).cloned().unwrap_or_default());
    let Some(code) = sign_in(&mut seen, &browser, (&issuer, &keys), script).await else { return seen };
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    let tokens = token(&mut seen, ("token", ""), (&issuer, script, &keys), &form).await;
    let Some(tokens) = tokens else { return seen };
    let text = |name: &str| tokens.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(access) = text("access_token") {
        read(&mut seen, "userinfo", &keys, http().get(format!("{issuer}/userinfo")).bearer_auth(access)).await;
    }
    if let Some(hint) = text("id_token").filter(|_| script.signs_out) {
        sign_out(&mut seen, &browser, &issuer, &hint).await;
    }
    if let Some(refresh) = text("refresh_token") {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        token(&mut seen, ("refresh", "refreshed_"), (&issuer, script, &keys), &form).await;
    }
    if script.registers {
        let app = json!({ "redirect_uris": [CALLBACK], "client_name": "Notes", "scope": "openid email" });
        let request = http().post(format!("{issuer}/register")).header("content-type", "application/json");
        read(&mut seen, "registration", &[], request.body(app.to_string())).await;
    }
    seen
}

/// The names whose values are otherwise, or that only one of both has, as far as both came. What follows from something that is
/// said already is not said again: what a refresh repeats, the members of an answer that an error replaced, and what comes of a
/// code that is none.
pub(crate) fn difference(honest: &Observed, lying: &Observed) -> BTreeSet<String> {
    let steps = |seen: &Observed| -> BTreeSet<String> {
        seen.keys().filter_map(|name| name.strip_prefix("step ")).map(str::to_owned).collect()
    };
    // What comes behind a step that only one of both took is another request by number, and draws other chances.
    let order = ["discovery", "jwks", "authorize", "answer", "token", "userinfo", "logout", "refresh", "registration"];
    let (one, other) = (steps(honest), steps(lying));
    let alike = |step: &&str| one.contains(*step) == other.contains(*step);
    let both: BTreeSet<String> =
        order.into_iter().take_while(alike).filter(|step| one.contains(*step)).map(str::to_owned).collect();
    let names: BTreeSet<&String> = honest.keys().chain(lying.keys()).collect();
    let differing: BTreeSet<String> = names
        .into_iter()
        .filter(|name| both.contains(step_of(name)) && honest.get(*name) != lying.get(*name))
        .cloned()
        .collect();
    let replaced = |name: &str| {
        let step = step_of(name);
        let other = ["error", "body", "connection"].iter().any(|member| {
            let member = format!("{step}.{member}");
            lying.contains_key(&member) && !honest.contains_key(&member)
        });
        let described = name.ends_with(".error_description") || name.ends_with(".error_uri");
        step != "answer" && other && (!lying.contains_key(name) || described)
    };
    let gone = |name: &str| {
        let token = name.split('.').next().unwrap_or_default();
        token.ends_with("_token") && name != token && !lying.contains_key(&format!("{token}.header.typ"))
    };
    let repeated = |name: &str| {
        let first = name.strip_prefix("refreshed_").map(str::to_owned);
        let first = first.or_else(|| name.strip_prefix("refresh.").map(|rest| format!("token.{rest}")));
        first.is_some_and(|first| differing.contains(&first))
    };
    let without_code = differing.contains("answer.code") || differing.contains("answer");
    let follows = |name: &str| {
        without_code && (["token", "refresh", "userinfo"].contains(&step_of(name)) || name == "answer.session_state")
    };
    let said = |name: &&String| !replaced(name) && !gone(name) && !repeated(name) && !follows(name);
    differing.iter().filter(said).cloned().collect()
}

/// The step in which something is seen.
fn step_of(name: &str) -> &str {
    match name.split('.').next().unwrap_or_default() {
        "front_id_token" => "answer",
        "id_token" | "access_token" => "token",
        "refreshed_id_token" | "refreshed_access_token" => "refresh",
        other => other,
    }
}

/// What takes longer was told to be late: a little below the three seconds that lies are late here.
const LATE: Duration = Duration::from_millis(2_900);

/// Lateness is seen by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "what comes late comes late by the machine's clock")]
fn instant() -> Instant {
    Instant::now()
}

fn ask(issuer: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![
        ("client_id", "web"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email address phone offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("acr_values", "1"),
        ("max_age", "3600"),
    ];
    params.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    params.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{issuer}/authorize?{query}")
}

/// The browser's part; the code, if there is one.
async fn sign_in(
    seen: &mut Observed,
    browser: &Browser,
    (issuer, keys): (&str, &[Value]),
    script: &Script,
) -> Option<String> {
    seen.insert("step authorize".into(), String::new());
    let page = browser.get(&ask(issuer, &script.ask)).await;
    let asked = page.status == 200 && page.text.contains("name=\"interaction\"");
    seen.insert(
        "authorize".into(),
        if asked { "a page".into() } else { format!("{} {}", page.status, page.header("location")) },
    );
    let began = instant();
    let answer = if asked {
        let form = [("interaction", page.field("interaction")), ("sub", "alice".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&format!("{issuer}/sign-in"), &form).await
    } else {
        page
    };
    seen.insert("step answer".into(), String::new());
    if began.elapsed() > LATE {
        seen.insert("answer.late".into(), String::new());
    }
    way_back(seen, &answer, keys)
}

async fn sign_out(seen: &mut Observed, browser: &Browser, issuer: &str, hint: &str) {
    seen.insert("step logout".into(), String::new());
    let url =
        format!("{issuer}/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:3000/bye&state=out");
    let Some(answer) = browser.try_get(&url).await else {
        seen.insert("logout".into(), "broken".into());
        return;
    };
    let location = answer.headers.get("location").and_then(|to| Url::parse(to.to_str().ok()?).ok());
    match location {
        None => drop(seen.insert("logout".into(), format!("{} {}", answer.status, answer.words()))),
        Some(to) => {
            seen.insert("logout".into(), format!("{} {}", answer.status, to.path()));
            seen.extend(to.query_pairs().map(|(name, value)| (format!("logout.{name}"), value.into_owned())));
        }
    }
}

fn way_back(seen: &mut Observed, answer: &Answer, keys: &[Value]) -> Option<String> {
    seen.insert("answer.status".into(), answer.status.to_string());
    let location = answer.headers.get("location").and_then(|to| Url::parse(to.to_str().ok()?).ok());
    let (mode, pairs): (&str, Vec<(String, String)>) = match location {
        Some(url) if url.as_str().starts_with(CALLBACK) => {
            let mode = if url.fragment().is_some() { "fragment" } else { "query" };
            let text = url.fragment().or(url.query()).unwrap_or_default();
            (mode, url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
        }
        _ if answer.text.contains(&format!("action=\"{CALLBACK}\"")) => {
            let names = ["code", "state", "iss", "session_state", "error"].into_iter();
            let sent = names.filter(|name| answer.text.contains(&format!("name=\"{name}\"")));
            ("form_post", sent.map(|name| (name.to_owned(), answer.field(name))).collect())
        }
        _ => {
            seen.insert("answer".into(), answer.text.chars().take(60).collect());
            return None;
        }
    };
    seen.insert("answer.mode".into(), mode.into());
    for (name, value) in &pairs {
        if name == "id_token" {
            open(seen, "front_id_token", value, keys);
            continue;
        }
        let entry = seen.entry(format!("answer.{name}")).or_default();
        entry.push_str(value);
        entry.push(';');
    }
    pairs.into_iter().find(|(name, value)| name == "code" && !value.is_empty()).map(|(_, code)| code)
}

async fn token(
    seen: &mut Observed,
    (step, prefix): (&str, &str),
    (issuer, script, keys): (&str, &Script, &[Value]),
    form: &[(&str, &str)],
) -> Option<Map<String, Value>> {
    let mut form = form.to_vec();
    let mut request = http().post(format!("{issuer}/token"));
    if script.in_body {
        form.extend([("client_id", "web"), ("client_secret", "s3cret")]);
    } else {
        request = request.basic_auth("web", Some("s3cret"));
    }
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let mut members = read(seen, step, keys, request).await?;
    for kind in ["id_token", "access_token"] {
        if let Some(token) = members.get(kind).and_then(Value::as_str) {
            open(seen, &format!("{prefix}{kind}"), token, keys);
            // What is in it is said one by one.
            seen.insert(format!("{step}.{kind}"), "a token".into());
        }
    }
    members.retain(|_, value| !value.is_null());
    Some(members)
}

fn open(seen: &mut Observed, name: &str, token: &str, keys: &[Value]) {
    let parts: Vec<&str> = token.split('.').collect();
    let object =
        |part: &str| -> Option<Map<String, Value>> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (Some(header), Some(claims), true) =
        (parts.first().and_then(|part| object(part)), parts.get(1).and_then(|part| object(part)), parts.len() == 3)
    else {
        seen.insert(name.to_owned(), if token.contains('.') { "broken".into() } else { "opaque".into() });
        return;
    };
    if URL_SAFE_NO_PAD.decode(parts[2]).is_err() {
        seen.insert(name.to_owned(), "broken".into());
        return;
    }
    let holds = standin::tokens::verify_with_jwk(token, &json!({ "keys": keys })).is_ok();
    seen.insert(format!("{name}.signature"), if holds { "holds".into() } else { "does not hold".into() });
    for (member, value) in header {
        seen.insert(format!("{name}.header.{member}"), value.to_string());
    }
    for (claim, value) in claims {
        seen.insert(format!("{name}.{claim}"), value.to_string());
    }
}

/// Sends, and notes what came: status, headers, members.
async fn read(seen: &mut Observed, step: &str, keys: &[Value], request: RequestBuilder) -> Option<Map<String, Value>> {
    seen.insert(format!("step {step}"), String::new());
    let began = instant();
    let sent = request.header("origin", "http://app.example").timeout(Duration::from_secs(8)).send().await;
    let answer = match sent {
        Ok(response) => {
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            match response.bytes().await {
                Ok(bytes) => Some((status, headers, bytes)),
                Err(_) => None,
            }
        }
        Err(_) => None,
    };
    let Some((status, headers, bytes)) = answer else {
        seen.retain(|name, _| !name.starts_with(&format!("{step}.")));
        seen.insert(format!("{step}.connection"), "broken".into());
        return None;
    };
    if began.elapsed() > LATE {
        seen.insert(format!("{step}.late"), String::new());
    }
    seen.insert(format!("{step}.status"), status.to_string());
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("odd").to_owned());
    seen.insert(format!("{step}.content_type"), header("content-type").unwrap_or_default());
    for name in HEADERS.into_iter().filter(|name| *name != "content-length" && *name != "cache-control") {
        if let Some(value) = header(name) {
            seen.insert(format!("{step}.{name}"), value);
        }
    }
    if let Some(value) = header("cache-control").filter(|value| value != "no-store") {
        seen.insert(format!("{step}.cache-control"), value);
    }
    seen.insert(format!("{step}.content-length"), header("content-length").is_some().to_string());
    if let Ok(members) = serde_json::from_slice::<Map<String, Value>>(&bytes) {
        for (name, value) in &members {
            seen.insert(format!("{step}.{name}"), value.to_string());
        }
        return Some(members);
    }
    if header("content-type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/jwt")) {
        open(seen, &format!("{step}.token"), &String::from_utf8_lossy(&bytes), keys);
    } else {
        seen.insert(format!("{step}.body"), format!("{} bytes", bytes.len()));
    }
    None
}

//! What the tests say things with: an app's HTTP client, a browser with cookies, a sign-in in a line.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use scraper::{Html, Selector};
use serde_json::Value;
use standin::{Builder, Check, Client, Emulator};
use url::Url;

/// What the scope `profile` opens, <https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims>.
pub(crate) const PROFILE_CLAIMS: [&str; 14] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

/// The redirect URI that most tests use.
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";

/// A verifier and its S256 challenge, RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// See [`VERIFIER`].
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A provider with two registered clients: `web` keeps the secret `s3cret`, `spa` keeps none.
pub(crate) fn registered() -> Builder {
    Emulator::builder()
        .client(
            Client::confidential("web", "s3cret")
                .redirects_to(CALLBACK)
                .redirects_to("http://localhost:3000/callback?tenant=a%20b")
                .returns_after_logout_to("http://localhost:3000/bye"),
        )
        .client(Client::public("spa").redirects_to(CALLBACK))
}

/// What a browser says that it accepts when it goes to a page.
const READS_PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Names and values.
pub(crate) type Form<'a> = &'a [(&'a str, &'a str)];

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// A member of the JSON answer, as text.
    pub(crate) fn member(&self, name: &str) -> String {
        let json = self.json();
        let member = json.get(name).unwrap_or_else(|| panic!("no {name} in {json}"));
        member.as_str().map_or_else(|| member.to_string(), str::to_owned)
    }

    pub(crate) fn location(&self) -> Url {
        let location = self.header("location");
        Url::parse(location).unwrap_or_else(|e| panic!("{e}: `{location}`, {} {}", self.status, self.text))
    }

    /// A parameter of the way back, wherever it was put.
    pub(crate) fn returned(&self, name: &str) -> Option<String> {
        let location = self.location();
        let pairs = location.query().into_iter().chain(location.fragment());
        pairs
            .flat_map(|text| url::form_urlencoded::parse(text.as_bytes()))
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    }

    /// The value of a page's form field.
    pub(crate) fn field(&self, name: &str) -> String {
        let selector = Selector::parse(&format!("input[name='{name}']")).expect("a selector");
        let page = Html::parse_document(&self.text);
        let field = page.select(&selector).next().unwrap_or_else(|| panic!("no field {name} on {}", self.text));
        field.value().attr("value").unwrap_or_default().to_owned()
    }

    /// Everything that a person can read on the page.
    pub(crate) fn words(&self) -> String {
        let page = Html::parse_document(&self.text);
        page.root_element().text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn elements(&self, selector: &str) -> usize {
        Html::parse_document(&self.text).select(&Selector::parse(selector).expect("a selector")).count()
    }
}

/// An HTTP client that follows nothing.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}

/// A browser: it keeps cookies, and does what it is told.
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::with(http())
    }

    /// One that sends its requests by this client.
    pub(crate) fn with(http: reqwest::Client) -> Self {
        Self { http, cookies: Mutex::default() }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(self.http.get(url)).await
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let origin = Url::parse(url).expect("a URL").origin().ascii_serialization();
        let request =
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded").header("origin", origin);
        self.send(request.body(body)).await
    }

    /// The same, where the connection may break.
    pub(crate) async fn try_get(&self, url: &str) -> Option<Answer> {
        let cookies: Vec<String> =
            self.cookies.lock().expect("a lock").iter().map(|(n, v)| format!("{n}={v}")).collect();
        let response =
            self.http.get(url).header("cookie", cookies.join("; ")).header("accept", READS_PAGES).send().await.ok()?;
        Some(Answer::read(response).await)
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.lock().expect("a lock").iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = request.header("cookie", cookies.join("; ")).header("accept", READS_PAGES);
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        for set in answer.headers.get_all(SET_COOKIE) {
            let pair = set.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.lock().expect("a lock").insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("a lock").get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("a lock").insert(name.to_owned(), value.to_owned());
    }
}

/// An authorization request of the client `web`, changed by `more`: an empty value leaves a parameter out.
pub(crate) fn authorize_url(idp: &Emulator, more: &[(&str, &str)]) -> String {
    ask(&idp.issuer(), more)
}

/// Asks, clicks on a person, and gives what comes back.
pub(crate) async fn sign_in(idp: &Emulator, browser: &Browser, more: &[(&str, &str)], person: &str) -> Answer {
    let page = browser.get(&authorize_url(idp, more)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let interaction = page.field("interaction");
    browser.post(&format!("{}/sign-in", idp.issuer()), &[("interaction", &interaction), ("sub", person)]).await
}

/// The code of a sign-in by a new browser.
pub(crate) async fn code(idp: &Emulator, more: &[(&str, &str)], person: &str) -> String {
    let answer = sign_in(idp, &Browser::new(), more, person).await;
    answer.returned("code").unwrap_or_else(|| panic!("no code in {}", answer.location()))
}

/// Posts a form as the client `web`.
pub(crate) async fn as_web(idp: &Emulator, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = http().post(format!("{}{path}", idp.issuer())).basic_auth("web", Some("s3cret"));
    post(request, form).await
}

/// Posts a form with no credentials but those in it.
pub(crate) async fn as_anyone(idp: &Emulator, path: &str, form: &[(&str, &str)]) -> Answer {
    post(http().post(format!("{}{path}", idp.issuer())), form).await
}

pub(crate) async fn post(request: reqwest::RequestBuilder, form: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    Answer::read(request.send().await.expect("an answer")).await
}

pub(crate) async fn get(url: &str) -> Answer {
    send(http().get(url)).await
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("an answer")).await
}

/// Redeems a code as the client `web`.
pub(crate) async fn redeem(idp: &Emulator, code: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    as_web(idp, "/token", &form).await
}

/// The same by another client than `web`.
pub(crate) async fn redeem_as(idp: &Emulator, (id, secret): (&str, &str), code: &str) -> Answer {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    post(http().post(format!("{}/token", idp.issuer())).basic_auth(id, Some(secret)), &form).await
}

/// Signs in and redeems, in one go.
pub(crate) async fn tokens(idp: &Emulator, more: &[(&str, &str)], person: &str) -> Answer {
    let answer = redeem(idp, &code(idp, more, person).await, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// What an app learns by a sign-in that shows no page.
pub(crate) async fn id_token(idp: &Emulator, more: &[(&str, &str)]) -> Value {
    let answer = Browser::new().get(&authorize_url(idp, more)).await;
    let code = answer.returned("code").unwrap_or_else(|| panic!("no code: {} {}", answer.status, answer.text));
    claims(&redeem(idp, &code, &[]).await.member("id_token"))
}

pub(crate) async fn userinfo(idp: &Emulator, access_token: &str) -> Answer {
    send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(access_token)).await
}

/// The claims of a JWT, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a JWT, unverified.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// The last request was refused by this check and no other.
#[track_caller]
pub(crate) fn refused_by(idp: &Emulator, check: Check) {
    let last = idp.provider().journal().last().expect("something happened");
    let refused = last.refused.as_ref().map(|refused| refused.check);
    assert_eq!(refused, Some(check), "{last}");
}

/// The control API of a provider, or of one of its realms.
pub(crate) struct Control {
    base: String,
    realm: Option<String>,
}

impl Control {
    pub(crate) fn of(idp: &Emulator) -> Self {
        Self { base: format!("http://localhost:{}/_control/v1", idp.address().port()), realm: None }
    }

    /// The same for a realm, by the header.
    pub(crate) fn of_realm(idp: &Emulator, realm: &str) -> Self {
        Self { realm: Some(realm.to_owned()), ..Self::of(idp) }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = http().request(method, format!("{}{path}", self.base));
        if let Some(realm) = &self.realm {
            request = request.header("standin-realm", realm);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.call("POST", path, Some(body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    pub(crate) async fn delete(&self, path: &str) {
        let answer = self.call("DELETE", path, None).await;
        assert_eq!(answer.status, 204, "{path}: {}", answer.text);
    }

    /// A call that must be refused: its status, the field that is wrong, and the sentence.
    pub(crate) async fn problem(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let answer = self.call(method, path, Some(body)).await;
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}: {} {}",
            answer.status,
            answer.text
        );
        let problem = answer.json();
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(problem["status"], answer.status);
        (answer.status, text("field"), text("detail"))
    }
}

/// An authorization request of the client `web` at any issuer, changed by `more`: an empty value leaves a parameter out.
pub(crate) fn ask(issuer: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![
        ("client_id", "web"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
    ];
    params.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    params.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{issuer}/authorize?{query}")
}

/// Redeems a code at any issuer as the client `web`.
pub(crate) async fn redeem_at(issuer: &str, code: &str) -> Answer {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    post(http().post(format!("{issuer}/token")).basic_auth("web", Some("s3cret")), &form).await
}

//! Signing in at an app over HTTP, as a browser without a screen would.

use std::fmt;
use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use crate::http::browser_client;
use crate::realm::Realm;

/// The most redirects and pages on the way.
const MOST_STEPS: usize = 30;

/// A sign-in at an app.
///
/// ```
/// use standin::SignIn;
///
/// let sign_in = SignIn::at("http://localhost:3000/login").by("alice");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    start: String,
    user: Option<String>,
    scopes: Option<String>,
    decline: Option<String>,
}

impl SignIn {
    /// Begins at this URL of the app: its page for signing in, or any page that needs it.
    pub fn at(url: &str) -> Self {
        Self { start: url.to_owned(), user: None, scopes: None, decline: None }
    }

    /// Presses this person's button. Without it, the first one's.
    #[must_use]
    pub fn by(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Ticks only these scopes, where consent is asked for.
    #[must_use]
    pub fn consenting_to(mut self, scopes: &str) -> Self {
        self.scopes = Some(scopes.to_owned());
        self
    }

    /// Presses the button that fails so, such as `access_denied`.
    #[must_use]
    pub fn declining(mut self, error: &str) -> Self {
        self.decline = Some(error.to_owned());
        self
    }
}

/// Where a sign-in ended.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The last page's URL.
    pub url: Url,
    /// The last page's status.
    pub status: u16,
    /// The last page.
    pub body: String,
    /// The redirect URI with its parameters, as the app got it; nothing, if the app was never sent anything.
    pub callback: Option<Url>,
    jar: Arc<Jar>,
}

impl SignedIn {
    /// The `Cookie` header that a browser would send to this URL now.
    pub fn cookies_for(&self, url: &Url) -> Option<String> {
        self.jar.cookies(url).and_then(|value| value.to_str().ok().map(str::to_owned))
    }

    /// A parameter that came back with the callback, such as `code` or `error`.
    pub fn returned(&self, name: &str) -> Option<String> {
        let callback = self.callback.as_ref()?;
        let pairs = callback.query().into_iter().chain(callback.fragment());
        let mut pairs = pairs.flat_map(|text| url::form_urlencoded::parse(text.as_bytes()));
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// Why a sign-in came to no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInError(String);

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SignInError {}

/// What to do next.
enum Step {
    Get(Url),
    Post(Url, Vec<(String, String)>),
}

struct Browsing<'a> {
    http: Client,
    jar: Arc<Jar>,
    issuer: Url,
    sign_in: &'a SignIn,
    callback: Option<Url>,
}

pub(super) async fn sign_in(realm: &Realm, sign_in: SignIn) -> Result<SignedIn, SignInError> {
    let jar = Arc::new(Jar::default());
    let http = browser_client(Arc::clone(&jar)).map_err(|e| SignInError(e.to_string()))?;
    let parse = |text: &str| Url::parse(text).map_err(|e| SignInError(format!("`{text}` is no URL: {e}")));
    let (mut step, issuer) = (Step::Get(parse(&sign_in.start)?), parse(&realm.settings().issuer)?);
    let mut browsing = Browsing { http, jar, issuer, sign_in: &sign_in, callback: None };
    for _ in 0..MOST_STEPS {
        match browsing.take(step).await? {
            Next::Go(next) => step = next,
            Next::Arrived(signed_in) => return Ok(signed_in),
        }
    }
    Err(SignInError(format!(
        "the way from {} has more than {MOST_STEPS} steps: it goes round in circles",
        sign_in.start
    )))
}

enum Next {
    Go(Step),
    Arrived(SignedIn),
}

impl Browsing<'_> {
    async fn take(&mut self, step: Step) -> Result<Next, SignInError> {
        let response = self.send(step).await?;
        let (url, status) = (response.url().clone(), response.status());
        if status.is_redirection() {
            let location = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to = url.join(location).map_err(|e| SignInError(format!("{url} redirects to `{location}`: {e}")))?;
            self.notice(&url, &to);
            return Ok(Next::Go(Step::Get(to)));
        }
        let body = response.text().await.map_err(|e| SignInError(format!("{url}: {e}")))?;
        if !self.is_ours(&url) {
            let (jar, callback) = (Arc::clone(&self.jar), self.callback.clone());
            return Ok(Next::Arrived(SignedIn { url, status: status.as_u16(), body, callback, jar }));
        }
        match self.press(&url, &body) {
            Some(step) => Ok(Next::Go(step)),
            None => {
                let words: String = body
                    .split('<')
                    .filter_map(|part| part.split_once('>'))
                    .map(|(_, text)| text.trim())
                    .collect::<Vec<_>>()
                    .join(" ");
                let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(600).collect();
                Err(SignInError(format!("the provider's page at {url} ({status}) has nothing to press: {words}")))
            }
        }
    }

    async fn send(&self, step: Step) -> Result<Response, SignInError> {
        let request: RequestBuilder = match &step {
            Step::Get(url) => self.http.get(url.clone()),
            Step::Post(url, fields) => {
                let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let post = self.http.post(url.clone()).header("content-type", "application/x-www-form-urlencoded");
                post.header("origin", self.issuer.origin().ascii_serialization()).body(form)
            }
        };
        let (Step::Get(url) | Step::Post(url, _)) = step;
        request.send().await.map_err(|e| SignInError(format!("{url} does not answer: {e}")))
    }

    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.issuer.origin() && url.path().starts_with(self.issuer.path().trim_end_matches('/'))
    }

    /// The way from the provider to the app is what the app was sent.
    fn notice(&mut self, from: &Url, to: &Url) {
        if self.is_ours(from) && !self.is_ours(to) {
            self.callback = Some(to.clone());
        }
    }

    /// The button on a page of the provider's.
    fn press(&mut self, url: &Url, page: &str) -> Option<Step> {
        let fields = fields(page);
        let action = between(page, "action=\"", "\"").map(unescaped);
        let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        if let Some(interaction) = value("interaction") {
            let target =
                |path: &str| self.issuer.join(&format!("{}{path}", self.issuer.path().trim_end_matches('/'))).ok();
            let mut form = vec![("interaction".to_owned(), interaction)];
            if page.contains("data-testid=\"allow\"") {
                form.push(("decision".into(), "allow".into()));
                let all = fields.iter().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.as_str());
                let wanted = self.sign_in.scopes.as_deref();
                let ticked = all.filter(|scope| wanted.is_none_or(|wanted| wanted.split(' ').any(|one| one == *scope)));
                form.extend(ticked.map(|scope| ("scope".to_owned(), scope.to_owned())));
                return Some(Step::Post(target("/consent")?, form));
            }
            match &self.sign_in.decline {
                Some(error) => form.push(("decline".into(), error.clone())),
                None => {
                    let first = between(page, "name=\"sub\" value=\"", "\"").map(unescaped);
                    form.push(("sub".into(), self.sign_in.user.clone().or(first)?));
                }
            }
            return Some(Step::Post(target("/sign-in")?, form));
        }
        // What is left is the form that posts the answer to the app.
        let action = url.join(&action?).ok().filter(|action| !self.is_ours(action))?;
        self.callback = Some(action.clone());
        Some(Step::Post(action, fields))
    }
}

/// Name and value of each input of a page of ours, whose attributes are always written in this order.
fn fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    inputs
        .filter_map(|input| {
            let name = between(input, "name=\"", "\"")?;
            let value = between(input, "value=\"", "\"").unwrap_or_default();
            Some((unescaped(name), unescaped(value)))
        })
        .collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found)
}

/// The characters that our pages escape.
fn unescaped(text: &str) -> String {
    const ESCAPED: [(&str, &str); 10] = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    ESCAPED.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

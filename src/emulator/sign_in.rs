//! Signing in at an app over HTTP, as a browser without a screen would.

use std::fmt;
use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::{Client, RequestBuilder, Response};
use scraper::{ElementRef, Html, Selector};
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
    press: Option<String>,
    user: Option<String>,
    scopes: Option<String>,
    decline: Option<String>,
}

impl SignIn {
    /// Begins at this URL of the app: its page for signing in, or any page that needs it.
    pub fn at(url: &str) -> Self {
        Self { start: url.to_owned(), press: None, user: None, scopes: None, decline: None }
    }

    /// Presses the app's own button or link with these words first, for apps that begin a sign-in by a form.
    #[must_use]
    pub fn pressing(mut self, words: &str) -> Self {
        self.press = Some(words.to_owned());
        self
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
    /// Whether the app's own button was pressed.
    pressed: bool,
}

pub(super) async fn sign_in(
    (realm, trusted): (&Realm, &[reqwest::Certificate]),
    sign_in: SignIn,
) -> Result<SignedIn, SignInError> {
    let jar = Arc::new(Jar::default());
    let http = browser_client(Arc::clone(&jar), trusted).map_err(|e| SignInError(e.to_string()))?;
    let parse = |text: &str| Url::parse(text).map_err(|e| SignInError(format!("`{text}` is no URL: {e}")));
    let (mut step, issuer) = (Step::Get(parse(&sign_in.start)?), parse(&realm.settings().issuer)?);
    let mut browsing = Browsing { http, jar, issuer, sign_in: &sign_in, callback: None, pressed: false };
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
        if !self.is_ours(&url) && (self.pressed || self.sign_in.press.is_none()) {
            let (jar, callback) = (Arc::clone(&self.jar), self.callback.clone());
            return Ok(Next::Arrived(SignedIn { url, status: status.as_u16(), body, callback, jar }));
        }
        let Some(step) = self.press(&url, &body) else {
            let said: String = words(Html::parse_document(&body).root_element()).chars().take(600).collect();
            return Err(SignInError(format!("the page at {url} ({status}) has nothing to press: {said}")));
        };
        self.pressed |= !self.is_ours(&url);
        if let Step::Post(to, _) = &step {
            self.notice(&url, &to.clone());
        }
        Ok(Next::Go(step))
    }

    async fn send(&self, step: Step) -> Result<Response, SignInError> {
        let request: RequestBuilder = match &step {
            Step::Get(url) => self.http.get(url.clone()),
            Step::Post(url, fields) => {
                let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let post = self.http.post(url.clone()).header("content-type", "application/x-www-form-urlencoded");
                post.header("origin", url.origin().ascii_serialization()).body(form)
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

    /// What there is to press on a page: the provider's buttons, or the one that the test named on a page of the app's.
    fn press(&self, url: &Url, text: &str) -> Option<Step> {
        let page = Html::parse_document(text);
        if !self.is_ours(url) {
            let wanted = self.sign_in.press.as_deref()?;
            return button_named(&page, wanted)
                .and_then(|(form, button)| submit(url, form, button))
                .or_else(|| link_named(&page, url, wanted));
        }
        let find = |selector: &str| all(&page, selector).into_iter().next();
        let buttons = [
            self.sign_in.decline.as_ref().map(|error| format!("button[name='decline'][value='{error}']")),
            self.sign_in.user.as_ref().map(|user| format!("button[name='sub'][value='{user}']")),
            Some("button[name='sub']".into()),
            Some("button[name='decision'][value='allow']".into()),
        ];
        let button = buttons.into_iter().flatten().find_map(|selector| find(&selector));
        if let Some(button) = button {
            let mut step = submit(url, form_of(button)?, Some(button))?;
            if let (Step::Post(_, fields), Some(scopes)) = (&mut step, &self.sign_in.scopes) {
                fields.retain(|(name, value)| name != "scope" || scopes.split(' ').any(|scope| scope == value));
            }
            return Some(step);
        }
        // A form that posts the answer to the app, or a step in between.
        let step = match find("form[method='post']") {
            Some(form) => submit(url, form, None)?,
            None => Step::Get(url.join(find("a[data-testid='go-on']")?.value().attr("href")?).ok()?),
        };
        let (Step::Get(to) | Step::Post(to, _)) = &step;
        (!self.is_ours(to)).then_some(step)
    }
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

fn form_of(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    element.ancestors().filter_map(ElementRef::wrap).find(|ancestor| ancestor.value().name() == "form")
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form with a button of these words.
fn button_named<'a>(page: &'a Html, wanted: &str) -> Option<(ElementRef<'a>, Option<ElementRef<'a>>)> {
    let buttons = all(page, "button, input[type='submit']");
    let button = buttons.into_iter().find(|button| {
        words(*button).contains(wanted) || button.value().attr("value").is_some_and(|value| value.contains(wanted))
    })?;
    Some((form_of(button)?, Some(button)))
}

fn link_named(page: &Html, url: &Url, wanted: &str) -> Option<Step> {
    let link = all(page, "a[href]").into_iter().find(|link| words(*link).contains(wanted))?;
    Some(Step::Get(url.join(link.value().attr("href")?).ok()?))
}

/// A form as a browser submits it when this button is pressed.
fn submit(url: &Url, form: ElementRef<'_>, button: Option<ElementRef<'_>>) -> Option<Step> {
    let action = form.value().attr("action").filter(|action| !action.is_empty());
    let mut to = action.map_or_else(|| Some(url.clone()), |action| url.join(action).ok())?;
    let inputs = Selector::parse("input[name]").ok()?;
    let attr = |element: ElementRef<'_>, name: &str| element.value().attr(name).map(str::to_owned);
    let sent = |input: &ElementRef<'_>| match attr(*input, "type").as_deref() {
        Some("checkbox" | "radio") => input.value().attr("checked").is_some(),
        Some("submit" | "button" | "reset" | "file" | "image") => false,
        _ => true,
    };
    let pair = |element: ElementRef<'_>| Some((attr(element, "name")?, attr(element, "value").unwrap_or_default()));
    let mut fields: Vec<(String, String)> = form.select(&inputs).filter(sent).filter_map(pair).collect();
    fields.extend(button.and_then(pair));
    if attr(form, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
        return Some(Step::Post(to, fields));
    }
    to.query_pairs_mut().clear().extend_pairs(fields);
    Some(Step::Get(to))
}

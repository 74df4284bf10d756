//! What goes back, as data: nothing here knows how it is sent.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::protocol::{Params, ResponseMode};

/// An answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond those that the body brings.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// What the answer carries.
    pub body: Body,
    /// How it is delivered.
    pub delivery: Delivery,
    /// Which other origins' scripts may read it.
    pub cors: Cors,
    /// Whether someone signed in with this browser just now, so that its cookie must be another from here on.
    pub signs_in: bool,
}

impl Reply {
    /// An answer delivered at once.
    pub const fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body, delivery: Delivery::Now, cors: Cors::Usual, signs_in: false }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With the headers that keep tokens out of caches, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1).
    #[must_use]
    pub fn uncached(self) -> Self {
        self.with("cache-control", "no-store").with("pragma", "no-cache")
    }
}

/// The parts that a body can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A JSON document, written out; shared where many answers are the same.
    Json(Bytes),
    /// A signed token with its media type.
    Token(&'static str, String),
    /// Whatever bytes under whatever name: only lies have such a body.
    Raw {
        /// The `Content-Type`.
        media_type: String,
        /// The body.
        bytes: Vec<u8>,
    },
    /// A page for a person.
    Page(Box<Page>),
    /// The browser goes back to the app with these parameters.
    Return(Return),
    /// The browser goes to another page, mostly of this provider: a path and query, or a URL.
    Onward(String),
    /// Nothing.
    Empty,
}

/// The way back to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The redirect URI as it was sent.
    pub uri: Url,
    /// Where the parameters are put.
    pub mode: ResponseMode,
    /// The answer.
    pub params: Params,
}

impl Return {
    /// The URL that the browser is sent to; for `form_post`, the one that the form is posted to.
    pub fn to_url(&self) -> Url {
        let mut url = self.uri.clone();
        match self.mode {
            ResponseMode::Query if !self.params.is_empty() => {
                url.query_pairs_mut().extend_pairs(self.params.iter());
            }
            ResponseMode::Fragment => url.set_fragment(Some(&self.params.to_query())),
            ResponseMode::Query | ResponseMode::FormPost => {}
        }
        url
    }

    /// What the form has to post; nothing, where the URL says it all.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        if self.mode == ResponseMode::FormPost { self.params.iter().collect() } else { Vec::new() }
    }
}

/// When, and whether, the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    Now,
    /// After a while.
    After(Duration),
    /// Not at all: the connection stays open until the caller gives up, or for ten minutes.
    Never,
    /// Not at all: the connection is reset.
    Reset,
    /// Half of it: then the connection is reset.
    HalfBody,
    /// A few bytes at a time, over so long a while.
    Drip(Duration),
    /// At once, in chunks without a length.
    Chunked,
}

/// Which other origins' scripts may read an answer, [Fetch](https://fetch.spec.whatwg.org/#http-cors-protocol).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// Those that asked, where the endpoint is for apps.
    #[default]
    Usual,
    /// None.
    Missing,
    /// All, without credentials.
    Wildcard,
}

/// A page, as what it says rather than how it looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// Who are you?
    SignIn(SignInPage),
    /// May this app know and do that?
    Consent(ConsentPage),
    /// Something was wrong.
    Error(ErrorPage),
    /// Do you want to sign out?
    SignOut(SignOutPage),
    /// You are signed out.
    SignedOut(SignedOutPage),
    /// One more step before the app gets its answer.
    Step(StepPage),
}

/// A page between the sign-in and the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPage {
    /// What is asked.
    pub title: &'static str,
    /// Why.
    pub sentence: &'static str,
    /// What the button says.
    pub button: &'static str,
    /// What the app gets then.
    pub back: Return,
}

/// The app on whose behalf a page is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppOnPage {
    /// `client_name`, or the id where there is none.
    pub name: String,
    /// `client_id`
    pub id: String,
    /// Where the answer will go, without `http://` and query.
    pub returns_to: String,
    /// `logo_uri`, `policy_uri`, `tos_uri`
    pub links: Vec<(&'static str, String)>,
}

impl AppOnPage {
    /// The app's picture.
    pub fn logo(&self) -> Option<&str> {
        self.links.iter().find(|(label, _)| *label == "logo").map(|(_, url)| url.as_str())
    }

    /// What there is to read about the app: label and link.
    pub fn links_to_read(&self) -> Vec<(&'static str, &str)> {
        self.links.iter().filter(|(label, _)| *label != "logo").map(|(label, url)| (*label, url.as_str())).collect()
    }

    /// The letter where there is no picture.
    pub fn letter(&self) -> String {
        let last_word = self.name.split_whitespace().last().unwrap_or("?");
        last_word.chars().take(1).flat_map(char::to_uppercase).collect()
    }
}

/// A person on the sign-in page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonOnPage {
    /// `sub`
    pub sub: String,
    /// The name to show.
    pub name: String,
    /// Up to two letters.
    pub initials: String,
    /// The line under the name.
    pub note: String,
    /// Whether this person is always refused.
    pub trap: bool,
}

/// A parameter of the request, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The parameter's name.
    pub name: String,
    /// Its value, shortened.
    pub value: String,
    /// What it is for.
    pub sentence: String,
    /// The section's short name and link, if a specification names the parameter.
    pub source: Option<(&'static str, &'static str)>,
}

/// What the claim editor shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    /// Whose claims.
    pub person: PersonOnPage,
    /// Each claim with its value as it is typed.
    pub claims: Vec<(String, String)>,
    /// Name and label of each what-if.
    pub what_ifs: Vec<(&'static str, &'static str)>,
}

/// The sign-in page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// Who asks.
    pub app: AppOnPage,
    /// The visit that the forms answer.
    pub interaction: String,
    /// Whom one can be with a click.
    pub people: Vec<PersonOnPage>,
    /// The claim editor in place of the people.
    pub editor: Option<Editor>,
    /// Why the page is shown again.
    pub notice: Option<String>,
    /// What the username field holds at first, `login_hint`.
    pub username: String,
    /// Who is signed in already.
    pub signed_in: Option<String>,
    /// The lies that can be told later: name, label, what is altered.
    pub lies: Vec<(&'static str, &'static str, &'static str)>,
    /// The request, explained.
    pub explained: Vec<Explained>,
    /// Whether any client is accepted.
    pub open_to_any_client: bool,
}

/// A scope on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOnPage {
    /// The scope.
    pub scope: String,
    /// What it allows, in words.
    pub title: String,
    /// The claims that it opens.
    pub detail: String,
    /// Whether it cannot be left out.
    pub required: bool,
    /// Each claim that it adds to UserInfo, with its value.
    pub claims: Vec<(String, String)>,
}

/// The consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentPage {
    /// Who asks.
    pub app: AppOnPage,
    /// The visit that the form answers.
    pub interaction: String,
    /// Who is asked.
    pub person: PersonOnPage,
    /// What is asked for.
    pub scopes: Vec<ScopeOnPage>,
    /// Single claims that are asked for beyond the scopes.
    pub single_claims: Vec<String>,
    /// Whether the answer can be kept.
    pub can_remember: bool,
}

/// An error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// The OAuth error.
    pub error: &'static str,
    /// The sentence that is not true.
    pub sentence: String,
    /// The value that came.
    pub got: Option<String>,
    /// What would have been accepted.
    pub expected: Option<String>,
    /// What to do.
    pub hint: String,
    /// Where it is written.
    pub section: &'static str,
}

/// The page that asks whether to sign out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOutPage {
    /// The visit that the form answers.
    pub interaction: String,
    /// Who is signed in.
    pub person: Option<String>,
    /// The app that asks, if it said.
    pub app: Option<String>,
}

/// The page after signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOutPage {
    /// Whether there was someone to sign out.
    pub was_signed_in: bool,
    /// Whether the person chose to stay signed in.
    pub stayed: bool,
}

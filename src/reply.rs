//! What goes back, as data: nothing here knows how it is sent.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::protocol::{Params, ResponseMode};

/// An answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond those that the body brings.
    pub headers: Vec<(&'static str, String)>,
    /// What the answer carries.
    pub body: Body,
    /// How it is delivered.
    pub delivery: Delivery,
    /// Whether someone signed in with this browser just now, so that its cookie must be another from here on.
    pub signs_in: bool,
}

impl Reply {
    /// An answer delivered at once.
    pub const fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body, delivery: Delivery::Now, signs_in: false }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
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
    /// A JSON document, written out.
    Json(Arc<str>),
    /// A signed token with its media type.
    Token(&'static str, String),
    /// A page for a person.
    Page(Box<Page>),
    /// The browser goes back to the app with these parameters.
    Return(Return),
    /// The browser goes to another page of this provider: a path and query.
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

/// When, and whether, the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    Now,
    /// After a while.
    After(Duration),
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

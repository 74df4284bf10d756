//! What goes back, as data: nothing here knows how it is sent.

mod page;
mod resource_call;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::protocol::{Params, ResponseMode};

pub(crate) use page::{
    AppOnPage, CheckSessionAnswer, ConsentPage, Editor, ErrorPage, Explained, Notice, Page, PersonOnPage, Row,
    ScopeOnPage, SignInPage, SignOutPage, SignedOutPage, StepPage, Suggestion,
};
pub(crate) use resource_call::ResourceCall;

/// An answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond those that the body brings.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// What the answer carries.
    pub body: Body,
    /// How it is delivered.
    pub delivery: Delivery,
    /// Which other origins' scripts may read it.
    pub cors: Cors,
    /// Whether someone signed in with this browser just now, so that its cookie must be another from here on.
    pub signs_in: bool,
    /// What the cookie is to hold by which apps watch the sign-in; nothing in it, where nobody is signed in. `None` leaves it as it is.
    pub browser_state: Option<String>,
}

impl Reply {
    /// An answer delivered at once.
    pub const fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            delivery: Delivery::Now,
            cors: Cors::Usual,
            signs_in: false,
            browser_state: None,
        }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name.into(), value.into()));
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
    Redirect(String),
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

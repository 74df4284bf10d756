//! What every view shares: whose it is, and what stands around it.

use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use crate::faults::Origin;
use crate::http::pages::view;
use crate::http::state::AppState;
use crate::protocol::{ClientId, Params, Subject, UnixTime};
use crate::realm::{Breakpoints, HoldView, Realm};
use crate::world::{Clock, Settings};

/// A look at a view.
#[derive(Clone)]
pub(super) struct Visit<'a> {
    pub(super) state: &'a Arc<AppState>,
    pub(super) realm: &'a Arc<Realm>,
    pub(super) settings: &'a Arc<Settings>,
    pub(super) query: Params,
    /// What of the path stands behind the view's own.
    pub(super) rest: String,
    /// The view and its query, below the realm's root.
    here: String,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        state: &'a Arc<AppState>,
        realm: &'a Arc<Realm>,
        settings: &'a Arc<Settings>,
        request: &Request,
    ) -> Self {
        let query = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
        let whole = request.uri().path_and_query().map_or("", |target| target.as_str());
        let here = whole.strip_prefix(settings.root_path()).filter(|here| here.starts_with("/_console"));
        let here = here.filter(|here| !here.starts_with("/_console/call")).unwrap_or("/_console").to_owned();
        Self { state, realm, settings, query, rest: String::new(), here }
    }

    pub(super) fn at(mut self, rest: &str) -> Self {
        rest.clone_into(&mut self.rest);
        self
    }

    /// What stands around a view.
    pub(super) fn frame(&self, view: &'static str) -> Frame<'a> {
        let now = self.realm.now();
        let rules = self.realm.rules().list(now);
        let beside = self.state.realms.all().into_iter().map(|realm| {
            let (settings, own) = (realm.settings(), Arc::ptr_eq(&realm, self.realm));
            (realm.name().to_owned(), format!("{}/_console", settings.root.url.trim_end_matches('/')), own)
        });
        Frame {
            root: self.settings.root_path(),
            issuer: &self.settings.issuer,
            base: &self.settings.root.url,
            realm: self.realm.name(),
            here: self.here.clone(),
            realms: beside.collect(),
            view,
            faults: rules.iter().filter(|rule| rule.origin == Origin::Fault).count(),
            now,
            clock: clock(self.realm.clock()),
            refused_config: self.state.refused_config(),
            steps: self.realm.breakpoints() != Breakpoints::default(),
            held: self.realm.holds(),
        }
    }

    /// What an app is called.
    pub(super) fn app(&self, id: &str) -> String {
        let client = self.settings.clients.get(&ClientId::from(id));
        client.map_or_else(|| id.to_owned(), |client| client.shown_name().to_owned())
    }

    /// What a person is called.
    pub(super) fn person(&self, sub: &str) -> String {
        let user = self.settings.user(&Subject::from(sub));
        user.map_or_else(|| sub.to_owned(), |user| user.shown_name().to_owned())
    }
}

/// What stands around every view.
pub(super) struct Frame<'a> {
    /// The path of the realm's root.
    pub(super) root: &'a str,
    pub(super) issuer: &'a str,
    /// The URL below which everything of the realm is.
    pub(super) base: &'a str,
    pub(super) realm: &'a str,
    /// Where a form leads back to: the view that it is on.
    pub(super) here: String,
    /// Every realm: its name, its console, and whether it is this one.
    pub(super) realms: Vec<(String, String, bool)>,
    /// The view that is shown.
    pub(super) view: &'static str,
    /// How many faults are on.
    pub(super) faults: usize,
    pub(super) now: UnixTime,
    pub(super) clock: String,
    pub(super) refused_config: Option<String>,
    /// Whether answers are held, and those that wait.
    pub(super) steps: bool,
    pub(super) held: Vec<HoldView>,
}

impl Frame<'_> {
    /// How long an answer is held, by the realm's clock.
    pub(super) fn held_for(&self, hold: &HoldView) -> i64 {
        self.now.since(hold.since)
    }

    /// The base of the control API for this realm.
    pub(super) fn api(&self) -> String {
        format!("{}/_control/v1", self.base.trim_end_matches('/'))
    }

    /// `--realm` for a command, unless this is the first realm.
    pub(super) fn flag(&self) -> String {
        if self.realm == crate::realm::ROOT { String::new() } else { format!(" --realm {}", self.realm) }
    }
}

fn clock(clock: Clock) -> String {
    match clock {
        Clock::Real { offset: 0 } => "real time".to_owned(),
        Clock::Real { offset } => format!("{}{}", if offset < 0 { "−" } else { "+" }, span(offset.abs())),
        Clock::Frozen(_) => "frozen".to_owned(),
    }
}

/// A number of seconds as people say it.
pub(super) fn span(seconds: i64) -> String {
    crate::protocol::Millis::of_seconds(seconds).to_string()
}

/// The time of day in UTC, for browsers without scripts.
pub(super) fn time_of_day(at: UnixTime) -> String {
    let of_day = at.0.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// A template as a page of the console.
pub(super) fn page(template: &impl Template) -> Response {
    view(template)
}

#[derive(Template)]
#[template(path = "console/missing.html")]
struct Missing<'a> {
    frame: Frame<'a>,
    what: &'static str,
}

/// The page that says that there is no such thing.
pub(super) fn missing(visit: &Visit<'_>, what: &'static str) -> Response {
    let mut response = page(&Missing { frame: visit.frame(""), what });
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

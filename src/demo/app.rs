//! A sample app, bound to its port, and what the provider is told of it.

use std::sync::Arc;

use super::logout_inbox::LogoutInbox;
use super::partner::Partner;
use super::program::{Bound, ProgramError, Running};
use super::relying_party::RelyingParty;
use super::sample::{NOTES, Sample};
use super::web::router;

/// A sample app that is bound to its port, but does not run yet.
#[derive(Debug)]
pub struct App {
    sample: &'static Sample,
    bound: Bound,
    inbox: Arc<LogoutInbox>,
    partner: Option<Partner>,
    api: Option<String>,
    console: Option<String>,
    trusted: Vec<reqwest::Certificate>,
}

impl App {
    /// Binds Acme Notes to a port, or to a free one if that is taken.
    pub fn bind(port: u16) -> Result<Self, ProgramError> {
        Self::bind_as(NOTES, port)
    }

    /// Binds a sample app to a port, or to a free one if that is taken.
    pub fn bind_as(sample: &'static Sample, port: u16) -> Result<Self, ProgramError> {
        let inbox = Arc::default();
        Ok(Self {
            sample,
            bound: Bound::at(port)?,
            inbox,
            partner: None,
            api: None,
            console: None,
            trusted: Vec::new(),
        })
    }

    /// Two apps, each of which leads to the other.
    pub fn side_by_side(mut one: Self, mut other: Self) -> (Self, Self) {
        let partner = |app: &Self| Partner { sample: app.sample, url: app.url(), inbox: Arc::clone(&app.inbox) };
        (one.partner, other.partner) = (Some(partner(&other)), Some(partner(&one)));
        (one, other)
    }

    /// With an API to call.
    #[must_use]
    pub fn calling(mut self, api: &str) -> Self {
        self.api = Some(api.to_owned());
        self
    }

    /// With a console to look at.
    #[must_use]
    pub fn watched_at(mut self, console: &str) -> Self {
        self.console = Some(console.to_owned());
        self
    }

    /// Believing these authorities beside the machine's own.
    #[must_use]
    pub fn trusting(mut self, authorities: &[reqwest::Certificate]) -> Self {
        self.trusted.extend_from_slice(authorities);
        self
    }

    /// Which app it is.
    pub const fn sample(&self) -> &'static Sample {
        self.sample
    }

    /// Where people find it.
    pub fn url(&self) -> String {
        format!("{}/", self.bound.origin())
    }

    /// Where its codes come back to.
    pub fn redirect_uri(&self) -> String {
        format!("{}callback", self.url())
    }

    /// Where it is told, server to server, that a sign-in is over.
    pub fn backchannel_logout_uri(&self) -> String {
        format!("{}backchannel-logout", self.url())
    }

    /// Runs the app until it is told to stop.
    pub fn start(self, issuer: &str) -> Result<Running, ProgramError> {
        let party = RelyingParty {
            issuer: issuer.to_owned(),
            url: self.url(),
            sample: self.sample,
            redirect_uri: self.redirect_uri(),
            api: self.api,
            partner: self.partner,
            inbox: self.inbox,
            console: self.console,
            trusted: self.trusted,
        };
        self.bound.serve(self.sample.cookie, router(Arc::new(party)))
    }
}

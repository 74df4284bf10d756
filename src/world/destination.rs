//! Where a sign-in leads once it is decided.

use super::{Failure, Interrupt, ReturnAddress};

/// Where a sign-in leads. Pages and rules ask it who is told what; only what builds the answer needs to know which kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Back to the app that sent the browser.
    App(Box<ReturnAddress>),
}

impl Destination {
    /// Whoever waits for the sign-in is told that it goes no further.
    pub fn refuse(&self, interrupt: impl Into<Interrupt>) -> Failure {
        match (interrupt.into(), self) {
            (Interrupt::Failed(refused), Self::App(address)) => Failure::SendBack(address.clone(), refused),
            (Interrupt::Need(key), _) => Failure::Need(key),
        }
    }

    /// The name of the place, as a page shows it: host and port, and the path.
    pub fn shown(&self) -> (String, String) {
        let Self::App(address) = self;
        let uri = address.uri();
        let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        (format!("{}{port}", uri.host_str().unwrap_or(uri.scheme())), uri.path().to_owned())
    }
}

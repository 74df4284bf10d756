//! Where a sign-in leads once it is decided.

use super::ReturnAddress;

/// Where a sign-in leads. Pages and rules ask it who is told what; only what builds the answer needs to know which kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Back to the app that sent the browser.
    App(Box<ReturnAddress>),
}

impl Destination {
    /// The name of the place, as a page shows it: host and port, and the path.
    pub fn shown(&self) -> (String, String) {
        let Self::App(address) = self;
        let uri = address.uri();
        let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        (format!("{}{port}", uri.host_str().unwrap_or(uri.scheme())), uri.path().to_owned())
    }
}

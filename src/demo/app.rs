//! The app as a program: a socket, a thread, an end.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::http::{Server, Stop};

use super::relying_party::RelyingParty;
use super::web::router;

/// A sample app that is bound to its port, but does not run yet.
#[derive(Debug)]
pub struct App {
    listener: TcpListener,
    port: u16,
}

/// Why the sample app did not start.
#[derive(Debug)]
pub struct AppError(io::Error);

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sample app cannot start: {}", self.0)
    }
}

impl std::error::Error for AppError {}

impl App {
    /// Binds the app to a port, or to a free one if that is taken.
    pub fn bind(port: u16) -> Result<Self, AppError> {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = bind(port).or_else(|_| bind(0)).map_err(AppError)?;
        let port = listener.local_addr().map_err(AppError)?.port();
        Ok(Self { listener, port })
    }

    /// Where people find it.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// Its name at the provider.
    pub const fn client_id(&self) -> &'static str {
        "notes-web"
    }

    /// What it proves that name with.
    pub const fn client_secret(&self) -> &'static str {
        "notes-web-secret"
    }

    /// Where its codes come back to.
    pub fn redirect_uri(&self) -> String {
        format!("{}callback", self.url())
    }

    /// Runs the app until it is told to stop.
    pub fn start(self, issuer: &str) -> Result<Running, AppError> {
        let party = RelyingParty {
            issuer: issuer.to_owned(),
            url: self.url(),
            client_id: self.client_id(),
            client_secret: self.client_secret(),
            redirect_uri: self.redirect_uri(),
        };
        let (server, stop) = Server::new(self.listener);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError)?;
        let app = router(Arc::new(party));
        let serve = move || runtime.block_on(server.serve(app));
        let thread = thread::Builder::new().name("acme-notes".into()).spawn(serve).map_err(AppError)?;
        Ok(Running { stop, thread })
    }
}

/// A sample app that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    stop: Stop,
    thread: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Takes no new request and waits until the open ones are answered.
    pub fn stop(self) {
        self.stop.stop();
        let _ = self.thread.join();
    }
}

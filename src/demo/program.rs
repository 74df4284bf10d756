//! A sample as a program: a socket, a thread, an end.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::thread::{self, JoinHandle};

use axum::Router;

use crate::http::{Server, Stop};

/// A socket that is bound, and not served yet.
#[derive(Debug)]
pub(super) struct Bound {
    listener: TcpListener,
    pub(super) port: u16,
}

/// Why a sample did not start.
#[derive(Debug)]
pub struct ProgramError(io::Error);

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sample app cannot start: {}", self.0)
    }
}

impl std::error::Error for ProgramError {}

impl Bound {
    /// A port, or a free one if that is taken.
    pub(super) fn at(port: u16) -> Result<Self, ProgramError> {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = bind(port).or_else(|_| bind(0)).map_err(ProgramError)?;
        let port = listener.local_addr().map_err(ProgramError)?.port();
        Ok(Self { listener, port })
    }

    /// Where people find it, without a slash at the end.
    pub(super) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Serves until it is told to stop.
    pub(super) fn serve(self, name: &str, router: Router) -> Result<Running, ProgramError> {
        let (server, stop) = Server::new(self.listener, None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ProgramError)?;
        let serve = move || runtime.block_on(server.serve(router));
        let thread = thread::Builder::new().name(name.to_owned()).spawn(serve).map_err(ProgramError)?;
        Ok(Running { stop, thread })
    }
}

/// A sample that runs. Dropping it stops it.
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

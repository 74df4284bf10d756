//! A listener that is served until it is told to stop.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::serve::IncomingStream;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tower::{Service, service_fn};

use crate::faults::TlsFlaw;

use super::door::{Door, NextFlaw};
use super::peer::Peer;
use super::tls::Tls;

/// How long open requests may take to finish once the server is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What is served: a service for each connection, which may break it off.
pub trait ForEachConnection: Clone + Send + Sync + 'static {
    /// What answers.
    type Service: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static;

    /// The service for whoever is at the other end.
    fn for_connection(&self, peer: Peer) -> Self::Service;

    /// What is wrong with the next TLS handshake, if something is to be.
    fn next_flaw(&self) -> Option<TlsFlaw> {
        None
    }
}

impl ForEachConnection for Router {
    type Service = Self;

    fn for_connection(&self, _: Peer) -> Self {
        self.clone()
    }
}

/// A server that is not running yet.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<(TcpListener, Option<Tls>)>,
    stop: watch::Receiver<bool>,
}

/// Tells a server to stop: at a call, or when it is dropped.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// No new connection is taken; open requests finish.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    /// A server on a listener that is bound already: whoever connects from now on will be answered.
    pub fn new(listener: TcpListener, tls: Option<Tls>) -> (Self, Stop) {
        let (sender, stop) = watch::channel(false);
        let server = Self { listeners: Vec::new(), stop };
        (server.also(listener, tls), Stop(sender))
    }

    /// On one more listener.
    #[must_use]
    pub fn also(mut self, listener: TcpListener, tls: Option<Tls>) -> Self {
        let twin = twin(&listener).map(|twin| (twin, tls.clone()));
        self.listeners.push((listener, tls));
        self.listeners.extend(twin);
        self
    }

    /// The same server for one more thread: each takes connections from the same sockets and keeps them.
    pub fn try_clone(&self) -> io::Result<Self> {
        let same = |(listener, tls): &(TcpListener, Option<Tls>)| Ok((listener.try_clone()?, tls.clone()));
        Ok(Self { listeners: self.listeners.iter().map(same).collect::<io::Result<_>>()?, stop: self.stop.clone() })
    }

    /// The address that is listened on first.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listeners.first().ok_or(io::ErrorKind::NotConnected)?.0.local_addr()
    }

    /// Answers requests until it is told to stop.
    pub async fn serve<A: ForEachConnection>(self, app: A) -> io::Result<()> {
        let (stop, mut late) = (self.stop.clone(), self.stop);
        let too_late = async move {
            let _ = late.wait_for(|stop| *stop).await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        let all = try_join_all(self.listeners.into_iter().map(|listener| answer(listener, app.clone(), stop.clone())));
        tokio::select! {
            result = all => result.map(drop),
            () = too_late => Ok(()),
        }
    }
}

/// The other `localhost`: many programs look there first, and some look nowhere else. The same port at `::1`, for a listener at `127.0.0.1`; none where the machine has no IPv6 or someone else is there.
fn twin(listener: &TcpListener) -> Option<TcpListener> {
    let address = listener.local_addr().ok()?;
    if address.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return None;
    }
    TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).ok()
}

async fn answer<A: ForEachConnection>(
    (listener, tls): (TcpListener, Option<Tls>),
    app: A,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let tcp = tokio::net::TcpListener::from_std(listener)?;
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let flawed = app.clone();
    let next_flaw: NextFlaw = Arc::new(move || flawed.next_flaw());
    let door = Door { tcp, tls: tls.map(|tls| (tls, next_flaw)), handshakes: FuturesUnordered::new() };
    let for_each = service_fn(move |stream: IncomingStream<'_, Door>| {
        let app = app.for_connection(stream.io().peer());
        async move { Ok::<_, Infallible>(app) }
    });
    axum::serve(door, for_each).with_graceful_shutdown(stopped).await
}

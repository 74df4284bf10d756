//! A listener that is served until it is told to stop.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::serve::IncomingStream;
use tokio::sync::watch;
use tower::{Service, service_fn};

use super::peer::{Breakable, Peer};

/// How long open requests may take to finish once the server is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What is served: a service for each connection, which may break it off.
pub trait ForEachConnection: Clone + Send + 'static {
    /// What answers.
    type Service: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static;

    /// The service for whoever is at the other end.
    fn for_connection(&self, peer: Peer) -> Self::Service;
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
    listener: TcpListener,
    /// The other `localhost`: many programs look there first, and some look nowhere else.
    twin: Option<TcpListener>,
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
    pub fn new(listener: TcpListener) -> (Self, Stop) {
        let (sender, stop) = watch::channel(false);
        let twin = twin(&listener);
        (Self { listener, twin, stop }, Stop(sender))
    }

    /// The same server for one more thread: each takes connections from the same socket and keeps them.
    pub fn try_clone(&self) -> io::Result<Self> {
        let twin = self.twin.as_ref().map(TcpListener::try_clone).transpose()?;
        Ok(Self { listener: self.listener.try_clone()?, twin, stop: self.stop.clone() })
    }

    /// The address that is listened on.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until it is told to stop.
    pub async fn serve<A: ForEachConnection>(self, app: A) -> io::Result<()> {
        let (stop, mut late) = (self.stop.clone(), self.stop);
        let too_late = async move {
            let _ = late.wait_for(|stop| *stop).await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        let twin = async {
            match self.twin {
                Some(twin) => answer(twin, app.clone(), stop.clone()).await,
                None => Ok(()),
            }
        };
        let both = async { tokio::try_join!(answer(self.listener, app.clone(), stop.clone()), twin).map(|_| ()) };
        tokio::select! {
            result = both => result,
            () = too_late => Ok(()),
        }
    }
}

/// The same port at `::1`, for a listener at `127.0.0.1`; none where the machine has no IPv6 or someone else is there.
fn twin(listener: &TcpListener) -> Option<TcpListener> {
    let address = listener.local_addr().ok()?;
    if address.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return None;
    }
    TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).ok()
}

async fn answer<A: ForEachConnection>(
    listener: TcpListener,
    app: A,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let for_each = service_fn(move |stream: IncomingStream<'_, Breakable>| {
        let app = app.for_connection(stream.io().peer());
        async move { Ok::<_, Infallible>(app) }
    });
    axum::serve(Breakable(listener), for_each).with_graceful_shutdown(stopped).await
}

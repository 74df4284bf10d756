//! A listener that is served until it is told to stop.

use std::future::IntoFuture as _;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use tokio::sync::watch;

/// How long open requests may take to finish once the server is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A server that is not running yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
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
        (Self { listener, stop }, Stop(sender))
    }

    /// The address that is listened on.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until it is told to stop.
    pub async fn serve(self, app: Router) -> io::Result<()> {
        self.listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            // Small answers are not held back for more to come.
            let _ = stream.set_nodelay(true);
        });
        let mut stop = self.stop;
        let mut late = stop.clone();
        let served = axum::serve(listener, app).with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
        let too_late = async move {
            let _ = late.wait_for(|stop| *stop).await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::select! {
            result = served.into_future() => result,
            () = too_late => Ok(()),
        }
    }
}

//! Where connections come in. Handshakes do not wait for one another: whoever is slow, or says nothing, is waited for beside the others.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;

use crate::faults::TlsFlaw;

use super::peer::{Connection, Io};
use super::tls::Tls;

/// The most handshakes that are waited for at once; who comes then waits to be let in.
const MOST_HANDSHAKES: usize = 512;

/// What is wrong with the next handshake, if something is to be.
pub(super) type NextFlaw = Arc<dyn Fn() -> Option<TlsFlaw> + Send + Sync>;

type Handshake = BoxFuture<'static, Option<(Io, SocketAddr)>>;

/// A listener, and how those who come are spoken to.
pub(super) struct Door {
    pub(super) tcp: TcpListener,
    pub(super) tls: Option<(Tls, NextFlaw)>,
    pub(super) handshakes: FuturesUnordered<Handshake>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

impl Listener for Door {
    type Io = Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Io, SocketAddr) {
        let Some((tls, next_flaw)) = &self.tls else {
            let (tcp, address) = Listener::accept(&mut self.tcp).await;
            return (Io::Plain(Connection::of(tcp)), address);
        };
        loop {
            let full = self.handshakes.len() >= MOST_HANDSHAKES;
            let arrives = async { if full { pending().await } else { Listener::accept(&mut self.tcp).await } };
            let done = async {
                if self.handshakes.is_empty() { pending().await } else { self.handshakes.next().await.flatten() }
            };
            tokio::select! {
                (tcp, address) = arrives => {
                    let (tls, next_flaw) = (tls.clone(), Arc::clone(next_flaw));
                    self.handshakes.push(Box::pin(async move {
                        let io = tls.secure(Connection::of(tcp), move || next_flaw()).await?;
                        Some((io, address))
                    }));
                }
                secured = done => if let Some(secured) = secured { return secured },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

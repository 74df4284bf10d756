//! Connections that can be broken off: the one lie that no answer can tell.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections can be broken off.
#[derive(Debug)]
pub(super) struct Breakable(pub(super) TcpListener);

/// One of its connections.
#[derive(Debug)]
pub(super) struct Connection {
    tcp: TcpStream,
    broken: Arc<AtomicBool>,
}

/// Whoever is at the other end.
#[derive(Clone, Debug)]
pub struct Peer(Arc<AtomicBool>);

impl Peer {
    /// Has the connection reset as soon as something would be written to it.
    pub(super) fn break_off(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Listener for Breakable {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (tcp, address) = Listener::accept(&mut self.0).await;
        // Small answers are not held back for more to come.
        let _ = tcp.set_nodelay(true);
        (Connection { tcp, broken: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connection {
    /// Whoever is at the other end.
    pub(super) fn peer(&self) -> Peer {
        Peer(Arc::clone(&self.broken))
    }

    fn check(&self) -> io::Result<()> {
        if !self.broken.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Closed with nothing lingering, a connection is reset: the other end sees an error, not an end.
        self.tcp.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bytes)
    }
}

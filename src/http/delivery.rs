//! How an answer is sent: at once, late, in pieces, or not at all. Nothing is held while it waits.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use crate::reply::Delivery;

use super::peer::Peer;

/// The longest that a connection without an answer is kept open.
const NEVER: Duration = Duration::from_mins(10);

/// How many bytes of a dripping body come at a time.
const DROP: usize = 16;

/// Sends an answer the way it says. `body` is the answer's body, whole.
pub(super) async fn deliver(response: Response, body: Bytes, delivery: Delivery, peer: Option<&Peer>) -> Response {
    match delivery {
        // Whoever is answered late was held before anything was written.
        Delivery::Now | Delivery::After(_) => response,
        Delivery::Never => {
            tokio::time::sleep(NEVER).await;
            reset(response, peer)
        }
        Delivery::Reset => reset(response, peer),
        Delivery::HalfBody => half(response, &body, peer.cloned()),
        Delivery::Drip(over) => dripping(response, body, over),
        Delivery::Chunked => {
            let whole = stream::iter([Ok::<_, io::Error>(body)]);
            replaced(response, Body::from_stream(whole))
        }
    }
}

fn reset(response: Response, peer: Option<&Peer>) -> Response {
    if let Some(peer) = peer {
        peer.break_off();
    }
    response
}

fn replaced(response: Response, body: Body) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    (parts, body).into_response()
}

/// Half of the body, and then the connection is reset. The length in the header is the whole one's.
fn half(response: Response, body: &Bytes, peer: Option<Peer>) -> Response {
    let length = body.len();
    let first = body.slice(..length / 2);
    let pieces = stream::unfold(Some(first), move |piece| {
        let peer = peer.clone();
        async move {
            if let Some(piece) = piece {
                return Some((Ok(piece), None));
            }
            // What was written so far must be on its way before the connection breaks.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if let Some(peer) = peer {
                peer.break_off();
            }
            Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
        }
    });
    let mut response = replaced(response, Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// A few bytes at a time.
fn dripping(response: Response, body: Bytes, over: Duration) -> Response {
    let drops = u32::try_from(body.len().div_ceil(DROP)).unwrap_or(u32::MAX).max(1);
    let (pause, length) = (over / drops, body.len());
    let pieces = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(rest.len().min(DROP));
        Some((Ok::<_, io::Error>(piece), rest))
    });
    let mut response = replaced(response, Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

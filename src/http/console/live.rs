//! A tick for each time that something happened, for a view that is open to look again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::frame::Visit;

/// The shortest time between two ticks: a burst of requests is one tick, and no view falls behind.
const TICK: Duration = Duration::from_millis(250);

/// The stream of ticks, each with the number of the newest exchange. It ends when the realm does.
pub(super) async fn events(visit: &Visit<'_>) -> Response {
    let newest = visit.realm.journal().follow();
    let journal = Arc::clone(visit.realm.journal());
    let ticks = stream::unfold((newest, journal, false), |(mut newest, journal, began)| async move {
        if began {
            if newest.borrow().ended || newest.changed().await.is_err() {
                return None;
            }
            tokio::time::sleep(TICK).await;
            newest.borrow_and_update();
        }
        let tick = Event::default().event("tick").data(journal.count().to_string());
        Some((Ok::<_, Infallible>(tick), (newest, journal, true)))
    });
    Sse::new(ticks).keep_alive(KeepAlive::default()).into_response()
}

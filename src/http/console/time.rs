//! The realm's clock, and what will expire.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::protocol::UnixTime;
use crate::realm::Expiry;
use crate::world::Clock;

use super::frame::{Frame, Visit, page, span, time_of_day};

/// How much of the forecast a view lists.
const LISTED: usize = 60;

#[derive(Template)]
#[template(path = "console/time.html")]
struct Time<'a> {
    frame: Frame<'a>,
    frozen: bool,
    moved: bool,
    forecast: Vec<Expiry>,
    all: usize,
}

impl Time<'_> {
    fn span(seconds: i64) -> String {
        span(seconds)
    }

    fn time_of_day(at: UnixTime) -> String {
        time_of_day(at)
    }
}

/// What time it is, and what comes.
pub(super) async fn time(visit: &Visit<'_>) -> Response {
    let Ok(mut forecast) = visit.realm.forecast().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "The place where records are kept does not answer.").into_response();
    };
    let all = forecast.len();
    forecast.truncate(LISTED);
    let clock = visit.realm.clock();
    let (frozen, moved) = (matches!(clock, Clock::Frozen(_)), clock != Clock::default());
    page(&Time { frame: visit.frame("time"), frozen, moved, forecast, all })
}

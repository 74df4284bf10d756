//! Who is signed in where, and what each app answered when it was told that this is over.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::explain::frames;
use crate::protocol::{ClientId, UnixTime};
use crate::realm::{Entry, Event, SessionView};

use super::frame::{Frame, Visit, page, span, time_of_day};

/// How many sign-outs a view lists.
const LISTED: usize = 20;

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct Sessions<'a> {
    frame: Frame<'a>,
    open: Vec<OnPage>,
    told: Vec<Told>,
}

/// A sign-in, with its apps.
struct OnPage {
    session: SessionView,
    name: String,
    since: String,
    left: String,
    apps: Vec<App>,
}

/// An app that takes part in a sign-in, and how it would hear that this is over.
struct App {
    id: String,
    name: String,
    hears: String,
}

/// What came of a sign-out for one app.
struct Told {
    number: u64,
    flow: Option<u64>,
    app: String,
    person: String,
    at: UnixTime,
    answer: String,
    well: bool,
    /// Whether it may be told once more: it was not, and was not later either.
    again: bool,
    means: String,
}

impl Told {
    fn time(&self) -> String {
        time_of_day(self.at)
    }
}

/// The map, and the last sign-outs.
pub(super) async fn sessions(visit: &Visit<'_>) -> Response {
    let Ok(all) = visit.realm.sessions().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "The place where sign-ins are kept does not answer.").into_response();
    };
    let now = visit.realm.now();
    let on_page = |session: SessionView| OnPage {
        name: visit.person(&session.user),
        since: time_of_day(session.auth_time),
        left: span(session.until.since(now)),
        apps: session
            .clients
            .iter()
            .map(|id| App { id: id.clone(), name: visit.app(id), hears: hears(visit, id) })
            .collect(),
        session,
    };
    let entries = visit.realm.journal().entries();
    let told = entries.iter().rev().flat_map(|entry| {
        let by_back_channel = is_told(entry).then(|| told(visit, entry, &entries));
        by_back_channel.into_iter().chain(told_in_browser(visit, entry))
    });
    let told = told.take(LISTED).collect();
    page(&Sessions { frame: visit.frame("sessions"), open: all.into_iter().map(on_page).collect(), told })
}

/// How an app would hear that the sign-in is over.
fn hears(visit: &Visit<'_>, id: &str) -> String {
    let client = visit.settings.clients.get(&ClientId::from(id));
    match client.map(|client| (&client.backchannel_logout_uri, &client.frontchannel_logout_uri)) {
        Some((Some(url), _)) => format!("hears about a logout by back channel, at {url}"),
        Some((None, Some(url))) => format!("hears about a logout in the browser, at {url}"),
        _ => "cannot be told: no logout URI is registered, so it stays signed in until its own cookie ends".to_owned(),
    }
}

fn is_told(entry: &Entry) -> bool {
    entry.events.iter().any(|event| matches!(event, Event::LogoutDelivered | Event::LogoutFailed))
}

fn told(visit: &Visit<'_>, entry: &Arc<Entry>, all: &[Arc<Entry>]) -> Told {
    let well = entry.events.contains(&Event::LogoutDelivered);
    let later = all.iter().any(|other| {
        let same = other.number > entry.number && other.flow == entry.flow && other.client == entry.client;
        same && other.events.contains(&Event::LogoutDelivered)
    });
    let remark = entry.trace.remarks.first().cloned().unwrap_or_default();
    Told {
        number: entry.number,
        flow: entry.flow,
        app: visit.app(entry.client.as_str()),
        person: entry.user.as_ref().map(|user| visit.person(user.as_str())).unwrap_or_default(),
        at: entry.at,
        answer: if entry.status == 0 { "no answer".to_owned() } else { entry.status.to_string() },
        well,
        again: !well && !later,
        means: if well { "It took the message, and should have ended its own session.".to_owned() } else { remark },
    }
}

/// The apps whose pages the browser opened, unseen, when it signed out.
fn told_in_browser(visit: &Visit<'_>, entry: &Arc<Entry>) -> Vec<Told> {
    if !entry.events.contains(&Event::SignedOut) {
        return Vec::new();
    }
    let told = |(app, url): (String, Url)| Told {
        number: entry.number,
        flow: entry.flow,
        app,
        person: entry.user.as_ref().map(|user| visit.person(user.as_str())).unwrap_or_default(),
        at: entry.at,
        answer: "in the browser".to_owned(),
        well: true,
        again: false,
        means: format!("Its page {} was opened, unseen. What the app made of it is not seen here.", url.path()),
    };
    frames(entry).into_iter().map(told).collect()
}

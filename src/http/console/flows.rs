//! The list of sign-ins: who, which app, how each ended.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use crate::explain::{Ending, by_flow, ended, mentions};
use crate::protocol::UnixTime;
use crate::realm::Entry;
use crate::world::Endpoint;

use super::frame::{Frame, Visit, page, time_of_day};

/// How many flows, and how many exchanges beside them, a view lists.
const LISTED: usize = 100;

/// The list of sign-ins, as every view of flows has it.
pub(super) struct List {
    pub(super) rows: Vec<Row>,
    /// How many there are, those included that are not listed.
    pub(super) all: usize,
    pub(super) wanted: String,
    /// The newest exchanges that belong to no sign-in: documents, and addresses where nothing is.
    pub(super) beside: Vec<Arc<Entry>>,
}

/// A sign-in in the list.
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) at: UnixTime,
    pub(super) words: String,
    pub(super) class: &'static str,
    pub(super) current: bool,
}

impl Row {
    pub(super) fn time(&self) -> String {
        time_of_day(self.at)
    }
}

/// Who does what, as the headline of a flow.
pub(super) fn title(visit: &Visit<'_>, entries: &[Arc<Entry>]) -> String {
    let client = entries.iter().map(|entry| entry.client.as_str()).find(|client| !client.is_empty());
    // A program's own token is about the program.
    let person = entries.iter().find_map(|entry| entry.user.as_ref()).filter(|user| Some(user.as_str()) != client);
    let user = person.map(|user| visit.person(user.as_str()));
    let ends = entries.first().is_some_and(|entry| {
        matches!(entry.endpoint, Endpoint::EndSession | Endpoint::SignOut | Endpoint::BackChannelLogout)
    });
    let client =
        if ends { "Sign-out".to_owned() } else { client.map_or_else(|| "unknown app".to_owned(), |id| visit.app(id)) };
    user.map_or_else(|| client.clone(), |user| format!("{client} · {user}"))
}

impl List {
    /// The newest flows in which what is looked for occurs. `current` is the one that is shown beside.
    pub(super) fn of(visit: &Visit<'_>, entries: &[Arc<Entry>], current: Option<u64>) -> Self {
        let wanted = visit.query.get("q").unwrap_or_default().trim().to_owned();
        let flows = by_flow(entries);
        let now = visit.realm.now();
        let fits = |entries: &[Arc<Entry>]| {
            wanted.is_empty()
                || entries.iter().any(|entry| mentions(entry, &wanted))
                || title(visit, entries).to_lowercase().contains(&wanted.to_lowercase())
        };
        let fitting: Vec<_> = flows.iter().rev().filter(|(_, entries)| fits(entries)).collect();
        let row = |(id, entries): &(&u64, &Vec<Arc<Entry>>)| {
            let ending = ended(entries, now);
            let class = match ending {
                Ending::Open(_) => "open",
                Ending::Well(_) => "well",
                Ending::Badly(_) => "badly",
            };
            let at = entries.last().map_or(UnixTime(0), |entry| entry.at);
            Row {
                id: **id,
                title: title(visit, entries),
                at,
                words: ending.words().to_owned(),
                class,
                current: current == Some(**id),
            }
        };
        let beside = entries.iter().rev().filter(|entry| entry.flow.is_none()).take(LISTED);
        Self {
            rows: fitting.iter().take(LISTED).map(row).collect(),
            all: fitting.len(),
            wanted,
            beside: beside.cloned().collect(),
        }
    }

    /// The query that keeps what is looked for.
    pub(super) fn query(&self) -> String {
        if self.wanted.is_empty() {
            String::new()
        } else {
            crate::protocol::Params::default().with("q", &self.wanted).to_query()
        }
    }
}

#[derive(Template)]
#[template(path = "console/flows.html")]
struct Flows<'a> {
    frame: Frame<'a>,
    list: List,
}

/// The list alone.
pub(super) async fn flows(visit: &Visit<'_>) -> Response {
    let entries = visit.realm.journal().entries();
    page(&Flows { frame: visit.frame("flows"), list: List::of(visit, &entries, None) })
}

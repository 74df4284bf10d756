//! One flow: its messages between browser, app, provider and API, and everything about the one that is chosen.

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use crate::explain::{
    Carried, Diagnosis, Diagram, DiagramMessage, Difference, Explained, ReadToken, Seen, Thread, carried, compared,
    diagnose, diagram, ended, explain, threads, tokens_in, with_keys,
};
use crate::faults::{FAULTS, FaultKind};
use crate::http::{control, filters};
use crate::realm::{Entry, MessageView, export};
use crate::spec::section_name;
use crate::world::Endpoint;

use super::flows::{List, title};
use super::frame::{Frame, Visit, missing, page, span};

#[derive(Template)]
#[template(path = "console/flow.html")]
struct Flow<'a> {
    frame: Frame<'a>,
    list: List,
    id: u64,
    title: String,
    ending: String,
    app: String,
    rows: Vec<Line>,
    with_api: bool,
    threads: Vec<Thread>,
    followed: String,
    diagnosis: Option<Diagnosis>,
    chosen: Option<Chosen>,
    /// Whether it is a file by itself.
    as_file: bool,
}

/// A message in the diagram.
struct Line {
    message: DiagramMessage,
    /// What was seen of it.
    entry: Option<Arc<Entry>>,
    /// Whether it is the first of its step.
    first: bool,
    chosen: bool,
    /// Where the followed value is here: nowhere, or how its line is drawn.
    thread: String,
    note: String,
}

impl Line {
    /// How the message is drawn.
    fn class(&self) -> String {
        let Self { message, .. } = self;
        let mut class = format!("f{} t{}", message.from.lane(), message.to.lane());
        let way = match message.from.lane().cmp(&message.to.lane()) {
            std::cmp::Ordering::Less => " r",
            std::cmp::Ordering::Greater => " l",
            std::cmp::Ordering::Equal => " self",
        };
        class.push_str(way);
        class.push_str(match message.seen {
            Seen::Observed => "",
            Seen::Inferred => " ghost",
            Seen::Missing => " silent",
        });
        if message.failed {
            class.push_str(" failed");
        }
        if self.first {
            class.push_str(" first");
        }
        class
    }

    /// The message as a sentence, for whoever listens.
    fn spoken(&self) -> String {
        let DiagramMessage { from, to, label, about, answer, seen, .. } = &self.message;
        let mut text = format!("{} to {}: {label}", from.words(), to.words());
        if !about.is_empty() {
            let _ = write!(text, " ({about})");
        }
        if !answer.is_empty() {
            let _ = write!(text, ", answered {answer}");
        }
        text.push_str(match seen {
            Seen::Observed => "",
            Seen::Inferred => ", inferred",
            Seen::Missing => ", missing",
        });
        text
    }
}

/// The message that is looked at.
struct Chosen {
    /// The value that is followed, or nothing.
    followed: String,
    message: DiagramMessage,
    entry: Option<Arc<Entry>>,
    sent: Vec<Parameter>,
    answered: Vec<Parameter>,
    tokens: Vec<Shown>,
    raw: Option<(MessageView, MessageView)>,
    /// The request as a shell sends it again; nothing for what this provider sent itself.
    curl: String,
    faults: Vec<&'static FaultKind>,
}

/// A name, its value, and what it is for.
struct Parameter {
    carried: Carried,
    explained: Option<Explained>,
    hot: bool,
}

/// A token, explained.
struct Shown {
    token: ReadToken,
    /// In percent how much of its life is over, and how much is left in words.
    life: Option<(i64, String)>,
    /// What differs from the one of the sign-in before.
    differs: Vec<Difference>,
    before: Option<u64>,
}

/// A flow, or one of its exports.
pub(super) async fn flow(visit: &Visit<'_>) -> Response {
    let (id, export) = visit.rest.split_once('/').unwrap_or((&visit.rest, ""));
    let entries = visit.realm.journal().entries();
    let Ok(id) = id.parse::<u64>() else { return missing(visit, "flow") };
    let flow: Vec<_> = entries.iter().filter(|entry| entry.flow == Some(id)).cloned().collect();
    if flow.is_empty() {
        return missing(visit, "flow");
    }
    match export {
        "" => page(&view(visit, id, &flow, &entries)),
        "page.html" => file(&Flow { as_file: true, ..view(visit, id, &flow, &entries) }),
        "export" => exported(visit, id).await,
        _ => missing(visit, "flow"),
    }
}

async fn exported(visit: &Visit<'_>, id: u64) -> Response {
    let format = visit.query.get("as").unwrap_or("mermaid");
    let path = format!("/flows/{id}/export?as={}", format.replace('&', ""));
    let answer = control::perform(visit.state, visit.realm, ("GET", &path), axum::body::Bytes::new()).await;
    answer.unwrap_or_else(|(status, why)| {
        (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), why).into_response()
    })
}

#[derive(Template)]
#[template(path = "console/file.html")]
struct File<'a> {
    flow: &'a Flow<'a>,
    all: Vec<Chosen>,
}

/// The flow as one file that opens anywhere.
fn file(flow: &Flow<'_>) -> Response {
    let entries: Vec<&Line> = flow.rows.iter().collect();
    let all = entries
        .iter()
        .map(|line| Chosen::of(&line.message, line.entry.as_ref(), "", (&[], flow.frame.issuer), flow.frame.now))
        .collect();
    let text = File { flow, all }.render().unwrap_or_default();
    let name = format!("attachment; filename=\"flow-{}.html\"", flow.id);
    ([(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (axum::http::header::CONTENT_DISPOSITION, name)], text)
        .into_response()
}

fn view<'a>(visit: &Visit<'a>, id: u64, flow: &[Arc<Entry>], journal: &[Arc<Entry>]) -> Flow<'a> {
    let now = visit.realm.now();
    let meanwhile: Vec<_> = journal.iter().filter(|entry| entry.flow.is_none()).cloned().collect();
    let drawn = diagram(flow, &meanwhile, now);
    let threads = threads(&with_keys(flow, &meanwhile, &drawn));
    let Diagram { with_api, messages } = drawn;
    let followed = visit.query.get("follow").unwrap_or_default().to_owned();
    let diagnosis = diagnose(&crate::explain::Case { flow, journal, settings: visit.settings, now });
    let chosen_at = chosen_at(visit, &messages);
    let chosen = chosen_at.and_then(|at| messages.get(at)).map(|message| {
        let entry = message.exchange.and_then(|number| journal.iter().find(|entry| entry.number == number));
        Chosen::of(message, entry, &followed, (journal, &visit.settings.root.origin), now)
    });
    let client = flow.iter().map(|entry| entry.client.as_str()).find(|client| !client.is_empty()).unwrap_or("app");
    Flow {
        frame: visit.frame("flows"),
        list: List::of(visit, journal, Some(id)),
        id,
        title: title(visit, flow),
        ending: ended(flow, now).words().to_owned(),
        app: visit.app(client),
        rows: lines(&messages, chosen_at, threads.iter().find(|thread| thread.name == followed), journal),
        with_api,
        threads,
        followed,
        diagnosis,
        chosen,
        as_file: false,
    }
}

/// The message that the address names; where it names none, what failed first, or where tokens were got, or the first that was seen.
fn chosen_at(visit: &Visit<'_>, messages: &[DiagramMessage]) -> Option<usize> {
    let named = visit.query.get("message").and_then(|at| at.parse::<usize>().ok()).filter(|at| *at < messages.len());
    let failed = || messages.iter().position(|message| message.failed);
    let redeemed = || messages.iter().position(|message| message.step == crate::explain::Step::Redeem);
    let seen = || messages.iter().position(|message| message.exchange.is_some());
    named.or_else(failed).or_else(redeemed).or_else(seen)
}

fn lines(
    messages: &[DiagramMessage],
    chosen: Option<usize>,
    thread: Option<&Thread>,
    journal: &[Arc<Entry>],
) -> Vec<Line> {
    let touch = |message: &DiagramMessage| {
        thread.and_then(|thread| thread.touches.iter().find(|touch| Some(touch.exchange) == message.exchange))
    };
    let touched = || messages.iter().enumerate().filter(|(_, message)| touch(message).is_some()).map(|(at, _)| at);
    let (from, to) = (touched().next(), touched().next_back());
    let mut step = None;
    let mut lines = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let (first, last) = (Some(at) == from, Some(at) == to);
        let between = from.is_some_and(|from| at >= from) && to.is_some_and(|to| at <= to);
        let thread = match touch(message) {
            Some(touch) => {
                let place = if last {
                    " end"
                } else if first {
                    " start"
                } else {
                    ""
                };
                format!("hit{place}{}", if touch.checked { " good" } else { "" })
            }
            None => if between { "along" } else { "none" }.to_owned(),
        };
        let note = touch(message).map(|touch| touch.note.clone()).unwrap_or_default();
        let entry = message.exchange.and_then(|number| journal.iter().find(|entry| entry.number == number)).cloned();
        let first_of_step = step.replace(message.step) != Some(message.step);
        lines.push(Line {
            message: message.clone(),
            entry,
            first: first_of_step,
            chosen: chosen == Some(at),
            thread,
            note,
        });
    }
    lines
}

impl Chosen {
    fn of(
        message: &DiagramMessage,
        entry: Option<&Arc<Entry>>,
        followed: &str,
        (journal, base): (&[Arc<Entry>], &str),
        now: crate::protocol::UnixTime,
    ) -> Self {
        let all = entry.map(|entry| carried(entry)).unwrap_or_default();
        let of_thread =
            |name: &str| name == followed || (followed == "code_verifier" && name.starts_with("code_challenge"));
        let parameter = |carried: Carried| Parameter {
            explained: explain(&carried.name, carried.place),
            hot: of_thread(&carried.name),
            carried,
        };
        let (sent, answered) = all.into_iter().partition::<Vec<_>, _>(|carried| carried.place.is_request());
        let raw = entry.and_then(|entry| entry.wire.as_ref());
        Self {
            followed: followed.to_owned(),
            message: message.clone(),
            entry: entry.cloned(),
            sent: sent.into_iter().map(parameter).collect(),
            answered: answered.into_iter().map(parameter).collect(),
            tokens: entry.map(|entry| shown(entry, journal, now)).unwrap_or_default(),
            curl: entry.map(|entry| curl_of(base, entry)).unwrap_or_default(),
            raw: raw.map(|wire| ((&wire.request).into(), (&wire.response).into())),
            faults: entry.map(|entry| faults_at(entry.endpoint)).unwrap_or_default(),
        }
    }

    /// The sections that the checks refer to, each once, by its short name.
    fn sections(&self) -> Vec<(&'static str, String)> {
        let mut sections: Vec<&'static str> = Vec::new();
        for (check, ..) in self.entry.iter().flat_map(|entry| entry.checks()) {
            if !sections.contains(&check.section()) {
                sections.push(check.section());
            }
        }
        sections.into_iter().map(|section| (section, section_name(section))).collect()
    }
}

/// The request as one command of the shell.
fn curl_of(base: &str, entry: &Arc<Entry>) -> String {
    let script = export::curl(base, std::slice::from_ref(entry));
    let command = script.split_once("\ncurl ").map(|(_, command)| format!("curl {}", command.trim_end()));
    command.unwrap_or_default().replace("\"$STANDIN_URL\"", base)
}

/// The tokens of an exchange, each beside the one of the same kind that the same app got for the same person before.
fn shown(entry: &Arc<Entry>, journal: &[Arc<Entry>], now: crate::protocol::UnixTime) -> Vec<Shown> {
    let earlier = |token: &ReadToken| {
        let before = journal.iter().rev().filter(|other| {
            other.number < entry.number
                && other.client == entry.client
                && other.user == entry.user
                && other.endpoint == entry.endpoint
        });
        before.take(200).find_map(|other| {
            let found =
                tokens_in(other).into_iter().find(|other| other.name == token.name && other.text != token.text)?;
            Some((other.number, compared(&found.opened, &token.opened)))
        })
    };
    let each = |token: ReadToken| {
        let life = token.life(now).map(|(over, left)| {
            (over, if left > 0 { format!("{} left", span(left)) } else { format!("over since {}", span(-left)) })
        });
        let (before, differs) = earlier(&token).map_or((None, Vec::new()), |(number, differs)| (Some(number), differs));
        Shown { token, life, differs, before }
    };
    tokens_in(entry).into_iter().map(each).collect()
}

/// The lies that fit a message.
fn faults_at(endpoint: Endpoint) -> Vec<&'static FaultKind> {
    let families: &[&str] = match endpoint {
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent => &["authz.", "user.", "mix."],
        Endpoint::Token => &["idt.", "tok.", "rt.", "at.", "id."],
        Endpoint::UserInfo => &["ui."],
        Endpoint::Jwks => &["jwks."],
        Endpoint::ProtectedResource => &["api."],
        Endpoint::EndSession | Endpoint::SignOut | Endpoint::BackChannelLogout => &["lo."],
        _ => &[],
    };
    FAULTS.iter().filter(|fault| families.iter().any(|family| fault.id.starts_with(family))).collect()
}

impl Flow<'_> {
    /// The address of a message: another page of this flow, with the same value followed; or a place in the file.
    fn to_message(&self, at: usize) -> String {
        if self.as_file {
            return format!("#message-{at}");
        }
        let follow = if self.followed.is_empty() { String::new() } else { format!("&follow={}", self.followed) };
        let query = self.list.query();
        format!("?message={at}{follow}{}{query}", if query.is_empty() { "" } else { "&" })
    }

    /// The address of this flow with another value followed, or none.
    fn to_thread(&self, name: &str) -> String {
        let at = self.rows.iter().position(|line| line.chosen).unwrap_or(0);
        if name == self.followed { format!("?message={at}") } else { format!("?message={at}&follow={name}") }
    }

    /// Who takes part, from left to right, and which of them is this provider.
    fn lanes(&self) -> Vec<(&str, bool)> {
        let mut lanes = vec![("Browser", false), (self.app.as_str(), false), ("Standin", true)];
        if self.with_api {
            lanes.push(("API", false));
        }
        lanes
    }
}

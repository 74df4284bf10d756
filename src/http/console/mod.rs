//! The console: what happens here, live, with the reason for every check; and everything that can be done about it. Each view has its
//! address, is whole without scripts, and does what it does through the control API.

mod apps;
mod call;
mod faults;
mod flow;
mod flows;
mod frame;
mod keys;
mod lesson;
mod live;
mod people;
mod sessions;
mod setup;
mod time;
mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::realm::Realm;

use super::guard;
use super::state::AppState;
use frame::Visit;

type Shown<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// One view of the console.
struct View {
    /// Its path below the realm's root. An ending of `/*` stands for one more segment, or several.
    path: &'static str,
    show: for<'a> fn(&'a Visit<'a>) -> Shown<'a>,
}

macro_rules! views {
    ($($path:literal => $show:path,)*) => {
        /// Every view.
        const VIEWS: &[View] = &[$(View { path: $path, show: |visit| Box::pin($show(visit)) },)*];
    };
}

views! {
    "/" => setup::home,
    "/_console" => setup::home,
    "/_console/setup" => setup::setup,
    "/_console/setup/*" => setup::setup,
    "/_console/flows" => flows::flows,
    "/_console/flows/*" => flow::flow,
    "/_console/people" => people::people,
    "/_console/apps" => apps::apps,
    "/_console/sessions" => sessions::sessions,
    "/_console/keys" => keys::keys,
    "/_console/faults" => faults::faults,
    "/_console/time" => time::time,
    "/_console/lesson" => lesson::lesson,
    "/_console/lesson/*" => lesson::lesson,
    "/_console/events" => live::events,
}

impl View {
    /// What of a path stands in the place of `*`, if this view is at the path.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.path.strip_suffix('*') {
            Some(stem) => path.strip_prefix(stem).filter(|rest| !rest.is_empty()),
            None => (self.path == path).then_some(""),
        }
    }
}

/// Where a browser shows the control token.
const TOKEN: &str = "/_console/token";

/// Where a form of the console goes that does something.
const CALL: &str = "/_console/call";

/// The console's answer at a path below a realm's root, if it is one of its own.
pub(super) async fn console(
    state: &Arc<AppState>,
    realm: &Arc<Realm>,
    below: &str,
    request: &mut Request,
) -> Option<Response> {
    // A slash at the end is no other view.
    let below = Some(below.trim_end_matches('/')).filter(|below| !below.is_empty()).unwrap_or("/");
    let posts = request.method() == Method::POST;
    if below == TOKEN && posts {
        return Some(token::take(state, realm, request).await);
    }
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let found = VIEWS.iter().find_map(|view| Some((view, view.below(below)?))).filter(|_| reads);
    if below == CALL && reads {
        // Whoever reloads the answer to a form is led to a view.
        let home = format!("{}/_console", realm.settings().root_path());
        return Some((StatusCode::SEE_OTHER, [(LOCATION, home)]).into_response());
    }
    if found.is_none() && !(below == CALL && posts) {
        return None;
    }
    let settings = realm.settings();
    Some(match guard::admitted_to_console(state, request.headers(), &settings) {
        Ok(()) => {
            let visit = Visit::new(state, realm, &settings, request);
            match found {
                Some((view, rest)) => (view.show)(&visit.at(&decoded(rest))).await,
                None => call::call(&visit, request).await,
            }
        }
        Err((401, _)) => token::ask(realm, false),
        Err((status, why)) => (StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), why).into_response(),
    })
}

/// A path as it was meant: in it a plus sign is one.
fn decoded(path: &str) -> String {
    let whole = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let mut pairs = url::form_urlencoded::parse(whole.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

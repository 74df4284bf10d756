//! The apps that may send people here.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use crate::world::{Client, Settings};

use super::frame::{Frame, Visit, page};

#[derive(Template)]
#[template(path = "console/apps.html")]
struct Apps<'a> {
    frame: Frame<'a>,
    settings: &'a Settings,
    registered: Vec<&'a Arc<Client>>,
    /// Who came without being registered, and how often.
    strangers: BTreeMap<String, usize>,
}

impl Apps<'_> {
    fn logout(client: &Client) -> String {
        match (&client.backchannel_logout_uri, &client.frontchannel_logout_uri) {
            (Some(url), Some(_)) => format!("hears of a logout by back channel, {url}, and in the browser"),
            (Some(url), None) => format!("hears of a logout by back channel, {url}"),
            (None, Some(url)) => format!("hears of a logout in the browser, {url}"),
            (None, None) => "cannot be told of a logout: it stays signed in until its own cookie ends".to_owned(),
        }
    }
}

/// The list.
pub(super) async fn apps(visit: &Visit<'_>) -> Response {
    let settings = visit.settings;
    let mut strangers = BTreeMap::new();
    for entry in visit.realm.journal().entries() {
        let registered = settings.clients.contains_key(&entry.client) || entry.client.as_str().is_empty();
        if !registered {
            *strangers.entry(entry.client.to_string()).or_default() += 1;
        }
    }
    page(&Apps { frame: visit.frame("apps"), settings, registered: settings.clients.values().collect(), strangers })
}

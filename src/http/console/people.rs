//! The people who can sign in.

use askama::Template;
use axum::response::Response;

use crate::faults::TEST_IDENTITIES;
use crate::world::User;

use super::frame::{Frame, Visit, page};

#[derive(Template)]
#[template(path = "console/people.html")]
struct People<'a> {
    frame: Frame<'a>,
    users: &'a [User],
    /// A prepared name for each way in which a sign-in can go wrong: the word, and what happens.
    identities: Vec<(&'static str, &'static str)>,
    invents: bool,
    wanted: String,
}

impl People<'_> {
    fn fits(&self, user: &User) -> bool {
        let wanted = self.wanted.to_lowercase();
        let text =
            format!("{} {} {}", user.sub, user.shown_name(), serde_json::to_string(&user.claims).unwrap_or_default());
        text.to_lowercase().contains(&wanted)
    }

    fn claims(user: &User) -> String {
        serde_json::to_string_pretty(&user.claims).unwrap_or_default()
    }
}

/// The list.
pub(super) async fn people(visit: &Visit<'_>) -> Response {
    page(&People {
        frame: visit.frame("people"),
        users: &visit.settings.users,
        identities: TEST_IDENTITIES.iter().map(|(word, sentence, _)| (*word, *sentence)).collect(),
        invents: visit.settings.invents_people,
        wanted: visit.query.get("q").unwrap_or_default().trim().to_owned(),
    })
}

//! Settings for other people's libraries.

use schemars::JsonSchema;
use serde::Serialize;

use crate::http::snippets::{SNIPPETS, Snippet, Values};

use super::operation::{Call, Operation, asks, lists};
use super::problem::Problem;

/// Settings for one library, with the realm's values in them.
#[derive(Serialize, JsonSchema)]
struct SnippetView {
    /// Its name.
    name: &'static str,
    /// The library's name.
    title: &'static str,
    /// Where the text goes.
    place: &'static str,
    /// The library's switch for plain http.
    http: &'static str,
    /// The library's own documentation.
    docs: &'static str,
    /// The text.
    text: String,
}

const SNIPPET: &str = r#"{"name": "authjs", "title": "Auth.js", "place": "auth.ts", "http": "Needs nothing.", "docs": "https://authjs.dev", "text": "…"}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists(
            "/snippets",
            "Settings for other people's libraries",
            |snippet: &SnippetView| snippet.name.to_owned(),
            |call: Call| async move { Ok(SNIPPETS.iter().map(|snippet| view(&call, snippet)).collect()) },
        )
        .about("With the realm's issuer and its first app in them. `after` is a `name`.", "", "[]"),
        asks("GET", "/snippets/{name}", "Settings for one library", show).about(
            "By its name, such as `spring-security`.",
            "",
            SNIPPET,
        ),
    ]
}

fn view(call: &Call, snippet: &Snippet) -> SnippetView {
    SnippetView {
        name: snippet.name,
        title: snippet.title(),
        place: snippet.place(),
        http: snippet.http(),
        docs: snippet.docs(),
        text: snippet.filled(&Values::of(&call.realm.settings(), snippet)),
    }
}

async fn show(call: Call) -> Result<SnippetView, Problem> {
    let name = call.part("name");
    let found =
        Snippet::named(name).ok_or_else(|| Problem::missing("snippet", name, SNIPPETS.iter().map(|known| known.name)));
    found.map(|snippet| view(&call, snippet))
}

//! `standin snippet`: settings for other people's libraries.

use clap::Args;
use reqwest::Method;
use serde_json::json;

use crate::http::{SNIPPETS, Snippet, Values};
use crate::protocol::nearest;

use super::exit::Exit;
use super::manage::text;
use super::output::print;
use super::running::{ServerArgs, block_on};

/// The issuer of a provider that was started without more.
const USUAL_ISSUER: &str = "http://localhost:7760";

/// Which settings.
#[derive(Clone, Debug, Args)]
pub(super) struct SnippetArgs {
    /// The library, such as authjs or spring-security; all of them are listed, where none is named
    name: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// With the values of the server that runs, or with the usual ones if none does.
pub(super) fn snippet(args: &SnippetArgs) -> Result<(), Exit> {
    let Some(name) = &args.name else { return list(args.server.json) };
    let Some(snippet) = Snippet::named(name) else {
        let known: Vec<&str> = SNIPPETS.iter().map(|snippet| snippet.name).collect();
        let near =
            nearest(name, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
        return Err(Exit::usage(format!("there are no settings for `{name}`.{near} There are: {}", known.join(", "))));
    };
    let remote = args.server.remote()?;
    let answer = block_on(remote.call(Method::GET, &format!("/snippets/{name}"), None));
    let filled = match &answer {
        Ok(answer) => text(&answer["text"]),
        // Nobody answers where nobody said that somebody would.
        Err(_) if args.server.named()?.is_none() => snippet.filled(&Values::usual(USUAL_ISSUER, snippet)),
        Err(_) => return answer.map(drop),
    };
    if args.server.json {
        let Snippet { name, .. } = snippet;
        let view = json!({ "name": name, "title": snippet.title(), "place": snippet.place(), "http": snippet.http(), "docs": snippet.docs(), "text": filled });
        return print(&view.to_string());
    }
    print(filled.trim_end())
}

fn list(as_json: bool) -> Result<(), Exit> {
    if as_json {
        let names: Vec<_> =
            SNIPPETS.iter().map(|snippet| json!({ "name": snippet.name, "title": snippet.title() })).collect();
        return print(&json!(names).to_string());
    }
    let lines: Vec<String> =
        SNIPPETS.iter().map(|snippet| format!("{:<24} {}", snippet.name, snippet.title())).collect();
    print(&lines.join("\n"))
}

//! `standin lesson`: how far somebody came, and lessons of one's own.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::exit::Exit;
use super::manage::{lines, text};
use super::running::{ServerArgs, part};

/// Which lesson.
#[derive(Clone, Debug, Args)]
pub(super) struct LessonArgs {
    /// Its name
    #[arg(default_value = "sign-in")]
    name: String,
    /// Keep a lesson of your own, TOML or JSON, under the name of its file
    #[arg(long, value_name = "FILE")]
    put: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Prints the steps, ticked as far as they are done.
pub(super) fn lesson(args: &LessonArgs) -> Result<(), Exit> {
    let (method, name, body) = match &args.put {
        None => (Method::GET, args.name.clone(), None),
        Some(file) => {
            let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            (Method::PUT, name, Some(read(file)?))
        }
    };
    args.server.ask((method, &format!("/lessons/{}", part(&name)), body), |lesson| {
        let steps = lines(&lesson["steps"], |step| {
            let mark = if step["done"].is_null() { ' ' } else { '✓' };
            format!("  {mark} {}", text(&step["title"]))
        });
        let all = lesson["steps"].as_array().map_or(0, Vec::len);
        format!("{}\n{steps}\n{} of {all} done", text(&lesson["title"]), lesson["done"])
    })
}

fn read(file: &PathBuf) -> Result<Value, Exit> {
    let named = file.display();
    let source = fs::read_to_string(file).map_err(|e| Exit::usage(format!("{named} cannot be read: {e}")))?;
    let json = serde_json::from_str(&source).map_err(|e| e.to_string());
    let read = if file.extension().is_some_and(|kind| kind == "json") {
        json
    } else {
        toml::from_str(&source).map_err(|e| e.to_string())
    };
    read.map_err(|why| Exit::usage(format!("{named}: {why}")))
}

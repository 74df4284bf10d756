//! The house rules of `src/lib.rs`, kept by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

use standin::Check;

use crate::sources::{Source, circles, edges, sources};

/// Each module beside the modules that it may name. What is not listed is not allowed.
const FLOORS: [(&str, &[&str]); 17] = [
    ("protocol", &["spec"]),
    ("spec", &["protocol"]),
    ("tokens", &["protocol", "spec"]),
    ("reply", &["protocol", "spec"]),
    ("world", &["protocol", "spec", "tokens"]),
    ("flows", &["protocol", "spec", "tokens", "reply", "world"]),
    ("profile", &["protocol", "spec", "tokens", "reply", "world"]),
    ("faults", &["protocol", "spec", "tokens", "reply", "world"]),
    ("store", &["protocol", "spec", "world"]),
    ("config", &["protocol", "spec", "tokens", "world"]),
    ("realm", &["protocol", "spec", "tokens", "reply", "world", "flows", "profile", "faults", "store", "config"]),
    ("explain", &["protocol", "spec", "tokens", "reply", "world", "faults", "realm"]),
    (
        "http",
        &[
            "protocol", "spec", "tokens", "reply", "world", "flows", "profile", "faults", "store", "config", "realm",
            "explain",
        ],
    ),
    ("emulator", &["protocol", "spec", "tokens", "world", "faults", "store", "config", "realm", "http"]),
    ("demo", &["protocol", "reply", "http"]),
    (
        "cli",
        &[
            "protocol", "spec", "tokens", "reply", "world", "profile", "faults", "store", "config", "realm", "http",
            "emulator", "demo",
        ],
    ),
    ("main", &["cli"]),
];

/// Words that may stand only in these places.
const WORDS: [(&[&str], &[&str]); 14] = [
    (&["axum"], &["http/", "demo/"]),
    (&["askama"], &["http/", "demo/"]),
    (&["tower"], &["http/", "demo/"]),
    (&["tower_http"], &["http/", "demo/"]),
    (&["tower_sessions"], &["http/", "demo/"]),
    (&["hyper"], &["http/"]),
    (&["reqwest"], &["http/", "emulator/", "demo/", "cli/"]),
    (&["SystemTime", ":", ":", "now"], &["world/clock.rs"]),
    (&["Instant", ":", ":", "now"], &["cli/"]),
    (&["env", ":", ":", "var"], &["cli/"]),
    (&["env", ":", ":", "var_os"], &["cli/"]),
    (&["getrandom"], &["world/entropy.rs"]),
    (&["static"], &[]),
    (&["unsafe"], &[]),
];

/// Other people's names for what we imitate.
const VENDORS: [&str; 8] = ["entra", "okta", "auth0", "keycloak", "cognito", "azure", "google", "apple"];

/// The words of a text, in lower case.
fn parts(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}

fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

#[test]
fn a_module_names_only_lower_floors() {
    let mut wrong = Vec::new();
    for (file, source) in sources().iter().filter(|(file, _)| *file != "lib.rs") {
        let own = module(file);
        let (_, allowed) =
            FLOORS.iter().find(|(name, _)| *name == own).unwrap_or_else(|| panic!("{own} has no floor yet"));
        let is_floor = |name: &String| FLOORS.iter().any(|(floor, _)| floor == name);
        let named = source.floors();
        for name in named.iter().filter(|name| *name != own && is_floor(name) && !allowed.contains(&name.as_str())) {
            wrong.push(format!("src/{file}: '{own}' may not use '{name}'"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let sources = sources();
    let circles = circles(&edges(&sources));
    let told: Vec<String> = circles.iter().map(|circle| circle.join(" → ")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_a_mistake() {
    let text = "use crate::http::App;\nuse crate::{realm, store::{Memory, Store}};\nfn f() { super::cli::run(); }\n\
                // crate::demo\nconst URL: &str = \"https://crate::demo\"; use axum::Router;";
    let source = Source::read("flows.rs", text.to_owned());
    assert_eq!(source.floors().into_iter().collect::<Vec<_>>(), ["cli", "http", "realm", "store"]);
    assert!(source.says(&["axum"]), "what stands behind a URL is code");
    assert!(!Source::read("a.rs", "fn f() -> &'static str { \"static\" }".to_owned()).says(&["static"]));
    assert!(Source::read("a.rs", "fn f() -> &'static str { static X: u8 = 1; \"\" }".to_owned()).says(&["static"]));
    let read = |name: &str, text: &str| (name.to_owned(), Source::read(name, text.to_owned()));
    let round = [
        read("a/mod.rs", "mod one; mod two; pub use two::Two;"),
        read("a/one.rs", "use super::Two; pub struct One;"),
        read("a/two.rs", "pub struct Two(super::one::One);"),
    ];
    let round = round.into_iter().collect();
    assert_eq!(circles(&edges(&round)), [["a/one.rs", "a/two.rs"]]);
}

#[test]
fn words_stand_only_where_they_may() {
    let mut wrong = Vec::new();
    for (file, source) in &sources() {
        for (phrase, places) in WORDS {
            let here = places.iter().any(|place| file.starts_with(place));
            if !here && source.says(phrase) {
                wrong.push(format!("src/{file} says `{}`", phrase.concat()));
            }
        }
        let quiet = ["protocol", "spec", "tokens", "reply", "world", "flows", "profile", "faults", "config"];
        if source.waits && quiet.contains(&module(file)) {
            wrong.push(format!("src/{file} waits, but below floor 4 nothing does"));
        }
        for vendor in VENDORS {
            if source.words.iter().flat_map(|word| parts(word)).any(|word| word == vendor) {
                wrong.push(format!("src/{file} names the vendor {vendor}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn flows_do_not_know_that_faults_or_the_journal_exist() {
    for (file, source) in sources().iter().filter(|(file, _)| file.starts_with("flows/")) {
        for word in ["fault", "journal", "vendor"] {
            let said = source.words.iter().flat_map(|said| parts(said)).any(|said| said.trim_end_matches('s') == word);
            assert!(!said, "src/{file} says `{word}`");
        }
    }
}

#[test]
fn files_are_short_and_say_first_what_is_in_them() {
    for (file, Source { text, .. }) in &sources() {
        assert!(
            text.lines().count() <= 400,
            "src/{file} has {} lines: is there more than one idea in it?",
            text.lines().count()
        );
        assert!(
            text.starts_with("//! ") || file == "lib.rs",
            "src/{file} begins with a sentence that says what is in it"
        );
    }
}

/// A check that no test sees fail may as well not be there.
#[test]
fn every_check_is_seen_failing_by_a_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let files: Vec<PathBuf> =
        fs::read_dir(tests).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    let tests_of_all: Vec<String> = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let flows: String = sources().into_values().map(|source| source.text).collect();
    for check in Check::ALL {
        let name = format!("Check::{}", check.name());
        let whole = |text: &String| {
            text.match_indices(&name)
                .any(|(at, found)| !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric()))
        };
        assert!(tests_of_all.iter().any(whole), "no test names {name}");
        assert!(whole(&flows), "nothing in src/ makes {name}");
    }
}

#[test]
fn the_top_level_has_what_was_agreed_and_no_more() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "templates",
        "keys",
        "tests",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "benches",
        "examples",
        "docs",
        "target",
    ];
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || agreed.contains(&name.as_str()), "{name} was not agreed");
    }
}

//! The house rules of `src/lib.rs`, kept by reading the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use standin::Check;

/// Each module beside the modules that it may name. What is not listed is not allowed.
const FLOORS: [(&str, &[&str]); 16] = [
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
    (
        "http",
        &["protocol", "spec", "tokens", "reply", "world", "flows", "profile", "faults", "store", "config", "realm"],
    ),
    ("emulator", &["protocol", "spec", "tokens", "world", "faults", "store", "config", "realm", "http"]),
    ("demo", &["protocol", "http"]),
    (
        "cli",
        &[
            "protocol", "spec", "tokens", "world", "profile", "faults", "store", "config", "realm", "http", "emulator",
            "demo",
        ],
    ),
    ("main", &["cli"]),
];

/// Words that may stand only in these places.
const WORDS: [(&str, &[&str]); 9] = [
    ("axum", &["http/", "demo/", "lib.rs"]),
    ("askama", &["http/", "demo/", "lib.rs"]),
    ("tower_", &["http/", "demo/"]),
    ("SystemTime::now", &["world/clock.rs"]),
    ("Instant::now", &["cli/"]),
    ("env::var", &["cli/"]),
    ("getrandom::", &["world/entropy.rs"]),
    ("static ", &[]),
    ("unsafe ", &[]),
];

/// Other people's names for what we imitate.
const VENDORS: [&str; 8] = ["entra", "okta", "auth0", "keycloak", "cognito", "azure", "google", "apple"];

fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
                sources.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    sources
}

/// The code of a file: comments say what they like.
fn code(text: &str) -> String {
    let without = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(without).collect::<Vec<_>>().join("\n")
}

/// The top modules that a file names, in `use crate::x`, `use crate::{x, y::z}` and `crate::x::y`.
fn named(code: &str) -> Vec<String> {
    let word =
        |text: &str| text.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, found)| (at, &code[at + found.len()..])) {
        match rest.strip_prefix('{') {
            None => names.push(word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut start = 0;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            names.push(word(&list[start..at]));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            names.push(word(&list[start..at]));
                            start = at + 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}

fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

#[test]
fn a_module_names_only_lower_floors() {
    let mut wrong = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| *file != "lib.rs") {
        let own = module(file);
        let (_, allowed) =
            FLOORS.iter().find(|(name, _)| *name == own).unwrap_or_else(|| panic!("{own} has no floor yet"));
        for name in named(&code(text)).iter().filter(|name| *name != own && !allowed.contains(&name.as_str())) {
            wrong.push(format!("src/{file}: '{own}' may not use '{name}'"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_a_mistake() {
    let seen = named(
        "use crate::http::Door;\nuse crate::{realm, store::{Memory, Store}, flows::token};\nlet x = crate::cli::run();",
    );
    assert_eq!(seen, ["http", "realm", "store", "flows", "cli"]);
}

#[test]
fn words_stand_only_where_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in &sources() {
        let code = code(text);
        for (word, places) in WORDS {
            let here = places.iter().any(|place| file.starts_with(place));
            if !here && code.lines().any(|line| line.contains(word) && !line.contains("'static ")) {
                wrong.push(format!("src/{file} says `{word}`"));
            }
        }
        let waits = code.contains("async fn") || code.contains(".await");
        if waits
            && ["protocol", "spec", "tokens", "reply", "world", "flows", "profile", "faults", "config"]
                .contains(&module(file))
        {
            wrong.push(format!("src/{file} waits, but below floor 4 nothing does"));
        }
        for vendor in VENDORS {
            if words(&code).any(|word| word == vendor) {
                wrong.push(format!("src/{file} names the vendor {vendor}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn flows_do_not_know_that_faults_or_the_journal_exist() {
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("flows/")) {
        for word in ["fault", "journal", "vendor"] {
            assert!(words(&code(text)).all(|said| said.trim_end_matches('s') != word), "src/{file} says `{word}`");
        }
    }
}

#[test]
fn files_are_short_and_say_first_what_is_in_them() {
    for (file, text) in &sources() {
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
    let flows: String = sources().into_values().collect();
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

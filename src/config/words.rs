//! What the readers of TOML, YAML and JSON complain about, in words for people who do not know their types.

use super::Mistake;
use super::mistake::did_you_mean;

/// The readers' own words, for people who do not know their types.
pub(super) fn plain_words(message: &str) -> String {
    const WORDS: [(&str, &str); 20] = [
        ("invalid type: ", ""),
        ("string \"", "text \""),
        ("EOF while parsing a value", "the text ends where a value should be"),
        ("EOF while parsing an object", "the text ends inside an object: a } is missing"),
        ("EOF while parsing a list", "the text ends inside a list: a ] is missing"),
        ("EOF while parsing a string", "the text ends inside a text: a \" is missing"),
        ("trailing comma", "there is a comma with nothing behind it: take it out"),
        ("key must be a string", "a key must stand in double quotes"),
        ("expected value", "there is no value here: text stands in double quotes"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("invalid u16", "not a whole number from 0 to 65535"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected u32", "expected a whole number, 0 or more"),
        ("expected a sequence", "expected a list, in [ ]"),
        ("expected sequence start", "expected a list, in [ ] or in lines that begin with -"),
        ("expected a map", "expected a table"),
        ("expected struct Config", "expected a table of keys and values"),
        ("string values must be quoted, expected literal string", "a value is missing here, or text without quotes"),
        ("expected mapping start", "expected a table of keys and values"),
        (", set DuplicateKeyPolicy in Options if acceptable", ""),
    ];
    let said = WORDS.iter().fold(message.replace('\n', ", "), |text, (theirs, ours)| text.replace(theirs, ours));
    let told = |hint: &str| format!("{said}: {hint}");
    match message {
        m if m.contains("invalid type: string") && (m.contains("expected u") || m.contains("expected a boolean")) => {
            told("leave the quotes out")
        }
        m if m.contains("invalid type: string") && m.contains("expected a sequence") => told("put it in [ ]"),
        m if m.contains("invalid type: integer") && m.contains("expected a string") => told("put it in quotes"),
        m if m.contains("invalid type: map") && m.contains("expected a sequence") => told("put it in [ ]"),
        m if m.contains("missing field `sub`") => {
            "a user has no `sub`: the stable name by which apps know the person".into()
        }
        m if m.contains("missing field `id`") => "a client has no `id`: the client_id that the app sends".into(),
        m if m.contains("strict mode expects true/false") => "write true or false, without quotes".into(),
        _ => said,
    }
}

pub(super) fn unknown_key<'a>(source: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let mistake = Mistake::new(source, format!("unknown key `{word}`"));
    let lists = ["`redirect_uris`", "`post_logout_redirect_uris`", "`grant_types`"];
    match did_you_mean(word, known.iter().copied()) {
        Some(help) if lists.iter().any(|list| help.contains(list)) => mistake.help(format!("{help} It takes a list.")),
        Some(help) => mistake.help(help),
        None => mistake.help(format!("known here: {}", known.join(", "))),
    }
}

pub(super) fn unknown_value<'a>(source: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let mistake = Mistake::new(source, format!("`{word}` is none of the values that can stand here"));
    match did_you_mean(word, known.iter().copied()) {
        Some(help) => mistake.help(format!("{help} (there are: {})", known.join(", "))),
        None => mistake.help(format!("there are: {}", known.join(", "))),
    }
}

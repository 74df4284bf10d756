//! Bodies of calls: JSON, with a sentence about whatever is wrong in it.

use serde::de::DeserializeOwned;

use crate::protocol::{Map, nearest};

use super::problem::Problem;

/// Reads a body. A mistake names the member where it is; no body at all is an empty object.
pub(super) fn read<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, Problem> {
    // A byte order mark is no part of the text, RFC 8259 §8.1.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let bytes = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::new(422, "Send a JSON object, in braces, not a list."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let (path, cause) = (e.path().to_string(), e.into_inner());
        if !cause.is_data() && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
            let what = "Something of this kind cannot stand here: a word is expected, one of those that the description lists.";
            return Problem::new(422, what).field(path);
        }
        if !cause.is_data() {
            return Problem::new(400, format!("The body is not JSON: {}.", in_words(&cause.to_string())));
        }
        let message = cause.to_string();
        let (mut field, said) = explained(&path, message.rsplit_once(" at line ").map_or(&*message, |(what, _)| what));
        if field.trim_matches(['.', '?']).is_empty() {
            field = culprit::<B>(bytes).unwrap_or_default();
        }
        Problem::new(422, said).field(field)
    })?;
    reader.end().map_err(|_| Problem::new(400, "There is something behind the JSON."))?;
    Ok(body)
}

/// The member without which the body would be in order: the reader forgets where it was in those that several kinds of body share.
fn culprit<B: DeserializeOwned>(bytes: &[u8]) -> Option<String> {
    let body: Map = serde_json::from_slice(bytes).ok()?;
    let in_order_without = |name: &&String| {
        let mut rest = body.clone();
        rest.remove(*name);
        serde_json::from_value::<B>(rest.into()).is_ok()
    };
    body.keys().find(in_order_without).cloned()
}

/// The reader's own words about JSON, for people who do not know it.
fn in_words(message: &str) -> String {
    let (what, at) = message.rsplit_once(" at line ").unwrap_or((message, "1 column 1"));
    let what = match what {
        "EOF while parsing a value" => "it ends where a value should be",
        "EOF while parsing an object" => "it ends inside an object",
        "EOF while parsing a list" => "it ends inside a list",
        "EOF while parsing a string" => "it ends inside a text",
        "expected value" => "there is no value",
        "trailing comma" => "there is a comma with nothing behind it",
        "key must be a string" => "a key does not stand in double quotes",
        other => other,
    };
    format!("{what}, at line {at}")
}

/// The member that is wrong, and what is wrong with it, with the word that was probably meant.
fn explained(path: &str, message: &str) -> (String, String) {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let below = |name: &str| {
        let base = path.trim_end_matches('?').trim_end_matches('.');
        if base.is_empty() || base == name || base.ends_with(&format!(".{name}")) {
            if base.is_empty() { name.to_owned() } else { base.to_owned() }
        } else {
            format!("{base}.{name}")
        }
    };
    let near = |word: &str| {
        let near = nearest(word, words[1..].iter().copied());
        near.map_or_else(
            || if words.len() > 1 { format!(" There are: {}.", words[1..].join(", ")) } else { String::new() },
            |near| format!(" Did you mean `{near}`?"),
        )
    };
    match words.first() {
        Some(word) if message.starts_with("unknown field") => {
            (below(word), format!("There is no member `{word}` here.{}", near(word)))
        }
        Some(word) if message.starts_with("unknown variant") => {
            (path.to_owned(), format!("`{word}` is none of the values that can stand here.{}", near(word)))
        }
        Some(word) if message.starts_with("missing field") => (below(word), format!("`{word}` is missing.")),
        _ => (path.to_owned(), wrong_type(message)),
    }
}

/// "invalid type: string "x", expected u32" in words that are nobody's types.
fn wrong_type(message: &str) -> String {
    let Some((got, expected)) = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    else {
        return message.to_owned();
    };
    let kind = |text: &str| match text {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "a map" => "an object".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a string" => "text".to_owned(),
        other => other.strip_prefix("struct ").map_or_else(|| other.to_owned(), |_| "an object".to_owned()),
    };
    let got = got.replace("string ", "the text ").replace("integer ", "the number ").replace("map", "an object");
    let got = got.replace("sequence", "a list").replace("boolean ", "");
    format!("Expected {}, not {}.", kind(expected), got.replace('`', ""))
}

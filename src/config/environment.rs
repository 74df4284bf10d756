//! Settings from the environment: `STANDIN_LIFETIMES__ACCESS_TOKEN=5m` is `lifetimes.access_token`.

use serde_json::Value;

use super::file::unknown_key;
use super::{Config, Mistake};

/// Variables that mean something else than a key of the configuration.
const RESERVED: [&str; 8] = [
    "STANDIN_CONFIG",
    "STANDIN_CONFIG_FILE",
    "STANDIN_CONTROL_TOKEN",
    "STANDIN_URL",
    "STANDIN_ISSUER",
    "STANDIN_REALM",
    "STANDIN_LOG",
    "STANDIN_CHROMIUM",
];

/// Whether a variable means something else than a key of the configuration.
pub fn reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Lays the variables that begin with `STANDIN_` over a configuration. Two underscores go one level down, a number is a
/// place in a list, and a value is read as JSON where that fits and as text where it does not.
pub fn overlay(config: Config, variables: impl Iterator<Item = (String, String)>) -> Result<Config, Box<Mistake>> {
    let mut config = config;
    let mut ours: Vec<(String, String)> =
        variables.filter(|(name, _)| name.starts_with("STANDIN_") && !reserved(name)).collect();
    ours.sort();
    for (name, text) in ours {
        config = set(&config, &name, &text)?;
    }
    Ok(config)
}

fn set(config: &Config, name: &str, text: &str) -> Result<Config, Box<Mistake>> {
    let path: Vec<String> = name["STANDIN_".len()..].split("__").map(str::to_ascii_lowercase).collect();
    let mut first_failure = None;
    // `STANDIN_CLIENT__0__ID=007` is text, `STANDIN_PORT=7000` is a number: whichever the types accept.
    for value in [serde_json::from_str::<Value>(text).ok(), Some(Value::from(text))].into_iter().flatten() {
        let mut whole = serde_json::to_value(config).expect("a configuration is JSON");
        place(&mut whole, &path, value);
        match serde_json::from_value::<Config>(whole) {
            Ok(config) => return Ok(config),
            Err(e) => first_failure = first_failure.or(Some(e.to_string())),
        }
    }
    let message = first_failure.unwrap_or_default();
    Err(Box::new(explained(name, text, &message)))
}

fn place(whole: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *whole = value;
        return;
    };
    if let (Value::Array(items), Ok(index)) = (&mut *whole, first.parse::<usize>()) {
        // One place behind the last makes a new item, so a list can be filled from the environment alone.
        if index == items.len() {
            items.push(Value::Null);
        }
        if let Some(item) = items.get_mut(index) {
            place(item, rest, value);
        }
        return;
    }
    if first.parse::<usize>() == Ok(0) && whole.is_null() {
        *whole = Value::Array(vec![Value::Null]);
        place(whole, path, value);
        return;
    }
    if !whole.is_object() {
        *whole = Value::Object(serde_json::Map::new());
    }
    place(&mut whole[first.as_str()], rest, value);
}

fn explained(name: &str, text: &str, message: &str) -> Mistake {
    let mut words = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field")
        && let Some(word) = words.next()
    {
        let variable =
            |key: &str| name.to_ascii_uppercase().replace(&word.to_ascii_uppercase(), &key.to_ascii_uppercase());
        let known: Vec<String> = words.map(variable).collect();
        let mut mistake = unknown_key(name, name, known.iter().map(String::as_str));
        mistake.what = format!("the environment variable {name} sets `{word}`, which is no key of the configuration");
        "the environment".clone_into(&mut mistake.source);
        return mistake;
    }
    Mistake::new("the environment", format!("{name}={text}: {message}"))
}

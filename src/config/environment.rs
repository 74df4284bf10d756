//! Settings from the environment: `STANDIN_LIFETIMES__ACCESS_TOKEN=5m` is `lifetimes.access_token`.

use serde_json::Value;

use super::words::{plain_words, unknown_key};

use super::{Config, Mistake};

/// Variables that mean something else than a key of the configuration.
const RESERVED: [&str; 9] = [
    "STANDIN_DISCOVERY",
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

/// What Kubernetes tells every container about a service called `standin`: these are none of ours.
fn is_service_link(name: &str, text: &str) -> bool {
    let port_of_link =
        name.strip_prefix("STANDIN_PORT_").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    port_of_link || name.starts_with("STANDIN_SERVICE_") || name == "STANDIN_PORT" && text.contains("://")
}

/// Lays the variables that begin with `STANDIN_` over a configuration. Two underscores go one level down, a number is a
/// place in a list, and a value is read as JSON where that fits and as text where it does not.
pub fn overlay(config: Config, variables: impl Iterator<Item = (String, String)>) -> Result<Config, Box<Mistake>> {
    let ours = variables
        .filter(|(name, text)| name.starts_with("STANDIN_") && !reserved(name) && !is_service_link(name, text));
    let mut ours: Vec<(Vec<String>, String, String)> = ours
        .map(|(name, text)| (name["STANDIN_".len()..].split("__").map(str::to_ascii_lowercase).collect(), name, text))
        .collect();
    // A new user or client begins with its name, which nothing else of it can do without.
    ours.sort_by_cached_key(|(path, name, _)| {
        let names_it = path.last().is_some_and(|last| ["id", "sub"].contains(&last.as_str()));
        (path[..path.len() - 1].to_vec(), !names_it, name.clone())
    });
    ours.into_iter().try_fold(config, |config, (path, name, text)| set(&config, &path, &name, &text))
}

fn set(config: &Config, path: &[String], name: &str, text: &str) -> Result<Config, Box<Mistake>> {
    if path.iter().any(String::is_empty) {
        let mistake =
            Mistake::new("the environment", format!("{name} names no key: two underscores go one level down"));
        return Err(Box::new(mistake.help("such as STANDIN_LIFETIMES__ACCESS_TOKEN")));
    }
    // A byte order mark is no part of the text, RFC 8259 §8.1.
    let text = text.trim_start_matches('\u{feff}');
    let mut first_failure = None;
    // `STANDIN_CLIENT__0__ID=007` is text, `STANDIN_PORT=7000` is a number: whichever the types accept.
    for value in [serde_json::from_str::<Value>(text).ok(), Some(Value::from(text))].into_iter().flatten() {
        let mut whole = serde_json::to_value(config).expect("a configuration is JSON");
        place(&mut whole, path, value)
            .map_err(|why| Box::new(Mistake::new("the environment", format!("{name}: {why}"))))?;
        match serde_json::from_value::<Config>(whole) {
            Ok(config) => return Ok(config),
            Err(e) => first_failure = first_failure.or(Some(e.to_string())),
        }
    }
    Err(Box::new(explained(path, name, text, &first_failure.unwrap_or_default())))
}

fn place(whole: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        *whole = value;
        return Ok(());
    };
    if let Ok(index) = first.parse::<usize>() {
        if whole.is_null() {
            *whole = Value::Array(Vec::new());
        }
        let Value::Array(items) = whole else {
            return Err(format!("`{first}` is a place in a list, but there is none"));
        };
        // One place behind the last makes a new item, so a list can be filled from the environment alone.
        if index == items.len() {
            items.push(Value::Null);
        }
        let count = items.len();
        let item =
            items.get_mut(index).ok_or_else(|| format!("there is no place {index}: the next free one is {count}"))?;
        return place(item, rest, value);
    }
    if !whole.is_object() {
        *whole = Value::Object(serde_json::Map::new());
    }
    place(&mut whole[first.as_str()], rest, value)
}

fn explained(path: &[String], name: &str, text: &str, message: &str) -> Mistake {
    let mut words = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field")
        && let Some(word) = words.next()
    {
        let depth = path.iter().position(|segment| segment == word).unwrap_or(path.len() - 1);
        let variable = |key: &str| {
            let whole: Vec<String> =
                path[..depth].iter().map(String::as_str).chain([key]).map(str::to_ascii_uppercase).collect();
            format!("STANDIN_{}", whole.join("__"))
        };
        let known: Vec<String> = words.filter(|key| !key.starts_with('$')).map(variable).collect();
        let mut mistake = unknown_key("the environment", name, known.iter().map(String::as_str));
        mistake.what = format!("the environment variable {name} sets `{word}`, which is no key of the configuration");
        return mistake;
    }
    // There are no quotes in the environment that could be left out.
    let said = plain_words(message);
    let said = said.trim_end_matches(": leave the quotes out");
    Mistake::new("the environment", format!("{name}={text}: {said}"))
}

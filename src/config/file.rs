//! Reading the three formats. Each reader's error becomes the same kind of [`Mistake`].

use serde_json::Value;

use crate::world::ClaimPick;

use super::words::{plain_words, unknown_key, unknown_value};
use super::{Config, Mistake, yaml};

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// [TOML](https://toml.io)
    Toml,
    /// [YAML](https://yaml.org)
    Yaml,
    /// [JSON](https://www.json.org)
    Json,
}

impl Format {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        }
    }

    /// The format that a file's name says; `None` for a name that says nothing.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit('.').next()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The format of a text without a name: JSON begins with a brace, TOML assigns or opens a table before YAML would.
    pub fn of_text(text: &str) -> Self {
        let first = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        let assigns = first.split_once('=').is_some_and(|(key, _)| !key.contains([':', '"', '{']));
        let opens_table = first.starts_with('[') && first.ends_with(']');
        match first.chars().next() {
            Some('{') => Self::Json,
            _ if assigns || opens_table => Self::Toml,
            _ => Self::Yaml,
        }
    }
}

/// Reads a configuration. `source` is what a mistake calls the text. A key that is unknown hides no other mistake: what is wrong behind it is
/// told as well.
pub fn parse(source: &str, text: &str, format: Format) -> Result<Config, Box<Mistake>> {
    const MOST: usize = 10;
    let mut first = match read(source, text, format) {
        Ok(config) => return Ok(config),
        Err(mistake) => mistake,
    };
    let (mut last, mut rest) = ((*first).clone(), text.to_owned());
    while first.more.len() < MOST {
        let Some(shorter) = without_line(&rest, &last, format) else { break };
        match read(source, &shorter, format) {
            // The same place again is a consequence of what was taken out.
            Err(next) if next.at > last.at || next.at.is_none() => {
                if next.at.is_none() {
                    break;
                }
                first.more.push((*next).clone());
                (last, rest) = (*next, shorter);
            }
            _ => break,
        }
    }
    Err(first)
}

/// The text with an empty line in the place of one with an unknown key and all of its value.
fn without_line(text: &str, mistake: &Mistake, format: Format) -> Option<String> {
    let (line, _) = mistake.at.filter(|_| mistake.what.starts_with("unknown key") && format != Format::Json)?;
    let taken = text.lines().nth(line - 1)?;
    let whole = !taken.trim_end().ends_with(['[', '{', ':', '"', '\'', '|', '>']) || taken.matches('"').count() == 2;
    let lines = text.lines().enumerate().map(|(at, text)| if at == line - 1 { "" } else { text });
    whole.then(|| lines.collect::<Vec<_>>().join("\n"))
}

fn read(source: &str, text: &str, format: Format) -> Result<Config, Box<Mistake>> {
    // A byte order mark is no part of the text, RFC 8259 §8.1.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Config::default());
    }
    if format == Format::Json && text.trim_start().starts_with('[') {
        let mistake = Mistake::new(source, "expected a table of keys and values, in { }, not a list");
        return Err(Box::new(mistake.at_bytes(text, 0..1)));
    }
    match format {
        Format::Toml => match toml::from_str(text) {
            Ok(config) => Ok(with_plain_dates(config)),
            Err(e) => Err(Box::new(in_toml(source, text, &e))),
        },
        Format::Json => serde_json::from_str(text).map_err(|e| Box::new(in_json(source, text, &e))),
        Format::Yaml => yaml::parse(source, text),
    }
}

fn in_toml(source: &str, text: &str, e: &toml::de::Error) -> Mistake {
    let message = e.message();
    let mut mistake = unknown(source, message).unwrap_or_else(|| Mistake::new(source, plain_words(message)));
    if let Some(span) = e.span() {
        mistake = mistake.at_bytes(text, span);
    }
    mistake
}

fn in_json(source: &str, text: &str, e: &serde_json::Error) -> Mistake {
    let message = e.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    let mistake = unknown(source, what).unwrap_or_else(|| Mistake::new(source, plain_words(what)));
    let word = what.split('`').nth(1).unwrap_or_default();
    // The reader stands behind what it has read: the word itself is before it on the line.
    let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
    let before: String = line.chars().take(e.column()).collect();
    let column = match before.rfind(word).filter(|_| !word.is_empty()) {
        Some(at) => before[..at].chars().count() + 1,
        None => e.column().max(1),
    };
    mistake.at_line(text, (e.line().max(1), column), word.chars().count())
}

/// TOML has dates; claims have not. They become the text that was written.
fn with_plain_dates(mut config: Config) -> Config {
    let users = config.user.iter_mut().flatten().map(|user| &mut user.claims);
    let of_clients = config.client.iter_mut().map(|client| &mut client.claims);
    let picks = of_clients
        .chain([&mut config.claims])
        .flat_map(|kinds| [&mut kinds.id_token, &mut kinds.access_token, &mut kinds.userinfo])
        .flatten()
        .filter_map(|pick| match pick {
            ClaimPick::Fixed(claims) => Some(claims),
            ClaimPick::OfPerson(_) => None,
        });
    users.chain(picks).flat_map(serde_json::Map::values_mut).for_each(plain_date);
    config
}

fn plain_date(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain_date),
        Value::Object(members) => match members.get("$__toml_private_datetime") {
            Some(date) => *value = date.clone(),
            None => members.values_mut().for_each(plain_date),
        },
        _ => {}
    }
}

/// Serde's own sentence, taken apart: "unknown field `a`, expected one of `b`, `c`".
fn unknown(source: &str, message: &str) -> Option<Mistake> {
    let mut words = message.split('`').skip(1).step_by(2);
    let word = words.next()?;
    if message.starts_with("unknown field") {
        Some(unknown_key(source, word, words))
    } else if message.starts_with("unknown variant") {
        Some(unknown_value(source, word, words))
    } else {
        None
    }
}

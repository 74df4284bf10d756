//! Reading the three formats. Each reader's error becomes the same kind of [`Mistake`].

use serde_saphyr::{DuplicateKeyPolicy, Error as YamlError};

use super::mistake::did_you_mean;
use super::{Config, Mistake};

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// [TOML](https://toml.io)
    Toml,
    /// [YAML](https://yaml.org), and with it JSON.
    Yaml,
}

impl Format {
    /// The format that a file's name says; `None` for a name that says nothing.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit('.').next()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" | "json" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The format of a text without a name: JSON begins with a brace, TOML assigns or opens a table before YAML would.
    pub fn of_text(text: &str) -> Self {
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
        let assigns = first.split_once('=').is_some_and(|(key, _)| !key.contains([':', '"', '{']));
        let opens_table = first.starts_with('[') && first.ends_with(']');
        if assigns || opens_table { Self::Toml } else { Self::Yaml }
    }
}

/// Reads a configuration. `source` is what a mistake calls the text.
pub fn parse(source: &str, text: &str, format: Format) -> Result<Config, Box<Mistake>> {
    match format {
        Format::Toml => toml::from_str(text).map_err(|e| Box::new(in_toml(source, text, &e))),
        Format::Yaml if text.trim().is_empty() => Ok(Config::default()),
        Format::Yaml => {
            let options = serde_saphyr::options! {
                strict_booleans: true,
                leading_zero_numbers_as_strings: true,
                duplicate_keys: DuplicateKeyPolicy::Error,
            };
            serde_saphyr::from_str_with_options(text, options).map_err(|e| Box::new(in_yaml(source, text, &e)))
        }
    }
}

fn in_toml(source: &str, text: &str, e: &toml::de::Error) -> Mistake {
    let message = e.message();
    let mut mistake = unknown(source, message).unwrap_or_else(|| Mistake::new(source, message.replace('\n', ", ")));
    if let Some(span) = e.span() {
        mistake = mistake.at_bytes(text, span);
    }
    mistake
}

fn in_yaml(source: &str, text: &str, e: &YamlError) -> Mistake {
    let plain = e.without_snippet();
    let location = plain.location();
    let (message, length) = match plain {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            let mistake = unknown_key(source, field, expected.iter().copied());
            return placed(mistake, text, location, field.chars().count());
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            let mistake = unknown_value(source, variant, expected.iter().copied());
            return placed(mistake, text, location, variant.chars().count());
        }
        other => (other.to_string(), 1),
    };
    let first = message.lines().next().unwrap_or_default();
    let what = first.rsplit_once(" at line ").map_or(first, |(what, _)| what);
    placed(Mistake::new(source, what.trim_start_matches("error: ")), text, location, length)
}

fn placed(mistake: Mistake, text: &str, location: Option<serde_saphyr::Location>, length: usize) -> Mistake {
    let number = |n: u64| usize::try_from(n).unwrap_or(1);
    match location {
        Some(location) if location.line() > 0 => {
            mistake.at_line(text, (number(location.line()), number(location.column()).max(1)), length)
        }
        _ => mistake,
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

pub(super) fn unknown_key<'a>(source: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let mistake = Mistake::new(source, format!("unknown key `{word}`"));
    match did_you_mean(word, known.iter().copied()) {
        Some(help) => mistake.help(help),
        None => mistake.help(format!("known here: {}", known.join(", "))),
    }
}

fn unknown_value<'a>(source: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let mistake = Mistake::new(source, format!("`{word}` is none of the values that can stand here"));
    match did_you_mean(word, known.iter().copied()) {
        Some(help) => mistake.help(format!("{help} (there are: {})", known.join(", "))),
        None => mistake.help(format!("there are: {}", known.join(", "))),
    }
}

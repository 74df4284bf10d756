//! How long something is good for: `300`, `"5m"`, `"30d"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::UnixTime;

/// A span of whole seconds, as `expires_in` counts them, at most a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u32);

const LONGEST: u32 = 100 * 365 * 24 * 3600;

impl Lifetime {
    /// So many seconds, cut at a hundred years.
    pub const fn of_seconds(seconds: u32) -> Self {
        Self(if seconds > LONGEST { LONGEST } else { seconds })
    }

    /// The span in seconds.
    pub const fn seconds(self) -> i64 {
        self.0 as i64
    }

    /// The span as people say it: `60 s`, `5 min`, `1 h`, `30 days`. [`fmt::Display`] writes it as configurations do.
    pub fn in_words(self) -> String {
        match self.0 {
            86_400 => "1 day".into(),
            s if s > 86_400 && s % 86_400 == 0 => format!("{} days", s / 86_400),
            s if s >= 3_600 && s % 3_600 == 0 => format!("{} h", s / 3_600),
            s if s > 60 && s % 60 == 0 => format!("{} min", s / 60),
            s => format!("{s} s"),
        }
    }

    /// The span as the machine's timers count it.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            s if s >= 86_400 && s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s >= 3_600 && s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            s if s >= 60 && s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let complaint = || {
            format!("`{text}` is no span of time: write whole seconds, or a number with s, m, h or d, such as \"5m\"")
        };
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(complaint()),
        };
        let number: u64 = digits.trim().parse().map_err(|_| complaint())?;
        let seconds = number.saturating_mul(unit);
        if seconds > u64::from(LONGEST) {
            return Err(format!("`{text}` is longer than a hundred years"));
        }
        u32::try_from(seconds).map(Self).map_err(|_| complaint())
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Lifetime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole seconds, or a number with s, m, h or d, such as \"5m\"")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Lifetime, E> {
                seconds.to_string().parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Lifetime, E> {
                let seconds =
                    u64::try_from(seconds).map_err(|_| E::invalid_value(de::Unexpected::Signed(seconds), &self))?;
                self.visit_u64(seconds)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lifetime, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A span of whole seconds that may be negative: `-5m` is five minutes ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// So many seconds, of a hundred years either way at most.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(-i64::from(LONGEST), i64::from(LONGEST)))
    }

    /// The span in seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The moment that is so much later.
    pub fn after(self, moment: UnixTime) -> UnixTime {
        UnixTime(moment.0.saturating_add(self.0))
    }
}

impl From<Lifetime> for Span {
    fn from(lifetime: Lifetime) -> Self {
        Self(lifetime.seconds())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = Lifetime::of_seconds(u32::try_from(self.0.unsigned_abs()).unwrap_or(LONGEST));
        if self.0 < 0 { write!(f, "-{size}") } else { size.fmt(f) }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (sign, size) = match text.strip_prefix('-') {
            Some(size) => (-1, size),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        size.parse::<Lifetime>().map(|size| Self(sign * size.seconds()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "whole seconds, or a number with s, m, h or d, such as \"5m\" or \"-5m\"")]
        enum Written {
            Seconds(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Ok(Self::of_seconds(seconds)),
            Written::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whole seconds, or a number with s, m, h or d, such as \"5m\"; negative for a time that has passed, such as \"-5m\".",
            "examples": ["5m", "-5m"],
            "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+ *[smhd]?$"}]
        })
    }
}

impl JsonSchema for Lifetime {
    fn schema_name() -> Cow<'static, str> {
        "Lifetime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whole seconds, or a number with s, m, h or d, such as \"5m\".",
            "examples": ["5m"],
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+ *[smhd]?$"}]
        })
    }
}

impl UnixTime {
    /// This moment and a lifetime later.
    #[must_use]
    pub fn plus(self, lifetime: Lifetime) -> Self {
        Self(self.0.saturating_add(lifetime.seconds()))
    }
}

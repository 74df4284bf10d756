//! Reading YAML: keys that begin with `x-` are the writer's own, and a telephone number is no number.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer as _, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, Options, Spanned};

use super::notes::TEXT;
use super::words::{plain_words, unknown_key, unknown_value};
use super::{Config, Mistake};

pub(super) fn parse(source: &str, text: &str) -> Result<Config, Box<Mistake>> {
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |yaml| {
        Config::deserialize(WithoutOwnKeys(yaml))
    });
    match read {
        Ok(config) => Ok(with_text_as_written(config, text)),
        Err(e) => Err(Box::new(mistake(source, text, &e))),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
    }
}

/// A reader that leaves out top-level keys beginning with `x-`: they hold what is merged elsewhere, as Compose files have it.
struct WithoutOwnKeys<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutOwnKeys<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(WithoutOwnKeys(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, WithoutOwnKeys(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutOwnKeys<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(WithoutOwnKeys(members))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutOwnKeys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<String>()? {
            if !key.starts_with("x-") {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// The people with the place of each claim.
#[derive(Deserialize)]
struct Places {
    #[serde(default, alias = "users")]
    user: Vec<BTreeMap<String, Spanned<Value>>>,
    #[serde(default, alias = "realms")]
    realm: Vec<Places>,
}

/// YAML takes `+4930123` for a number, and claims that are text, [Core §5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims),
/// for whatever they look like. They become the text that was written.
fn with_text_as_written(mut config: Config, text: &str) -> Config {
    if let Ok(places) = serde_saphyr::from_str_with_options::<Places>(text, options()) {
        put_text(&mut config, &places, text);
    }
    config
}

fn put_text(config: &mut Config, places: &Places, text: &str) {
    for (user, written) in config.user.iter_mut().flatten().zip(&places.user) {
        for (name, value) in &mut user.claims {
            if TEXT.contains(&name.as_str())
                && value.is_number()
                && let Some(as_written) = written.get(name).and_then(|place| written_at(text, place.defined))
            {
                *value = as_written.into();
            }
        }
    }
    for (realm, places) in config.realm.iter_mut().zip(&places.realm) {
        put_text(realm, places, text);
    }
}

fn written_at(text: &str, place: Location) -> Option<String> {
    let at = usize::try_from(place.span().offset()).ok()?;
    let length = usize::try_from(place.span().len()).ok()?;
    let written: String = text.chars().skip(at).take(length).collect();
    Some(written.trim().to_owned()).filter(|written| !written.is_empty())
}

fn mistake(source: &str, text: &str, e: &Error) -> Mistake {
    let plain = e.without_snippet();
    let location = plain.location();
    let (message, length) = match plain {
        Error::SerdeUnknownField { field, expected, .. } => {
            let mistake = unknown_key(source, field, expected.iter().copied());
            return placed(mistake, text, location, field.chars().count());
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let mistake = unknown_value(source, variant, expected.iter().copied());
            return placed(mistake, text, location, variant.chars().count());
        }
        other => (other.to_string(), 1),
    };
    let first = message.lines().next().unwrap_or_default();
    let what = first.rsplit_once(" at line ").map_or(first, |(what, _)| what);
    let what = plain_words(what.trim_start_matches("error: "));
    placed(Mistake::new(source, what), text, location, length)
}

/// A key that was read ahead has lost its place: it is looked for then.
fn placed(mistake: Mistake, text: &str, location: Option<Location>, length: usize) -> Mistake {
    let number = |n: u64| usize::try_from(n).unwrap_or(1);
    match location {
        Some(location) if location.line() > 0 => {
            mistake.at_line(text, (number(location.line()), number(location.column()).max(1)), length)
        }
        _ => mistake,
    }
}

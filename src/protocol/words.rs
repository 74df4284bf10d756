//! A value that is one of a list of words, as a schema has it.

use schemars::{Schema, json_schema};

/// The schema of a value that is one of these words, so that generated clients know them all.
pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    json_schema!({ "type": "string", "enum": words })
}

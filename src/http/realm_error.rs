//! Why a realm cannot be opened.

use std::fmt;

use crate::config::Mistake;

/// Why a realm was not opened.
#[derive(Debug)]
pub enum RealmError {
    /// Its name is none, or taken.
    Name(String),
    /// Its configuration has a mistake.
    Config(Box<Mistake>),
    /// Its place is taken.
    Place(String),
    /// There are too many.
    Full,
}

impl fmt::Display for RealmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(why) | Self::Place(why) => f.write_str(why),
            Self::Config(mistake) => mistake.fmt(f),
            Self::Full => f.write_str("there are too many realms"),
        }
    }
}

impl std::error::Error for RealmError {}

//! Parameters as they were sent. Nothing is refused here: a flow needs to see what was wrong to be able to explain it.

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// Request parameters in their order, duplicates kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// The first name whose value was no UTF-8.
    garbled: Option<String>,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text. Any bytes can be read: what is no UTF-8 becomes U+FFFD, and is remembered as
    /// [`Self::garbled`].
    pub fn parse(text: &[u8]) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
        let replaced = |value: &str| value.matches('\u{fffd}').count();
        let garbled = pairs.iter().find(|(_, value)| replaced(value) > 0).filter(|_| {
            // Whoever sends the character itself means it.
            let sent = text.to_ascii_lowercase();
            let whole = String::from_utf8_lossy(&sent).replace("%ef%bf%bd", "\u{fffd}");
            let meant = if str::from_utf8(&sent).is_ok() { replaced(&whole) } else { 0 };
            pairs.iter().map(|(name, value)| replaced(name) + replaced(value)).sum::<usize>() > meant
        });
        let garbled = garbled.map(|(name, _)| name.clone());
        Self { pairs, garbled }
    }

    /// The name of a parameter whose value was no UTF-8, so that it cannot be said again as it came.
    pub fn garbled(&self) -> Option<&str> {
        self.garbled.as_deref()
    }

    /// The same with another value for a parameter, or with the parameter added.
    #[must_use]
    pub fn replacing(&self, name: &str, value: &str) -> Self {
        let others = self.iter().filter(|(known, _)| *known != name);
        others.chain([(name, value)]).collect()
    }

    /// The value, if it was sent and is not empty.
    /// "Parameters sent without a value MUST be treated as if they were omitted", [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value sent under this name, in order, empty ones too.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first parameter that was sent more than once, which [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1) forbids.
    /// `resource` may repeat, [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2).
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.pairs.iter().map(|(n, _)| n.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1] && pair[0] != "resource").map(|pair| pair[0])
    }

    /// Name and value of each parameter, as sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// About how many bytes they take.
    pub fn size(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len() + 2 * (size_of::<String>() + 8)).sum()
    }

    /// How many parameters were sent.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether none was sent.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Written back as a query string.
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }

    /// Adds a parameter at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.pairs.push((name.into(), value.into()));
        self
    }
}

impl From<String> for Params {
    fn from(query: String) -> Self {
        Self::parse(query.as_bytes())
    }
}

impl From<Params> for String {
    fn from(params: Params) -> Self {
        params.to_query()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect(), garbled: None }
    }
}

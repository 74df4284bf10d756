//! A refusal in one case: what was wrong in the words of this case, and what was probably meant.

use std::borrow::Cow;

use super::{Check, Refusal, difference};

/// A check that failed, in the words of the case in which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// The check that failed.
    pub check: Check,
    /// What failing means here, mostly [`Check::refusal`].
    pub refusal: Refusal,
    /// What is wrong, in a sentence with the names and values of this case and without its full stop; the check's own where nothing more is
    /// known.
    pub breach: Cow<'static, str>,
    /// The value that came, if it may be shown.
    pub got: Option<Box<str>>,
    /// What would have been accepted.
    pub expected: Option<Box<str>>,
    /// What only the developer is told, in console and log: the caller may be a thief.
    pub aside: Option<Box<str>>,
    /// What was probably meant.
    pub suggestion: Option<Box<Suggestion>>,
    /// Whether it was wished for, by whoever pressed "fail" or typed a name that fails: no reason for a warning.
    pub on_purpose: bool,
}

/// The likely intended word, and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// Another word would have been accepted.
    Word {
        /// The word.
        word: String,
        /// The same request with that word: a path and query of this provider.
        link: Option<String>,
    },
    /// A command makes the word that came acceptable.
    Command(String),
    /// The same request can be made anew: a path and query of this provider.
    Again(String),
}

impl FailedCheck {
    /// The refusal that failing this check means.
    pub const fn by(check: Check) -> Self {
        Self {
            check,
            refusal: check.refusal(),
            breach: Cow::Borrowed(check.breach()),
            got: None,
            expected: None,
            aside: None,
            suggestion: None,
            on_purpose: false,
        }
    }

    /// In the words of this case: a sentence without its full stop.
    #[must_use]
    pub fn says(mut self, breach: impl Into<Cow<'static, str>>) -> Self {
        self.breach = breach.into();
        self
    }

    /// With the value that came.
    #[must_use]
    pub fn got(mut self, value: impl Into<String>) -> Self {
        self.got = Some(value.into().into());
        self
    }

    /// With what would have been accepted.
    #[must_use]
    pub fn expected(mut self, value: impl Into<String>) -> Self {
        self.expected = Some(value.into().into());
        self
    }

    /// With what only the developer is told.
    #[must_use]
    pub fn aside(mut self, value: impl Into<String>) -> Self {
        self.aside = Some(value.into().into());
        self
    }

    /// With what was probably meant.
    #[must_use]
    pub fn suggest(mut self, suggestion: Option<Suggestion>) -> Self {
        self.suggestion = suggestion.map(Box::new).or(self.suggestion);
        self
    }

    /// With another cause than the check's own.
    #[must_use]
    pub fn because(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// As it was wished for.
    #[must_use]
    pub const fn on_purpose(mut self) -> Self {
        self.on_purpose = true;
        self
    }

    /// What is wrong, as a whole sentence, with the word that was probably meant.
    pub fn sentence(&self) -> String {
        let meant = match self.suggestion.as_deref() {
            Some(Suggestion::Word { word, .. }) => format!(" Did you mean {}?", quoted(word)),
            _ => String::new(),
        };
        format!("{}.{meant}", self.breach)
    }

    /// What to do, in a sentence; nothing, where what is wrong says it all.
    pub const fn hint(&self) -> &'static str {
        self.refusal.hint()
    }

    /// The description and what only the developer is told.
    pub fn in_full(&self) -> String {
        let aside = self.aside.as_deref().map(|aside| format!(" ({})", shortened(aside))).unwrap_or_default();
        format!("{}{aside}", self.whole())
    }

    /// The `error_description`: one line in the characters that
    /// [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) allows, at most 400 of them.
    pub fn description(&self) -> String {
        let plain = |c: char| match c {
            '"' | '\\' | '’' => '\'',
            ' '..='~' => c,
            _ => '?',
        };
        self.whole().chars().map(plain).take(400).collect()
    }

    fn whole(&self) -> String {
        [self.sentence().as_str(), self.hint()].join(" ").trim_end().to_owned()
    }
}

/// A value as sentences show it: between backticks, and shortened.
pub fn quoted(value: &str) -> String {
    format!("`{}`", shortened(value))
}

/// Where two values differ that nearly agree: "`/calback`, not `/callback`". Where they do not, both are named.
pub fn compared(got: &str, expected: &str) -> String {
    match difference(got, expected) {
        Some((in_got, in_expected)) => format!("{}, not {}", quoted(&got[in_got]), quoted(&expected[in_expected])),
        None => format!("{}, not {}", quoted(got), quoted(expected)),
    }
}

/// A list of accepted values, in words.
pub fn one_of(values: &[String]) -> String {
    match values {
        [] => "one of the registered values, but there is none".into(),
        [only] => only.clone(),
        many => format!("one of {}", many.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 120 {
        return text.to_owned();
    }
    text.chars().take(117).chain("...".chars()).collect()
}

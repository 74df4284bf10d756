//! A mistake in a configuration, told so that it can be mended: where, what, and what was probably meant.

use std::fmt;

use crate::protocol::nearest;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, the environment variable, or whatever the text came from.
    pub source: String,
    /// Line and column, counted from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: Option<String>,
    /// The line, and how many of its characters from the column on are the mistake.
    pub line: Option<(String, usize)>,
    /// The word that is wrong, by which its place may be found.
    pub word: Option<String>,
    /// The mistakes behind it.
    pub more: Vec<Mistake>,
}

impl Mistake {
    /// A mistake of which only the source is known.
    pub fn new(source: &str, what: impl Into<String>) -> Self {
        Self {
            source: source.to_owned(),
            at: None,
            what: what.into(),
            help: None,
            line: None,
            word: None,
            more: Vec::new(),
        }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the word that is wrong.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }

    /// With the place where its word stands for the last time, if it has none yet: of two that are the same, the later is wrong.
    #[must_use]
    pub fn found_in(self, text: &str) -> Self {
        let found = self.word.as_deref().filter(|word| !word.is_empty() && self.at.is_none());
        match found.and_then(|word| Some((text.rfind(word)?, word.len()))) {
            Some((start, length)) => self.at_bytes(text, start..start + length),
            None => self,
        }
    }

    /// With the place in the text, as a byte range.
    #[must_use]
    pub fn at_bytes(self, text: &str, span: std::ops::Range<usize>) -> Self {
        let start = floor(text, span.start);
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let marked = text[start..floor(text, span.end.max(start))].lines().next().unwrap_or_default();
        self.at_line(text, (line, column), marked.chars().count())
    }

    /// With the place in the text, as line and column.
    #[must_use]
    pub fn at_line(mut self, text: &str, (line, column): (usize, usize), length: usize) -> Self {
        self.at = Some((line, column));
        let shown = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        self.line = Some((shown.to_owned(), length.max(1)));
        self
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// How many characters of a line are shown before and behind the mistake.
const SHOWN: usize = 60;

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.alone(f)?;
        self.more.iter().try_for_each(|next| write!(f, "\n{next}"))
    }
}

impl Mistake {
    fn alone(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", printable(&self.what))?;
        let Some((line, column)) = self.at else {
            write!(f, "  in {}", self.source)?;
            return self.help.iter().try_for_each(|help| write!(f, "\n  {}", printable(help)));
        };
        let place = format!("  {}:{line}:{column}  ", self.source);
        let Some((text, length)) = &self.line else { return write!(f, "{}", place.trim_end()) };
        let skipped = (column - 1).saturating_sub(SHOWN);
        let length = (*length).min(SHOWN);
        let shown: String = text.chars().skip(skipped).take(column - 1 - skipped + length + SHOWN).collect();
        writeln!(f, "{place}{}", printable(&shown))?;
        let carets = length.min(text.chars().count().saturating_sub(column - 1)).max(1);
        write!(f, "{}{}", " ".repeat(place.chars().count() + column - 1 - skipped), "^".repeat(carets))?;
        self.help.iter().try_for_each(|help| write!(f, " {}", printable(help)))
    }
}

/// A file may hold anything; a terminal must not be told to obey it.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

impl std::error::Error for Mistake {}

/// "did you mean `this`?", if one of the known words is near enough.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    // The prefix that all variables of the environment share makes none of them near.
    let own = |word: &str| word.trim_start_matches("STANDIN_").to_owned();
    let bare: Vec<String> = known.iter().map(|known| own(known)).collect();
    let near = nearest(&own(word), bare.iter().map(String::as_str))?;
    let at = bare.iter().position(|known| known == near)?;
    Some(format!("did you mean `{}`?", known[at]))
}

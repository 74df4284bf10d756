//! A mistake in a configuration, told so that it can be mended: where, what, and what was probably meant.

use std::fmt;

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
}

impl Mistake {
    /// A mistake of which only the source is known.
    pub fn new(source: &str, what: impl Into<String>) -> Self {
        Self { source: source.to_owned(), at: None, what: what.into(), help: None, line: None }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
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

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        let Some((line, column)) = self.at else {
            write!(f, "  in {}", self.source)?;
            return self.help.iter().try_for_each(|help| write!(f, "\n  {help}"));
        };
        let place = format!("  {}:{line}:{column}  ", self.source);
        let Some((text, length)) = &self.line else { return write!(f, "{}", place.trim_end()) };
        writeln!(f, "{place}{}", text.replace('\t', " "))?;
        let marks = (*length).min(text.chars().count().saturating_sub(column - 1)).max(1);
        write!(f, "{}{}", " ".repeat(place.chars().count() + column - 1), "^".repeat(marks))?;
        self.help.iter().try_for_each(|help| write!(f, " {help}"))
    }
}

impl std::error::Error for Mistake {}

/// "did you mean `this`?", if one of the known words is near enough.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let scored = known.into_iter().map(|known| (strsim::normalized_damerau_levenshtein(word, known), known));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(score, _)| *score >= 0.5);
    best.map(|(_, known)| format!("did you mean `{known}`?"))
}

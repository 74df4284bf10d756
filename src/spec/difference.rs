//! Where two values differ that nearly agree, such as two redirect URIs.

use std::ops::Range;

/// The pieces in which two values differ, widened to whole segments; `None` if they are equal, or have too little in common for the pieces to
/// say more than the whole.
pub fn difference(one: &str, other: &str) -> Option<(Range<usize>, Range<usize>)> {
    if one == other {
        return None;
    }
    let prefix = segment_start(one, common(one.char_indices().zip(other.char_indices())));
    let suffix = common_end(&one[prefix..], &other[prefix..]);
    let enough = (prefix + suffix) * 2 >= one.len().min(other.len()) && prefix + suffix > 0;
    enough.then(|| (prefix..one.len() - suffix, prefix..other.len() - suffix))
}

/// How many bytes two texts have in common at their beginning.
fn common(pairs: impl Iterator<Item = ((usize, char), (usize, char))>) -> usize {
    pairs.take_while(|((_, a), (_, b))| a == b).last().map_or(0, |((at, c), _)| at + c.len_utf8())
}

/// The beginning of the segment that a place is in: the mark before it belongs to it, unless it is one of `://`.
fn segment_start(text: &str, place: usize) -> usize {
    let Some(mark) = text[..place].rfind(is_mark) else { return 0 };
    if text[..mark].ends_with('/') || text[..mark].ends_with(':') { mark + 1 } else { mark }
}

/// How many bytes two texts have in common at their end, from the beginning of a segment on.
fn common_end(one: &str, other: &str) -> usize {
    let same = one.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
    let mut from = one.len() - same;
    while !one.is_char_boundary(from) {
        from += 1;
    }
    one[from..].find(is_mark).map_or(0, |at| one.len() - from - at)
}

const fn is_mark(c: char) -> bool {
    matches!(c, '/' | ':' | '?' | '&' | '=' | '#' | ' ')
}

//! The word that was probably meant.

/// Longer words are not compared: it would cost more than it helps.
const LONGEST: usize = 200;

/// How much two words must have in common, from 0 to 1.
const NEAR: f64 = 0.5;

/// The known word that is nearest to one that is not known, if one is near.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let lower = wanted.to_lowercase();
    let scored = known.into_iter().map(|known| (closeness(&lower, &known.to_lowercase()), known));
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    (best.0 >= NEAR).then_some(best.1)
}

/// How near two words are: 1 is the same.
pub fn closeness(one: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(one, other)
}

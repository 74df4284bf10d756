//! What the templates can do beyond the usual.
#![expect(unreachable_pub, clippy::inline_always, clippy::unused_self, reason = "the macro writes so")]

use std::fmt::Display;

use askama::filters::{Escaper as _, Html, Safe};

/// Words between backticks in the face of code.
#[askama::filter_fn]
pub(super) fn code(text: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<String>> {
    let mut out = String::new();
    for (at, part) in text.to_string().split('`').enumerate() {
        let is_code = at % 2 == 1;
        out.push_str(if is_code { "<code>" } else { "" });
        Html.write_escaped_str(&mut out, part)?;
        out.push_str(if is_code { "</code>" } else { "" });
    }
    Ok(Safe(out))
}

/// The same, and words between stars as buttons are called.
#[askama::filter_fn]
pub(super) fn words(text: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<String>> {
    let mut out = String::new();
    let (mut code, mut strong) = (false, false);
    for part in text.to_string().split_inclusive(['`', '*']) {
        let (words, mark) = match part.chars().last() {
            Some(mark @ ('`' | '*')) => (&part[..part.len() - 1], Some(mark)),
            _ => (part, None),
        };
        Html.write_escaped_str(&mut out, words)?;
        let (open, tag) = match mark {
            Some('`') => (&mut code, "code"),
            Some(_) => (&mut strong, "b"),
            None => continue,
        };
        out.push_str(if *open { "</" } else { "<" });
        out.push_str(tag);
        out.push('>');
        *open = !*open;
    }
    out.push_str(if code { "</code>" } else { "" });
    out.push_str(if strong { "</b>" } else { "" });
    Ok(Safe(out))
}

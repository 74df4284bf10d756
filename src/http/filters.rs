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

//! Times as people write and read them.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

use crate::protocol::{Millis, Span, UnixTime};

/// A moment as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// This one.
    At(UnixTime),
    /// So much later than now, or earlier.
    FromNow(Span),
}

impl Moment {
    /// The moment, seen from a clock.
    pub(super) fn seen_from(self, now: UnixTime) -> UnixTime {
        match self {
            Self::At(at) => at,
            Self::FromNow(span) => span.after(now),
        }
    }
}

/// Reads `2026-01-01T09:00`, `2026-01-01 09:00:30`, `2026-01-01`, a time with an offset, `now`, `+55m`, `-5m`, or seconds since 1970. Without an
/// offset it is UTC: the same command means the same everywhere.
pub(super) fn parse(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(Moment::FromNow(Span::of_seconds(0)));
    }
    if text.starts_with(['+', '-']) {
        return text.parse().map(Moment::FromNow);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(Moment::At(UnixTime(seconds)));
    }
    let at = instant(text).ok_or_else(|| {
        format!("`{text}` is no time: write 2026-01-01T09:00 (UTC, or with an offset such as +02:00), -5m, +1h or seconds since 1970")
    })?;
    Ok(Moment::At(UnixTime(at.unix_timestamp())))
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    let text = text.replacen(' ', "T", 1);
    let (date, rest) = text.split_once('T').unwrap_or((&text, "00:00"));
    let date = Date::parse(date, format_description!("[year]-[month]-[day]")).ok()?;
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, "Z"),
    };
    let seconds = if clock.matches(':').count() == 1 { format!("{clock}:00") } else { clock.to_owned() };
    let clock = Time::parse(&seconds, format_description!("[hour]:[minute]:[second]")).ok()?;
    if offset.eq_ignore_ascii_case("z") {
        return Some(PrimitiveDateTime::new(date, clock).assume_utc());
    }
    OffsetDateTime::parse(&format!("{date}T{seconds}{offset}"), &Rfc3339).ok()
}

/// `2026-01-01 09:00:00 UTC`.
pub(super) fn shown(at: UnixTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let read = OffsetDateTime::from_unix_timestamp(at.0).ok().and_then(|at| at.format(format).ok());
    read.unwrap_or_else(|| format!("{} s since 1970", at.0))
}

/// A distance as seen from now: `in 30 days`, `5 min ago`, `now`.
pub(super) fn from_now(seconds: i64) -> String {
    match seconds {
        0 => "now".into(),
        ahead if ahead > 0 => format!("in {}", Millis::of_seconds(ahead)),
        behind => format!("{} ago", Millis::of_seconds(behind)),
    }
}

//! A calendar day, for rules that expire. Refuses to know what day it is: the caller says so.

use std::fmt;

/// A day of the Gregorian calendar, ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if there is such a day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// From `2027-01-31`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| -> Option<u16> {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        if parts.next().is_some() {
            return None;
        }
        Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// The day in UTC that is `seconds` after the beginning of 1970; the last day there is when that is too far.
    pub fn from_unix(seconds: u64) -> Date {
        const LAST: Date = Date { year: 9999, month: 12, day: 31 };
        let mut days = seconds / 86_400;
        // four hundred years have 146,097 days
        let Ok(mut year) = u16::try_from(1970 + days / 146_097 * 400) else { return LAST };
        days %= 146_097;
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if days < length {
                break;
            }
            days -= length;
            year = year.saturating_add(1);
        }
        let mut month = 1;
        while days >= u64::from(days_in(year, month)) {
            days -= u64::from(days_in(year, month));
            month += 1;
        }
        if year > LAST.year {
            return LAST;
        }
        Date { year, month, day: u8::try_from(days + 1).unwrap_or(1) }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_days() {
        let table = [
            ("2027-01-31", true),
            ("2027-02-29", false),
            ("2028-02-29", true),
            ("2100-02-29", false),
            ("2000-02-29", true),
            ("2027-13-01", false),
            ("2027-00-01", false),
            ("2027-1-31", false),
            ("2027-01-31-", false),
            ("+027-01-31", false),
            ("", false),
        ];
        for (text, exists) in table {
            assert_eq!(Date::parse(text).map(|date| date.to_string()), exists.then(|| text.to_owned()), "{text}");
        }
    }

    #[test]
    fn seconds_become_days() {
        // by `date -u -d @N +%F`
        let table = [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (1_798_761_599, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
            (253_402_300_800, "9999-12-31"),
            (u64::MAX, "9999-12-31"),
        ];
        for (seconds, date) in table {
            assert_eq!(Date::from_unix(seconds).to_string(), date);
        }
    }

    #[test]
    fn days_are_ordered() {
        let mut days = ["2027-01-31", "2026-12-31", "2027-02-01", "2027-01-30"].map(Date::parse);
        days.sort();
        assert_eq!(days, ["2026-12-31", "2027-01-30", "2027-01-31", "2027-02-01"].map(Date::parse));
    }
}

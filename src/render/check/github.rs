//! Workflow commands of GitHub Actions: one annotation for each result that fails the check.
//!
//! Written after the documentation of workflow commands (`::error title=…::message`): per cent
//! signs, carriage returns and newlines are escaped, in properties colons and commas too.

use super::{extent, headline, name, remark, stands};
use crate::report::{CheckNote, Report, Verdict};
use crate::text::shown;

/// The verdict in the first line, then the annotations.
pub fn annotations(verdict: &Verdict, report: &Report) -> String {
    let headline = headline(verdict, report);
    let mut out = format!("{headline}\n");
    if verdict.pass.is_none() {
        out.push_str(&command("error", "why-differ", &headline));
    }
    for result in verdict.outside() {
        let platform = result.platform.as_ref().map(|platform| format!("{platform}: ")).unwrap_or_default();
        let message = format!(
            "{platform}{}. {}. {}.",
            result.title,
            sentence(&extent(result, 3)),
            sentence(&stands(result, verdict))
        );
        out.push_str(&command("error", &format!("why-differ: {}", name(result)), &message));
    }
    for note in &verdict.notes {
        let level = if matches!(note, CheckNote::Expired(_)) { "warning" } else { "notice" };
        out.push_str(&command(level, "why-differ", &format!("{}.", sentence(&remark(note, verdict)))));
    }
    out
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn command(level: &str, title: &str, message: &str) -> String {
    let data = |text: &str| shown(text.as_bytes()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={property}::{}\n", data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_command() {
        let hostile = "50%, a:b\n::error::x\r";
        assert_eq!(
            command("error", hostile, hostile),
            "::error title=50%25%2C a%3Ab\\n%3A%3Aerror%3A%3Ax\\r::50%25, a:b\\n::error::x\\r\n"
        );
    }
}

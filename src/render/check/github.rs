//! Workflow commands of GitHub Actions: one annotation for each result that fails the check.
//!
//! Written after the documentation of workflow commands (`::error title=…::message`): per cent
//! signs, carriage returns and newlines are escaped, in properties colons and commas too.

use super::{TROUBLES, extent, headline, name, remark, stands, troubles};
use crate::report::{CheckFault, CheckNote, Report, Verdict};
use crate::text::shown;

/// The verdict in the first line, then the annotations.
pub fn annotations(verdict: &Verdict, report: &Report) -> String {
    let headline = headline(verdict, report);
    let mut out = format!("{headline}\n");
    if let Some(fault) = &verdict.fault {
        // the editor opens at the fault
        out.push_str(&command("error", &place(fault), &fault.message));
    } else if verdict.pass.is_none() {
        for trouble in troubles(report).iter().take(TROUBLES) {
            out.push_str(&command("error", &[("title", "why-differ")], trouble));
        }
    }
    for result in verdict.outside() {
        let platform = result.platform.as_ref().map(|platform| format!("{platform}: ")).unwrap_or_default();
        let message = format!(
            "{platform}{}. {}. {}.",
            result.title,
            sentence(&extent(result, 3)),
            sentence(&stands(result, verdict))
        );
        out.push_str(&command("error", &[("title", &format!("why-differ: {}", name(result)))], &message));
    }
    for note in &verdict.notes {
        let level = if matches!(note, CheckNote::Expired(_)) { "warning" } else { "notice" };
        let message = format!("{}.", sentence(&remark(note, verdict)));
        out.push_str(&command(level, &of_rule(note, verdict), &message));
    }
    out
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The properties that lead to the rule that a remark is about.
fn of_rule(note: &CheckNote, verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut place = vec![("title", "why-differ".to_owned())];
    if let (CheckNote::Expired(rule) | CheckNote::Unused(rule), Some(file)) = (note, &verdict.policy) {
        place.extend([("file", file.clone()), ("line", rule.line.to_string())]);
    }
    place
}

/// The properties that lead to a file's line.
fn place(fault: &CheckFault) -> Vec<(&'static str, String)> {
    let mut place = vec![("title", "why-differ".to_owned()), ("file", fault.file.clone())];
    if let Some((line, column)) = fault.position {
        place.extend([("line", line.to_string()), ("col", column.to_string())]);
    }
    place
}

fn command(level: &str, properties: &[(&str, impl AsRef<str>)], message: &str) -> String {
    let data = |text: &str| shown(text.as_bytes()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |(name, value): &(&str, _)| {
        let value: &str = AsRef::as_ref(value);
        format!("{name}={}", data(value).replace(':', "%3A").replace(',', "%2C"))
    };
    let properties: Vec<String> = properties.iter().map(property).collect();
    format!("::{level} {}::{}\n", properties.join(","), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_command() {
        let hostile = "50%, a:b\n::error::x\r";
        assert_eq!(
            command("error", &[("title", hostile)], hostile),
            "::error title=50%25%2C a%3Ab\\n%3A%3Aerror%3A%3Ax\\r::50%25, a:b\\n::error::x\\r\n"
        );
    }
}

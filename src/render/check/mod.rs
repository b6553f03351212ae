//! The outcome of a check: for a person, for scripts, and for the tools that pipelines speak to.
//!
//! All forms say the same; the words they share are here.

mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

pub use github::annotations;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use crate::report::{CheckNote, CheckResult, Report, Rule, Standing, Trouble, Verdict};
use crate::text::{counted, shown, thousands};

/// How many causes the headline names.
const NAMED: usize = 3;

/// The word for what no cause claims.
pub(super) const UNEXPLAINED: &str = "unexplained";

/// The first line of every form: pass or fail, and why.
pub fn headline(verdict: &Verdict, report: &Report) -> String {
    let level = verdict.sameness.map_or("not known", |level| level.name());
    let required = verdict.required.name();
    let holds = verdict.sameness.is_some_and(|level| level >= verdict.required);
    match verdict.pass {
        None => {
            let why = troubles(report).into_iter().next().unwrap_or_else(|| "no verdict can be trusted".to_owned());
            format!("CANNOT TELL: {why}")
        }
        Some(true) if verdict.results.is_empty() || holds => {
            if level == required {
                format!("PASS: {level}, as required")
            } else {
                format!("PASS: {level}, and {required} is required")
            }
        }
        Some(true) => {
            let excused = verdict.results.iter().filter(|result| result.standing != Standing::WithinLevel);
            let causes = distinct(excused);
            let are = if causes.len() == 1 { "is" } else { "are" };
            format!(
                "PASS: {} {are} allowed or known: {}",
                counted(causes.len() as u64, "cause", "causes"),
                listed(&causes)
            )
        }
        Some(false) => {
            let causes = distinct(verdict.outside());
            let is = if causes.len() == 1 { "is" } else { "are" };
            let count = counted(causes.len() as u64, "cause", "causes");
            let named: Vec<String> = verdict
                .outside()
                .fold(Vec::<(String, &str)>::new(), |mut seen, result| {
                    let name = name(result).to_owned();
                    if !seen.iter().any(|(other, _)| *other == name) {
                        seen.push((name, result.standing.name()));
                    }
                    seen
                })
                .into_iter()
                .map(|(name, standing)| format!("{name} ({standing})"))
                .collect();
            match (&verdict.policy, &verdict.baseline) {
                (None, None) => format!("FAIL: {level}, but {required} is required; {count}: {}", listed(&causes)),
                (None, Some(_)) => {
                    let have = if causes.len() == 1 { "is new or has" } else { "are new or have" };
                    format!("FAIL: {count} {have} grown: {}", listed(&named))
                }
                _ => format!("FAIL: {count} {is} outside the policy: {}", listed(&named)),
            }
        }
    }
}

/// The codes of some results, each once, in their order.
fn distinct<'v>(results: impl Iterator<Item = &'v CheckResult>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for result in results {
        if !names.iter().any(|other| other == name(result)) {
            names.push(name(result).to_owned());
        }
    }
    names
}

fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}

/// The code of a result.
fn name(result: &CheckResult) -> &'static str {
    result.cause.unwrap_or(UNEXPLAINED)
}

/// What keeps the outcome from being known, one sentence each: `linux/arm64: b: layer 2: …`.
fn troubles(report: &Report) -> Vec<String> {
    let sentence = |(platform, trouble): (Option<&str>, &Trouble)| {
        let platform = platform.map(|platform| format!("{}: ", shown(platform.as_bytes()))).unwrap_or_default();
        let side = trouble.side.map(|side| format!("{}: ", side.name())).unwrap_or_default();
        format!("{platform}{side}{}", shown(trouble.message.as_bytes()))
    };
    report.troubles().into_iter().map(sentence).collect()
}

/// How many troubles are told one by one.
const TROUBLES: usize = 20;

/// How a result stands to the policy, as a sentence without its full stop.
fn stands(result: &CheckResult, verdict: &Verdict) -> String {
    match &result.standing {
        Standing::Forbidden(rule) => format!("forbidden by {}", rule_in_words(rule, verdict)),
        Standing::New { expired: Some(rule) } => {
            format!("no longer allowed by {}", rule_in_words(rule, verdict))
        }
        Standing::New { expired: None } => match (&verdict.policy, &verdict.baseline) {
            (None, None) => format!("keeps the two from {}", verdict.required.name()),
            (Some(_), None) => "no rule of the policy allows it".to_owned(),
            (None, Some(_)) => "new: the baseline does not know it".to_owned(),
            (Some(_), Some(_)) => "new: no rule allows it and the baseline does not know it".to_owned(),
        },
        Standing::Grown { what, from, to, most } => {
            let one = what.strip_suffix('s').unwrap_or(what);
            let from = counted(*from, one, what);
            format!("grown: {from} in the baseline, {} now, at most {} pass", thousands(*to), thousands(*most))
        }
        Standing::Allowed(rule) => format!("allowed by {}", rule_in_words(rule, verdict)),
        Standing::Known => "known to the baseline".to_owned(),
        Standing::WithinLevel => format!("does not keep the two from {}", verdict.required.name()),
    }
}

/// `policy.toml, line 4, until 2027-01-31: the reason`.
fn rule_in_words(rule: &Rule, verdict: &Verdict) -> String {
    let file = shown(verdict.policy.as_deref().unwrap_or("the policy").as_bytes());
    let until = rule.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    let reason = rule.reason.as_ref().map(|reason| format!(": {}", shown(reason.as_bytes()))).unwrap_or_default();
    format!("{file}, line {}{until}{reason}", rule.line)
}

/// A remark as a sentence without its full stop.
fn remark(note: &CheckNote, verdict: &Verdict) -> String {
    match note {
        CheckNote::Expired(rule) => format!("a rule has ended: {}", rule_in_words(rule, verdict)),
        CheckNote::Unused(rule) => format!("a rule allows what is not there: {}", rule_in_words(rule, verdict)),
        CheckNote::Written { causes } => {
            let file = shown(verdict.baseline.as_deref().unwrap_or("the baseline").as_bytes());
            format!("the baseline {file} was written: it knows {}", counted(*causes, "cause", "causes"))
        }
        CheckNote::Gone { platform, cause } => {
            let of = platform.as_ref().map(|platform| format!(" of {}", shown(platform.as_bytes())));
            format!("the baseline knows {cause}{}, which is no longer there", of.unwrap_or_default())
        }
    }
}

/// `3 differences in layer 1: etc/motd, layer 1: etc/issue and 1 more`.
fn extent(result: &CheckResult, most: usize) -> String {
    let mut text = counted(result.differences, "difference", "differences");
    let places: Vec<String> = result.places.iter().take(most).map(|place| shown(place.as_bytes())).collect();
    if !places.is_empty() {
        text.push_str(&format!(" in {}", places.join(", ")));
        let more = result.places_total.saturating_sub(places.len() as u64);
        if more > 0 {
            text.push_str(&format!(" and {} more", thousands(more)));
        }
    }
    text
}

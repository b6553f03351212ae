//! A report held against a policy and a baseline: what a pipeline asks.
//!
//! Pure: reads no file and no clock. A difference passes because a rule allows it, because the
//! baseline knows its cause, or because the required level holds in spite of it; a rule that
//! forbids it is stronger than all three. Refuses to pass what it cannot place.

mod baseline;
mod date;
mod growth;
mod policy;
mod read;
mod standing;

pub use baseline::{Baseline, Known};
pub use date::Date;
pub use growth::{Bound, Growth};
pub use policy::{Policy, UNEXPLAINED};
pub use read::{Fault, FaultKind};

use crate::image::platform::Platform;
use crate::pair::Pair;
use crate::report::{CheckFault, CheckResult, ImageSummary, Report, Sameness, Standing, Trouble, Verdict};
use standing::Judge;

/// The outcome, and what a baseline must know for the same pair to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The outcome.
    pub verdict: Verdict,
    /// What neither a rule nor the level lets pass.
    pub left: Vec<Known>,
}

/// Holds `report` against `policy` and `baseline`. Needs [`Report::spots`]; a finding without them
/// is taken to lie anywhere.
pub fn check(report: &Report, policy: &Policy, baseline: Option<&Baseline>, today: Date) -> Judged {
    let required = policy.require.unwrap_or(Sameness::SameDigest);
    let mut verdict = undecided(report.sameness, required);
    if !report.troubles().is_empty() {
        return Judged { verdict, left: Vec::new() };
    }
    let mut judge = Judge::new(policy, baseline, required, today);
    for unit in units(report) {
        judge.unit(&unit);
    }
    let (mut results, left, notes) = judge.conclude();
    let level_holds = report.sameness.is_some_and(|level| level >= required);
    let excused = results.iter().any(|result| matches!(result.standing, Standing::Allowed(_) | Standing::Known));
    let outside = results.iter().any(|result| result.standing.is_outside());
    if !level_holds && !excused && !outside {
        // no finding says why; the level alone decides
        let level = report.sameness.map_or("not known", Sameness::name);
        results.push(CheckResult {
            platform: None,
            cause: None,
            title: format!("the level is {level}, and {} is required", required.name()),
            differences: report.differences,
            places: Vec::new(),
            places_total: 0,
            standing: Standing::New { expired: None },
        });
    }
    results.sort_by_key(|result| !result.standing.is_outside());
    verdict.pass = Some(!results.iter().any(|result| result.standing.is_outside()));
    verdict.results = results;
    verdict.notes = notes;
    Judged { verdict, left }
}

/// The outcome where a policy or a baseline cannot be used, and a report of nothing but that.
pub fn refused(images: &Pair<String>, fault: CheckFault) -> (Verdict, Report) {
    let side = |reference: &String| ImageSummary { reference: reference.clone(), ..ImageSummary::default() };
    let trouble = Trouble { side: None, cause: None, message: fault.to_string() };
    let report = Report { trouble: vec![trouble], ..Report::bare(images.as_ref().map(side)) };
    (Verdict { fault: Some(fault), ..undecided(None, Sameness::SameDigest) }, report)
}

fn undecided(sameness: Option<Sameness>, required: Sameness) -> Verdict {
    Verdict {
        pass: None,
        sameness,
        required,
        policy: None,
        baseline: None,
        results: Vec::new(),
        notes: Vec::new(),
        fault: None,
    }
}

/// One comparison inside a report.
struct Unit<'r> {
    /// The platform's name, where several were compared.
    name: Option<&'r str>,
    /// What rules limited to platforms look at.
    platform: Option<Platform>,
    report: &'r Report,
}

fn units(report: &Report) -> Vec<Unit<'_>> {
    // `linux/amd64 10.0.1` carries an os.version behind a space
    let parsed = |text: &str| Platform::parse(text.split(' ').next().unwrap_or_default());
    let own = report.sides.b.platform.as_deref().or(report.sides.a.platform.as_deref());
    let mut units = vec![Unit { name: None, platform: own.and_then(parsed), report }];
    for pair in &report.pairs {
        if let Some(report) = &pair.report {
            units.push(Unit { name: Some(&pair.platform), platform: parsed(&pair.platform), report });
        }
    }
    units
}

//! What a check of two images against a policy and a baseline came to, as plain data.

use super::Sameness;

/// The outcome of a check and everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the pair is within the policy; none where the comparison cannot be trusted.
    pub pass: Option<bool>,
    /// The level that the pair has.
    pub sameness: Option<Sameness>,
    /// The level that the policy requires; `same-digest` unless it says another.
    pub required: Sameness,
    /// The policy's name as typed.
    pub policy: Option<String>,
    /// The baseline's name as typed.
    pub baseline: Option<String>,
    /// What was found and how it stands to the policy: what is outside first, then in the report's order.
    pub results: Vec<CheckResult>,
    /// What the policy's author should know.
    pub notes: Vec<CheckNote>,
    /// Why no image was looked at: a policy or a baseline that cannot be used.
    pub fault: Option<CheckFault>,
}

impl Verdict {
    /// The results that make the check fail.
    pub fn outside(&self) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(|result| result.standing.is_outside())
    }
}

/// A policy or a baseline that cannot be used, and where it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFault {
    /// The file's name as typed.
    pub file: String,
    /// Line and column from 1, where the file could be read so far.
    pub position: Option<(usize, usize)>,
    /// One sentence without the file's name.
    pub message: String,
}

impl std::fmt::Display for CheckFault {
    /// `why-differ.toml:2:2: unknown key …`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Differences of one cause that stand alike to the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The platform, where several were compared.
    pub platform: Option<String>,
    /// The cause; none for differences that no cause claims.
    pub cause: Option<&'static str>,
    /// What is seen, in one line.
    pub title: String,
    /// How many differences.
    pub differences: u64,
    /// Where, the first few, as a person finds them.
    pub places: Vec<String>,
    /// How many places in all.
    pub places_total: u64,
    /// How it stands to the policy.
    pub standing: Standing,
}

/// How differences stand to a policy and a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A rule forbids them.
    Forbidden(Rule),
    /// Nothing allows them, and the baseline, if there is one, does not know the cause.
    New {
        /// The rule that allowed them until its date.
        expired: Option<Rule>,
    },
    /// The baseline knows the cause, but it has grown beyond the bound.
    Grown {
        /// What is counted: `differences` or `bytes`.
        what: &'static str,
        /// The baseline's number.
        from: u64,
        /// Today's number.
        to: u64,
        /// How far it may go.
        most: u64,
    },
    /// A rule allows them.
    Allowed(Rule),
    /// The baseline knows them.
    Known,
    /// They do not keep the pair from the required level.
    WithinLevel,
}

impl Standing {
    /// Whether it makes the check fail.
    pub fn is_outside(&self) -> bool {
        matches!(self, Standing::Forbidden(_) | Standing::New { .. } | Standing::Grown { .. })
    }

    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Forbidden(_) => "forbidden",
            Standing::New { .. } => "new",
            Standing::Grown { .. } => "grown",
            Standing::Allowed(_) => "allowed",
            Standing::Known => "known",
            Standing::WithinLevel => "within-level",
        }
    }
}

/// A rule of the policy as far as a reader needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The line of the policy that it begins on, from 1.
    pub line: usize,
    /// Why it is there.
    pub reason: Option<String>,
    /// The last day it holds, `2027-01-31`.
    pub until: Option<String>,
}

/// Something about the policy or the baseline that fails nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckNote {
    /// A rule's date has passed.
    Expired(Rule),
    /// A rule that allows what is no longer there.
    Unused(Rule),
    /// The baseline was written just now.
    Written {
        /// How many causes it knows.
        causes: u64,
    },
    /// The baseline knows a cause that is no longer there.
    Gone {
        /// The platform, where several were compared.
        platform: Option<String>,
        /// The cause's code, or `unexplained`.
        cause: String,
    },
}

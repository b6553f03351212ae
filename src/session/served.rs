//! One tag, every way of asking for it: which answers there are, and why they differ.
//!
//! Refuses to call a refusal a difference: a registry that has no document of the only type that is accepted
//! is right to say so.

use std::sync::Arc;

use crate::cause;
use crate::image::Trouble;
use crate::image::document::{Document, Kind};
use crate::load::{self, headers, layers};
use crate::pair::Pair;
use crate::report::{AskedRow, Certainty, Compared, Evidence, Finding, Group, Sameness, Served};
use crate::source::{Asked, Opened, Root};
use crate::{Options, Progress};

use super::{platforms, summary};

/// Asks for a reference in every way, and compares what comes.
pub fn served(reference: &str, options: &Options, progress: &dyn Progress) -> Served {
    let mut out = Served { reference: reference.to_owned(), ..Served::default() };
    let asked = match load::served(reference, &options.limits, &options.access.a) {
        Ok(served) => served,
        Err(trouble) => {
            out.trouble = layers::reported(&[trouble], None);
            return out;
        }
    };
    out.name.clone_from(&asked.name);
    out.host.clone_from(&asked.host);
    let mut answers: Vec<Answer<'_>> = Vec::new();
    let mut trouble = Vec::new();
    // where each body stands among the answers
    let mut places: Vec<Option<usize>> = Vec::new();
    for one in &asked.asked {
        let mut place = None;
        if let Some(body) = &one.body {
            let declared = one.headers.media_type().map(str::to_owned);
            match Document::read(words(one), body.clone(), declared, options.limits.depth) {
                Ok(document) => {
                    let known = answers.iter().position(|answer| answer.document.digest == document.digest);
                    place = known.or(Some(answers.len()));
                    match known.and_then(|known| answers.get_mut(known)) {
                        Some(known) => known.signed_anew |= known.document.raw != document.raw,
                        None => answers.push(Answer { first: one, document, signed_anew: false }),
                    }
                }
                Err(error) => trouble.push(Trouble::new(format!("{}: not a JSON document: {error}", words(one)))),
            }
        }
        places.push(place);
    }
    if answers.is_empty() && trouble.is_empty() {
        trouble.push(Trouble::new(format!("{} has no {}", asked.host, asked.name)));
    }
    for (position, one) in asked.asked.iter().enumerate() {
        // HEAD is asked right behind GET
        let before = position.checked_sub(1).filter(|_| one.method == "HEAD");
        let got = before.and_then(|before| asked.asked.get(before));
        let answer = places.get(before.unwrap_or(position)).copied().flatten();
        out.asked.push(row(one, answer.filter(|_| one.status == 200)));
        let document = answer.and_then(|answer| answers.get(answer)).map(|answer| &answer.document);
        if let Some(document) = document {
            check(one, got, document, &mut out.findings, &mut trouble);
        } else if let Some(got) = got.filter(|got| got.status != one.status) {
            difference(&mut out.findings, format!("{}: status {}, and {} to GET", words(one), one.status, got.status));
        }
    }
    out.answers = answers.iter().map(|answer| summary::document(&answer.document)).collect();
    out.notes = notes(&asked.asked, &answers);
    for (position, answer) in answers.iter().enumerate().skip(1) {
        let open = |answer: &Answer<'_>| {
            let root = Root::Document {
                bytes: answer.document.raw.to_vec(),
                declared_digest: None,
                declared_size: None,
                declared_media_type: answer.document.declared_media_type.clone(),
                name: words(answer.first),
                annotations: Vec::new(),
            };
            let opened = Opened { source: Arc::clone(&asked.source), root };
            load::top(&words(answer.first), opened, &options.limits)
        };
        match (open(&answers[0]), open(answer)) {
            (Ok(a), Ok(b)) => {
                let mut report = platforms::diff(Pair::new(a, b), options, progress);
                report.sides.as_mut().map(|side| side.transfer = None);
                out.comparisons.push(Compared { a: 0, b: position, report });
            }
            (Err(error), _) | (_, Err(error)) => trouble.push(error),
        }
    }
    for one in &trouble {
        if let Some(cause) = one.cause {
            note(&mut out.findings, cause, one.message.clone());
        }
    }
    out.trouble = layers::reported(&trouble, None);
    out.trouble.extend(out.comparisons.iter().flat_map(|one| one.report.trouble.clone()));
    let weakest = out.comparisons.iter().map(|one| one.report.sameness).min();
    out.sameness = weakest.unwrap_or(Some(Sameness::SameDigest)).filter(|_| out.trouble.is_empty());
    out
}

/// A document that came, and the first way in which it did.
struct Answer<'a> {
    first: &'a Asked,
    document: Document,
    /// Whether other signatures came with the same payload.
    signed_anew: bool,
}

/// What is odd about the answers and no difference between them.
fn notes(asked: &[Asked], answers: &[Answer<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    for (position, answer) in answers.iter().enumerate().filter(|(_, answer)| answer.signed_anew) {
        let digest = answer.document.digest;
        notes.push(format!(
            "answer {} is signed anew each time: its payload has one digest ({digest}), its file never has",
            position + 1
        ));
    }
    let mut absent: Vec<&str> =
        asked.iter().filter(|one| one.status == 404).filter_map(|one| one.digest.as_deref()).collect();
    absent.dedup();
    for digest in absent {
        notes.push(format!("{digest} was named by an answer and is not there when it is asked for by digest"));
    }
    let all = asked.iter().filter(|one| one.status == 200);
    let silent = all.clone().filter(|one| one.headers.digest.is_none()).count();
    if silent > 0 {
        notes.push(format!("{silent} of {} answers carry no Docker-Content-Digest header", all.count()));
    }
    notes
}

/// `GET by tag, accepting every type`
fn words(one: &Asked) -> String {
    let by = if one.digest.is_some() { "digest" } else { "tag" };
    format!("{} by {by}, accepting {}", one.method, one.accept)
}

fn row(one: &Asked, answer: Option<usize>) -> AskedRow {
    AskedRow {
        method: one.method,
        by_digest: one.digest.clone(),
        accept: one.accept,
        status: one.status,
        media_type: one.headers.content_type.clone(),
        digest: one.headers.digest.clone(),
        size: one.length,
        answer,
    }
}

/// Holds the headers of one answer against the document, and those of HEAD against GET's.
fn check(
    one: &Asked,
    got: Option<&Asked>,
    document: &Document,
    findings: &mut Vec<Finding>,
    trouble: &mut Vec<Trouble>,
) {
    if one.status != 200 {
        difference(findings, format!("{}: status {}, and GET gives a document", words(one), one.status));
        return;
    }
    if let Some(wrong) = headers::content_type(&one.headers, document) {
        let message = format!("{}: declared {}, found {}", words(one), wrong.declared, wrong.found);
        note(findings, "media-type-mismatch", message);
    }
    trouble.extend(
        headers::digest(&one.headers, document, None)
            .map(|wrong| Trouble { message: wrong.message.replacen(&document.name, &words(one), 1), ..wrong }),
    );
    let asked = one.digest.as_deref().and_then(|digest| digest.parse::<crate::digest::Digest>().ok());
    if let (Some(asked), None) = (asked, got) {
        let found = asked.of_same_algorithm(&document.raw);
        if asked != found && asked != document.digest {
            trouble.push(load::digest_mismatch(&words(one), &asked, &found, None));
        }
    }
    let signed = matches!(document.kind, Kind::Schema1 { signed: true });
    if let (Some(length), Some(got)) = (one.length, got)
        && !signed
        && got.body.as_ref().is_some_and(|body| body.len() as u64 != length)
    {
        trouble.push(Trouble {
            cause: Some("blob-size-mismatch"),
            ..Trouble::new(format!(
                "{}: Content-Length says {length} bytes, GET gives {}",
                words(one),
                document.raw.len()
            ))
        });
    }
}

/// GET and HEAD disagree on whether there is something.
fn difference(findings: &mut Vec<Finding>, message: String) {
    note(findings, "document-kind", message);
}

/// Adds a sentence to the finding of a cause.
fn note(findings: &mut Vec<Finding>, code: &str, message: String) {
    let Some(cause) = cause::by_code(code) else { return };
    let at = findings.iter().position(|finding| finding.cause == cause.code).unwrap_or_else(|| {
        findings.push(Finding {
            cause: cause.code,
            group: cause.group,
            title: match cause.group {
                Group::Integrity => cause.summary().to_owned(),
                _ => "HEAD and GET do not agree".to_owned(),
            },
            count: 0,
            size_effect: Some(0),
            certainty: Certainty::Observed,
            places: Vec::new(),
            places_total: 0,
            evidence: Vec::new(),
            evidence_total: 0,
            fixes: Vec::new(),
        });
        findings.len() - 1
    });
    let finding = &mut findings[at];
    finding.count += 1;
    finding.evidence.push(Evidence::Note(message));
    finding.evidence_total += 1;
}

//! One call from end to end: open both, choose, compare, ask for more, diagnose, report.

mod exhibits;
mod fast;
mod inspect;
mod obtained;
mod platforms;
mod prove;
mod served;
mod spots;
mod summary;

use crate::cause::{self, Context, diagnose};
use crate::compare::{self, Comparison, Payloads};
use crate::image::{Image, Trouble};
use crate::load::{self, Loaded, Top, encoders, evidence, layers};
use crate::pair::{Pair, Side};
use crate::report::{Evidence, Exhibits, Finding, ImageSummary, Report, Sameness, SizeAccount};
use crate::source::Access;
use crate::{Options, Progress};

pub use inspect::inspect;
pub use served::served;

/// Runs `work` on a thread pool of as many threads as `options` asks for.
pub fn on_pool<T: Send>(options: &Options, work: impl FnOnce() -> T + Send) -> T {
    match options.jobs {
        None => work(),
        Some(jobs) => match rayon::ThreadPoolBuilder::new().num_threads(jobs.max(1)).build() {
            Ok(pool) => pool.install(work),
            // without threads of its own the work is done with those that are there
            Err(_) => work(),
        },
    }
}

/// Compares two references.
pub fn diff(a: &str, b: &str, options: &Options, progress: &dyn Progress) -> Report {
    let access = &options.access;
    let (a, b) = rayon::join(|| open(a, options, &access.a), || open(b, options, &access.b));
    match (a, b) {
        (Ok(a), Ok(b)) => platforms::diff(Pair::new(a, b), options, progress),
        (a, b) => broken(Pair::new(a, b)),
    }
}

/// A side that could not be opened: how it was typed, and why.
struct Unopened {
    reference: String,
    trouble: Trouble,
}

fn open(reference: &str, options: &Options, access: &Access) -> Result<Top, Unopened> {
    load::open(reference, &options.limits, access)
        .map_err(|trouble| Unopened { reference: reference.to_owned(), trouble })
}

/// A report of nothing but what went wrong.
fn broken(sides: Pair<Result<Top, Unopened>>) -> Report {
    let mut trouble = Vec::new();
    let mut summaries = Pair::new(ImageSummary::default(), ImageSummary::default());
    let mut obtained = Pair::default();
    for side in Side::BOTH {
        *summaries.get_mut(side) = match sides.get(side) {
            Ok(top) => {
                trouble.extend(layers::reported(&top.image.trouble, Some(side)));
                *obtained.get_mut(side) = obtained::obtained(&top.image, &*top.source);
                ImageSummary { size: None, ..summary::image(&top.image) }
            }
            Err(unopened) => {
                trouble.extend(layers::reported(std::slice::from_ref(&unopened.trouble), Some(side)));
                ImageSummary { reference: unopened.reference.clone(), ..ImageSummary::default() }
            }
        };
    }
    let exhibits = Exhibits { obtained, ..Exhibits::default() };
    Report { trouble, exhibits, ..Report::bare(summaries) }
}

/// Compares two images whose documents are loaded.
fn images(mut pair: Pair<Loaded>, options: &Options, progress: &dyn Progress) -> Report {
    let limits = &options.limits;
    let same_document = same_top(&pair);
    if same_document && !options.verify && no_trouble(&pair) {
        return settled(pair, options);
    }
    if pair.a.unpacked.is_some() || pair.b.unpacked.is_some() {
        return unpacked(pair, options, progress);
    }
    let mut wants = compare::first_look(as_images(&pair), options.verify);
    if options.fast {
        fast::believe(&mut pair, &mut wants);
    }
    layers::open(&mut pair, &wants, limits, progress);
    let wants = compare::second_look(as_images(&pair));
    layers::open(&mut pair, &wants, limits, progress);
    let wants = compare::encoder_look(as_images(&pair), options.prove);
    encoders::look(&mut pair, &wants, limits, options.prove);
    let payloads = evidence::payloads(&pair, compare::payload_look(as_images(&pair)));
    let mut comparison = compare::compare(as_images(&pair), &payloads);
    let wants = compare::merge_look(as_images(&pair), &comparison);
    if !wants.is_empty() {
        layers::open(&mut pair, &wants, limits, progress);
        comparison = compare::compare(as_images(&pair), &payloads);
    }
    conclude(pair, comparison, options)
}

/// Two images of one digest: equal without being opened. A signature may still differ.
fn settled(pair: Pair<Loaded>, options: &Options) -> Report {
    let comparison = compare::compare(as_images(&pair), &Payloads::new());
    conclude(pair, comparison, options)
}

/// Images of which at least one is a manifest whose compressed layers are gone: what is left of it is compared. Where
/// the documents are the same and every layer is what the configs say, so are the images.
fn unpacked(pair: Pair<Loaded>, options: &Options, progress: &dyn Progress) -> Report {
    let same_document = same_top(&pair);
    let [documents, left] = [false, true].map(|left| {
        pair.as_ref().map(|loaded| Loaded {
            image: loaded.unpacked.as_deref().filter(|_| left).unwrap_or(&loaded.image).clone(),
            source: std::sync::Arc::clone(&loaded.source),
            unpacked: None,
        })
    });
    let report = images(left, options, progress);
    if same_document && report.sameness >= Some(Sameness::SameImage) { settled(documents, options) } else { report }
}

fn same_top(pair: &Pair<Loaded>) -> bool {
    let digests = pair.as_ref().map(|loaded| loaded.image.top().map(|document| document.digest));
    digests.a.is_some() && digests.same()
}

fn no_trouble(pair: &Pair<Loaded>) -> bool {
    pair.a.image.trouble.is_empty() && pair.b.image.trouble.is_empty()
}

fn as_images(pair: &Pair<Loaded>) -> Pair<&Image> {
    Pair::new(&pair.a.image, &pair.b.image)
}

fn conclude(pair: Pair<Loaded>, comparison: Comparison, options: &Options) -> Report {
    let contents = evidence::fetch(&pair, &comparison, &options.limits);
    let images = as_images(&pair);
    let context = Context { images, comparison: &comparison, contents: &contents };
    let diagnosis = diagnose::diagnose(&context, options.full);
    let mut sides = images.map(summary::image);
    for side in Side::BOTH {
        sides.get_mut(side).transfer = summary::transfer(pair.get(side));
    }
    let mut trouble = Vec::new();
    for side in Side::BOTH {
        trouble.extend(layers::reported(&images.get(side).trouble, Some(side)));
    }
    let sameness = comparison.sameness.filter(|_| trouble.is_empty());
    let mut findings: Vec<Finding> = Vec::new();
    for side in Side::BOTH {
        integrity_findings(&images.get(side).trouble, side, &mut findings);
    }
    findings.extend(diagnosis.findings);
    let claims = diagnosis.claims;
    let mut report = Report {
        sameness,
        size: SizeAccount { sides: images.map(Image::stored_size), ledger: diagnosis.ledger },
        findings,
        unexplained: diagnosis.unexplained,
        differences: comparison.deltas.len() as u64,
        layers: summary::rows(images, &comparison),
        trouble,
        notes: summary::notes(images, &comparison),
        spots: if options.spots { spots::spots(&context, &claims) } else { Vec::new() },
        exhibits: match options.exhibits {
            true => Exhibits {
                obtained: pair.as_ref().map(|loaded| obtained::obtained(&loaded.image, &*loaded.source)),
                ..exhibits::exhibits(&context, &claims)
            },
            false => Exhibits::default(),
        },
        ..Report::bare(sides)
    };
    if options.prove {
        prove::prove(&pair, &context, &claims, &options.proof, &options.limits, &mut report);
    }
    ignore(&mut report, options);
    report
}

/// Trouble that is a cause: a blob that is not what it is named by.
fn integrity_findings(trouble: &[Trouble], side: Side, findings: &mut Vec<Finding>) {
    for trouble in trouble {
        let Some(cause) = trouble.cause.and_then(cause::by_code) else { continue };
        let message = format!("{}: {}", side.name(), trouble.message);
        let place = trouble.layer.map_or_else(|| "image".to_owned(), |layer| format!("layer {}", layer + 1));
        match findings.iter_mut().find(|finding| finding.cause == cause.code) {
            Some(finding) => {
                finding.count += 1;
                finding.places.push(place);
                finding.places_total += 1;
                finding.evidence.push(Evidence::Note(message));
                finding.evidence_total += 1;
            }
            None => findings.push(Finding {
                cause: cause.code,
                group: cause.group,
                title: cause.summary().to_owned(),
                count: 1,
                size_effect: Some(0),
                certainty: cause.certainty,
                places: vec![place],
                places_total: 1,
                evidence: vec![Evidence::Note(message)],
                evidence_total: 1,
                fixes: Vec::new(),
            }),
        }
    }
}

/// Filters findings, never the comparison.
fn ignore(report: &mut Report, options: &Options) {
    let ignored = |code: &str| options.ignore.iter().any(|own| own == code);
    report.ignored = report.findings.iter().map(|finding| finding.cause).filter(|code| ignored(code)).collect();
    report.findings.retain(|finding| !ignored(finding.cause));
    report.spots.retain(|spot| !spot.cause.is_some_and(ignored));
}

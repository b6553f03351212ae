//! Reports as JSON, schema 1: what scripts rely on.
//!
//! The types here are the wire format and nothing else; they keep the report's own types free to
//! change. Keys are added, never renamed, and stand in the order in which these structs declare
//! them. Lists under `where` and `evidence` hold the first few, with a total beside them. Bytes that
//! are not UTF-8 become `{"bytes": base64}`.

mod encoder;
mod inspection;
mod proof;
mod served;
mod values;

use serde::Serialize;

use self::encoder::Encoded;
pub use self::inspection::inspection;
pub use self::served::served;
pub(super) use self::values::written;
use self::values::{Bytes, Hex, Value};
use crate::pair::{Pair, Side};
use crate::report;

/// Places and pieces of evidence of one finding, unless all are asked for.
const FEW: usize = 10;

/// The version of the format.
pub(super) const SCHEMA: u32 = 1;

/// The report as JSON, ending in a newline; `full` lifts the bounds of lists.
pub fn report(report: &report::Report, full: bool) -> String {
    written(&Document { schema: SCHEMA, body: Comparison::of(report, full) })
}

#[derive(Serialize)]
struct Document<T> {
    schema: u32,
    #[serde(flatten)]
    body: T,
}

/// A report on the wire.
#[derive(Serialize)]
pub(super) struct Comparison<'r> {
    a: Image<'r>,
    b: Image<'r>,
    sameness: Option<&'static str>,
    size: Size<'r>,
    findings: Vec<Finding<'r>>,
    unexplained: Vec<Unexplained<'r>>,
    accounted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<Platform<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<proof::Proof<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<Vec<Redaction<'r>>>,
    #[serde(flatten)]
    trouble: Option<Trouble<'r>>,
}

/// A value that was taken out; `[redacted #N]` stands in its place.
#[derive(Serialize)]
struct Redaction<'r> {
    number: usize,
    name: &'r str,
    length: usize,
}

impl<'r> Comparison<'r> {
    pub(super) fn of(report: &'r report::Report, full: bool) -> Self {
        Comparison {
            a: Image::of(&report.sides.a),
            b: Image::of(&report.sides.b),
            sameness: report.sameness.map(report::Sameness::name),
            size: Size {
                a: report.size.sides.a,
                b: report.size.sides.b,
                difference: report.size.difference(),
                ledger: report.size.ledger.iter().map(LedgerRow::of).collect(),
            },
            findings: report.findings.iter().map(|finding| Finding::of(finding, full)).collect(),
            unexplained: report.unexplained.iter().map(Unexplained::of).collect(),
            accounted: report.accounted(),
            pairs: report.pairs.iter().map(|pair| Platform::of(pair, full)).collect(),
            proof: report.proof.as_ref().map(|proof| proof::Proof::of(proof, full)),
            redacted: report.redacted.as_ref().map(|list| {
                let one =
                    |own: &'r report::Redaction| Redaction { number: own.number, name: &own.name, length: own.length };
                list.iter().map(one).collect()
            }),
            trouble: Trouble::of(&report.trouble),
        }
    }
}

#[derive(Serialize)]
struct Platform<'r> {
    platform: &'r str,
    only: Option<&'static str>,
    report: Option<Comparison<'r>>,
}

impl<'r> Platform<'r> {
    fn of(pair: &'r report::PlatformReport, full: bool) -> Self {
        Platform {
            platform: &pair.platform,
            only: pair.only.map(Side::name),
            report: pair.report.as_ref().map(|report| Comparison::of(report, full)),
        }
    }
}

#[derive(Serialize)]
struct Image<'r> {
    reference: &'r str,
    media_type: Option<&'r str>,
    digest: Option<Hex>,
    size: Option<u64>,
    image_id: Option<Hex>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<Transfer<'r>>,
}

/// What came over a network, in bytes.
#[derive(Serialize)]
struct Transfer<'r> {
    from: &'r str,
    fetched: u64,
    cached: u64,
    not_needed: u64,
}

impl<'r> Image<'r> {
    fn of(image: &'r report::ImageSummary) -> Self {
        Image {
            reference: &image.reference,
            media_type: image.media_type.as_deref(),
            digest: image.digest.map(Hex),
            size: image.size,
            image_id: image.image_id.map(Hex),
            transfer: image.transfer.as_ref().map(|transfer| Transfer {
                from: &transfer.from,
                fetched: transfer.fetched,
                cached: transfer.cached,
                not_needed: transfer.not_needed,
            }),
        }
    }
}

#[derive(Serialize)]
struct Size<'r> {
    a: Option<u64>,
    b: Option<u64>,
    difference: Option<i128>,
    ledger: Vec<LedgerRow<'r>>,
}

/// One cause, or none and the several that cannot be told apart.
#[derive(Serialize)]
struct LedgerRow<'r> {
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<&'r [&'static str]>,
    bytes: i128,
}

impl<'r> LedgerRow<'r> {
    fn of(row: &'r report::LedgerRow) -> Self {
        match row.causes.as_slice() {
            [cause] => LedgerRow { cause: Some(cause), causes: None, bytes: row.bytes },
            causes => LedgerRow { cause: None, causes: Some(causes), bytes: row.bytes },
        }
    }
}

#[derive(Serialize)]
struct Finding<'r> {
    cause: &'static str,
    group: &'static str,
    title: &'r str,
    count: u64,
    size_effect: Option<i128>,
    certainty: &'static str,
    #[serde(rename = "where")]
    places: &'r [String],
    where_total: u64,
    evidence: Vec<Evidence<'r>>,
    evidence_total: u64,
    fixes: Vec<Fix<'r>>,
}

impl<'r> Finding<'r> {
    fn of(finding: &'r report::Finding, full: bool) -> Self {
        let most = if full { usize::MAX } else { FEW };
        Finding {
            cause: finding.cause,
            group: finding.group.name(),
            title: &finding.title,
            count: finding.count,
            size_effect: finding.size_effect,
            certainty: finding.certainty.name(),
            places: &finding.places[..finding.places.len().min(most)],
            where_total: finding.places_total,
            evidence: finding.evidence.iter().take(most).map(Evidence::of).collect(),
            evidence_total: finding.evidence_total,
            fixes: finding.fixes.iter().map(|fix| Fix { text: &fix.text, command: fix.command.as_deref() }).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Evidence<'r> {
    Values {
        #[serde(rename = "where")]
        place: &'r str,
        field: &'r str,
        a: Value<'r>,
        b: Value<'r>,
        repeats: u64,
    },
    Note {
        note: &'r str,
    },
    Layer {
        #[serde(rename = "where")]
        place: &'r str,
        size_a: Option<u64>,
        size_b: Option<u64>,
        diff_id_a: Option<Hex>,
        diff_id_b: Option<Hex>,
    },
    Encoder {
        #[serde(rename = "where")]
        place: &'r str,
        a: Box<Encoded<'r>>,
        b: Box<Encoded<'r>>,
    },
    Lines {
        #[serde(rename = "where")]
        place: &'r str,
        lines: Vec<Bytes>,
        more: u64,
    },
}

impl<'r> Evidence<'r> {
    fn of(evidence: &'r report::Evidence) -> Self {
        match evidence {
            report::Evidence::Values { place, field, values: Pair { a, b }, repeats } => {
                Evidence::Values { place, field, a: Value(a), b: Value(b), repeats: *repeats }
            }
            report::Evidence::Note(note) => Evidence::Note { note },
            report::Evidence::Layer { place, size, diff_id } => Evidence::Layer {
                place,
                size_a: size.a,
                size_b: size.b,
                diff_id_a: diff_id.a.map(Hex),
                diff_id_b: diff_id.b.map(Hex),
            },
            report::Evidence::Encoder { place, sides } => {
                Evidence::Encoder { place, a: Box::new(Encoded::of(&sides.a)), b: Box::new(Encoded::of(&sides.b)) }
            }
            report::Evidence::Lines { place, lines, more } => {
                let line = |(sign, text): &(char, Vec<u8>)| {
                    let mut line = sign.to_string().into_bytes();
                    line.extend_from_slice(text);
                    Bytes(line)
                };
                Evidence::Lines { place, lines: lines.iter().map(line).collect(), more: *more }
            }
        }
    }
}

#[derive(Serialize)]
struct Fix<'r> {
    text: &'r str,
    command: Option<&'r str>,
}

#[derive(Serialize)]
struct Unexplained<'r> {
    #[serde(rename = "where")]
    place: &'r str,
    field: &'r str,
    a: Value<'r>,
    b: Value<'r>,
}

impl<'r> Unexplained<'r> {
    fn of(one: &'r report::Unexplained) -> Self {
        Unexplained { place: &one.place, field: &one.field, a: Value(&one.values.a), b: Value(&one.values.b) }
    }
}

/// `error` is the first of `errors`, for scripts that print one line.
#[derive(Serialize)]
struct Trouble<'r> {
    error: TroubleRow<'r>,
    errors: Vec<TroubleRow<'r>>,
}

#[derive(Serialize)]
struct TroubleRow<'r> {
    message: &'r str,
    side: Option<&'static str>,
    cause: Option<&'static str>,
}

impl<'r> Trouble<'r> {
    fn of(trouble: &'r [report::Trouble]) -> Option<Self> {
        let row = |one: &'r report::Trouble| TroubleRow {
            message: &one.message,
            side: one.side.map(Side::name),
            cause: one.cause,
        };
        Some(Trouble { error: row(trouble.first()?), errors: trouble.iter().map(row).collect() })
    }
}

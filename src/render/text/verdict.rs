//! The first two lines: in what sense the two are the same, as a headline and as a sentence.
//!
//! A sentence says only what holds for every pair of its level: the sides may be images with or
//! without a config, archives without a manifest, single layers or single documents.

use crate::pair::{Pair, Side};
use crate::report::{Group, LayerRow, Report, Sameness};
use crate::text::counted;

use super::Ink;

/// The headline; also the whole output of `-q`.
pub(in crate::render) fn headline(report: &Report) -> &'static str {
    match report.sameness {
        // Two single layers have no config that could be another one.
        Some(Sameness::SameLayers) if !has_settings(report) => match same_blobs(report) {
            true => "SAME LAYERS, DESCRIBED DIFFERENTLY",
            false => "SAME LAYERS, ENCODED DIFFERENTLY",
        },
        Some(Sameness::SameDigest) => "SAME DIGEST",
        Some(Sameness::SameImage) => "SAME IMAGE, ENCODED DIFFERENTLY",
        Some(Sameness::SameLayers) => "SAME LAYERS, ANOTHER CONFIG",
        Some(Sameness::SameFiles) => "SAME FILES, PACKED DIFFERENTLY",
        Some(Sameness::SameContents) => "SAME CONTENTS, OTHER METADATA",
        Some(Sameness::Different) => "DIFFERENT FILES",
        None => "CANNOT TELL",
    }
}

/// The colour that repeats the headline.
pub(super) fn ink(sameness: Option<Sameness>) -> Ink {
    match sameness {
        Some(Sameness::SameDigest | Sameness::SameImage) => Ink::Good,
        Some(Sameness::SameLayers | Sameness::SameFiles | Sameness::SameContents) => Ink::Notable,
        Some(Sameness::Different) | None => Ink::Bad,
    }
}

/// What the headline means for these two.
pub(in crate::render) fn sentence(report: &Report) -> String {
    if !report.pairs.is_empty() {
        return over_platforms(report);
    }
    match report.sameness {
        Some(Sameness::SameDigest) => same_digest(report),
        Some(Sameness::SameImage) => same_image(report),
        Some(Sameness::SameLayers) => same_layers(report),
        Some(Sameness::SameFiles) => with_config(
            "Unpacked, both give the same files with the same contents, owners, permissions and times; only how they \
             are packed differs.",
            report,
        ),
        Some(Sameness::SameContents) => {
            let text = format!("Both hold the same files with the same contents; {} differ.", metadata(report));
            with_config(&text, report)
        }
        Some(Sameness::Different) => {
            with_config("The two do not hold the same files: some were added, removed or changed.", report)
        }
        None if report.trouble.is_empty() => {
            "What was given is not enough to tell whether both hold the same files.".to_owned()
        }
        None => "The comparison could not be finished or cannot be trusted:".to_owned(),
    }
}

fn same_digest(report: &Report) -> String {
    let mut text = match report.sides.as_ref().map(|side| side.digest) {
        pair if pair.same() && pair.a.is_some() => {
            "Both have the same digest, so everything that it covers is the same, byte for byte.".to_owned()
        }
        _ => "Both are the same, byte for byte.".to_owned(),
    };
    if !report.findings.is_empty() {
        text.push_str(" What still differs lies outside of it.");
    }
    text
}

fn same_image(report: &Report) -> String {
    let layers = count(report);
    let config = match (report.sides.a.image_id, report.sides.b.image_id) {
        (Some(a), Some(b)) if a == b => Some(format!("The config is byte-identical (image ID {})", a.short())),
        (None, None) => None,
        _ => Some("The config is the same".to_owned()),
    };
    match config {
        None => format!("{} to the same bytes; only the packing differs.", capitalised(&unpack(&layers))),
        Some(config) if layers == Pair::new(0, 0) => {
            format!("{config} and there are no layers; only what points to it differs.")
        }
        Some(config) if !same_blobs(report) => {
            format!("{config} and {} to the same bytes: a container runs the same from either.", unpack(&layers))
        }
        Some(config) => format!(
            "{config} and so {}: a container runs the same from either. Only what lists them differs.",
            are(&layers)
        ),
    }
}

/// Whether every layer is the very blob of the other side.
fn same_blobs(report: &Report) -> bool {
    let same = |row: &LayerRow| match (&row.layer.a, &row.layer.b) {
        (Some(a), Some(b)) => a.digest == b.digest,
        _ => false,
    };
    !report.layers.is_empty() && report.layers.iter().all(same)
}

fn same_layers(report: &Report) -> String {
    let layers = count(report);
    let files = match (layers.a, layers.b) {
        (0, 0) => "There are no layers that could differ.".to_owned(),
        _ if same_blobs(report) => {
            format!("{}, byte for byte, so the files are the same.", capitalised(&alike(&layers)))
        }
        _ => format!("{} to the same bytes, so the files are the same.", capitalised(&unpack(&layers))),
    };
    let config = match (report.sides.a.image_id, report.sides.b.image_id) {
        (Some(a), Some(b)) if a != b => {
            format!("The config (settings, dates, history) differs: image ID {} and {}.", a.short(), b.short())
        }
        (Some(a), None) => format!("Only a has a config (image ID {}).", a.short()),
        (None, Some(b)) => format!("Only b has a config (image ID {}).", b.short()),
        _ if has_settings(report) => "What differs is around them: settings, dates, history.".to_owned(),
        _ if same_blobs(report) => "Only what lists them differs.".to_owned(),
        _ => "Only how they are packed and described differs.".to_owned(),
    };
    format!("{files} {config}")
}

/// How many layers there are on either side.
fn count(report: &Report) -> Pair<usize> {
    report.sides.as_ref().map(|side| side.layers)
}

/// `both layers unpack`.
fn unpack(layers: &Pair<usize>) -> String {
    match (layers.a, layers.b) {
        (1, 1) => "the layer unpacks".to_owned(),
        (2, 2) => "both layers unpack".to_owned(),
        (a, b) if a == b => format!("all {a} layers unpack"),
        // Schema 1 counts empty layers that schema 2 leaves out.
        _ => "the layers of both unpack".to_owned(),
    }
}

/// `both layers are the same`.
fn alike(layers: &Pair<usize>) -> String {
    match (layers.a, layers.b) {
        (1, 1) => "the layer is the same".to_owned(),
        (2, 2) => "both layers are the same".to_owned(),
        (a, b) if a == b => format!("all {a} layers are the same"),
        _ => "the layers of both are the same".to_owned(),
    }
}

/// `are both layers`.
fn are(layers: &Pair<usize>) -> String {
    match (layers.a, layers.b) {
        (1, 1) => "is the layer".to_owned(),
        (2, 2) => "are both layers".to_owned(),
        (a, b) if a == b => format!("are all {a} layers"),
        _ => "are the layers".to_owned(),
    }
}

/// The metadata that differs, in words, as far as the causes tell.
fn metadata(report: &Report) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("file-mtime", "modification times"),
        ("file-mode", "permissions"),
        ("file-owner", "owners"),
        ("owner-names", "owner names"),
        ("file-xattrs", "extended attributes"),
        ("device-numbers", "device numbers"),
        ("file-times-extra", "access or change times"),
    ];
    let found =
        |code: &str| report.findings.iter().any(|finding| finding.cause == code) || report.ignored.contains(&code);
    let words: Vec<&str> = WORDS.iter().filter(|(code, _)| found(code)).map(|(_, words)| *words).collect();
    // what no cause explains may be metadata too, unless it is of the index
    let told = report.unexplained.iter().all(|one| one.place == "index");
    match words.split_last() {
        Some((last, [])) if told => format!("only their {last}"),
        Some((last, rest)) if told => format!("only their {} and {last}", rest.join(", ")),
        _ => "only metadata such as their times, owners or permissions".to_owned(),
    }
}

/// Whether there is a config, or anything that stands for one, beside the layers.
fn has_settings(report: &Report) -> bool {
    settings_differ(report) || report.sides.a.image_id.is_some() || report.sides.b.image_id.is_some()
}

/// Whether a finding says that the settings differ.
fn settings_differ(report: &Report) -> bool {
    report.findings.iter().any(|finding| finding.group == Group::Build)
}

/// `text`, and that the config differs too where a finding says so.
fn with_config(text: &str, report: &Report) -> String {
    if settings_differ(report) { format!("{text} The config differs too.") } else { text.to_owned() }
}

fn over_platforms(report: &Report) -> String {
    let compared = report.pairs.iter().filter(|pair| pair.report.is_some()).count();
    let only = |side: Side| report.pairs.iter().filter(|pair| pair.only == Some(side)).count();
    let mut text = match (report.sameness, compared) {
        (_, 0) => "There is no platform that both have.".to_owned(),
        (_, 1) => "There is one platform that both have; it is compared below.".to_owned(),
        (Some(Sameness::SameDigest), _) => format!("All {compared} platforms are the same, byte for byte."),
        (Some(Sameness::Different), _) => {
            format!("Of the {compared} platforms that both have at least one differs; see each below.")
        }
        (Some(_), _) => {
            format!("At least that holds for each of the {compared} platforms that both have; see each below.")
        }
        (None, _) => format!("Of the {compared} platforms that both have not every one could be compared."),
    };
    for side in Side::BOTH {
        match only(side) {
            0 => {}
            count => {
                let (here, there) = (side.name(), side.other().name());
                text.push_str(&format!(
                    " {here} has {} that {there} lacks.",
                    counted(count as u64, "platform", "platforms")
                ));
            }
        }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

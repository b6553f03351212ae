//! One image: every document, every layer opened and hashed.

use crate::cause;
use crate::compare::{Want, is_tar};
use crate::image::document::Document;
use crate::image::platform::Platform;
use crate::image::{ContradictionKind, Image, Shape};
use crate::load::{self, encoders, layers, lazy};
use crate::pair::{Pair, Side};
use crate::report::{Certainty, Evidence, Finding, Group, ImageSummary, Inspection, PlatformSummary, Trouble, Value};
use crate::{Options, Progress};

use super::{platforms, summary};

/// Inspects a reference.
pub fn inspect(reference: &str, options: &Options, progress: &dyn Progress) -> Inspection {
    let mut out = Inspection {
        image: ImageSummary { reference: reference.to_owned(), ..ImageSummary::default() },
        documents: Vec::new(),
        platforms: Vec::new(),
        layers: Vec::new(),
        findings: Vec::new(),
        trouble: Vec::new(),
        notes: Vec::new(),
    };
    let top = match load::open(reference, &options.limits, &options.access.a) {
        Ok(top) => top,
        Err(trouble) => {
            out.trouble = layers::reported(&[trouble], None);
            return out;
        }
    };
    let wanted = match &options.platform {
        None => (top.platforms().len() > 1).then(Platform::host),
        Some(typed) => match Platform::parse(typed) {
            Some(platform) => Some(platform),
            None => {
                out.trouble.push(Trouble {
                    side: None,
                    cause: None,
                    message: format!("--platform {typed}: expected os/arch[/variant], for example linux/arm64/v8"),
                });
                return out;
            }
        },
    };
    let mut loaded = platforms::one(top, wanted.as_ref(), options);
    let manifest = loaded.unpacked.take().and_then(|left| std::mem::replace(&mut loaded.image, *left).manifest);
    let wants: Vec<Want> = match loaded.image.shape {
        Shape::Json => Vec::new(),
        _ => loaded
            .image
            .layers
            .iter()
            .filter(|layer| !layer.absent)
            .map(|layer| Want { side: Side::A, layer: layer.index, walk: is_tar(layer) })
            .collect(),
    };
    let mut loaded = layers::open_one(loaded, &wants, &options.limits, progress);
    encoders::look_one(&mut loaded, &options.limits, options.prove);
    let image = &loaded.image;
    out.image = ImageSummary { transfer: summary::transfer(&loaded), ..summary::image(image) };
    out.documents = manifest.iter().chain(documents(image)).map(summary::document).collect();
    out.platforms = children(image);
    out.layers = image.layers.iter().map(summary::layer).collect();
    for layer in &mut out.layers {
        layer.envelope.extend(lazy::lines(&loaded, layer.index));
        if options.blocks {
            layer.blocks = encoders::blocks(&loaded, layer.index);
        }
    }
    out.findings = findings(image);
    out.trouble = layers::reported(&image.trouble, None);
    out.notes.extend(image.remarks.iter().cloned());
    if image.shape == Shape::Json {
        out.notes.push("only a document was given: layers were not opened".to_owned());
    }
    out
}

fn documents(image: &Image) -> impl Iterator<Item = &Document> {
    let config = image.config.iter().filter(|_| !image.is_schema1());
    image.indexes.iter().chain(&image.manifest).chain(config)
}

fn children(image: &Image) -> Vec<PlatformSummary> {
    let chosen = image.manifest.as_ref().map(|manifest| manifest.digest);
    image
        .children
        .iter()
        .map(|child| PlatformSummary {
            platform: match (&child.platform, child.is_attestation()) {
                (_, true) => {
                    format!("attestation of {}", child.reference_digest.as_deref().unwrap_or("an unnamed manifest"))
                }
                (Some(platform), false) => platform.to_string(),
                (None, false) => "no platform".to_owned(),
            },
            digest: Some(child.digest),
            chosen: Some(child.digest) == chosen,
        })
        .collect()
}

fn findings(image: &Image) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for contradiction in &image.contradictions {
        let code = match contradiction.kind {
            ContradictionKind::MediaType => "media-type-mismatch",
            ContradictionKind::DiffId => "diff-id-mismatch",
            ContradictionKind::HistoryLayers => "history-layer-count",
            ContradictionKind::Tar => "malformed-tar",
            ContradictionKind::TrailingData => "trailing-data",
        };
        let place = contradiction.layer.map_or_else(|| "image".to_owned(), |layer| format!("layer {}", layer + 1));
        let evidence = Evidence::Values {
            place: place.clone(),
            field: "declared against found".to_owned(),
            values: Pair::new(Value::text(&*contradiction.declared), Value::text(&*contradiction.found)),
            repeats: 1,
        };
        match findings.iter_mut().find(|finding| finding.cause == code) {
            Some(finding) => {
                finding.count += 1;
                finding.places.push(place);
                finding.places_total += 1;
                finding.evidence.push(evidence);
                finding.evidence_total += 1;
            }
            None => findings.push(Finding {
                cause: code,
                group: Group::Integrity,
                title: format!("{place}: declared {}, found {}", contradiction.declared, contradiction.found),
                count: 1,
                size_effect: None,
                certainty: Certainty::Observed,
                places: vec![place],
                places_total: 1,
                evidence: vec![evidence],
                evidence_total: 1,
                fixes: Vec::new(),
            }),
        }
    }
    debug_assert!(
        findings.iter().all(|finding| cause::by_code(finding.cause).is_some()),
        "every finding is of a cause"
    );
    findings
}

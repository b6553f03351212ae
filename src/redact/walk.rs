//! Every text of a report that came from an image, one after the other.

use crate::origin::Origin;
use crate::report::{Evidence, Finding, ImageSummary, LayerSummary, Obtained, Proof, Report, Value};

/// Calls `visit` with each text; what it leaves is put back.
pub(super) fn texts(report: &mut Report, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    // documents first: there a value stands whole
    for document in &mut report.exhibits.documents {
        for body in [&mut document.sides.a, &mut document.sides.b].into_iter().flatten() {
            visit(&mut body.bytes);
        }
    }
    for image in [&mut report.sides.a, &mut report.sides.b] {
        summary(image, visit);
    }
    for finding in &mut report.findings {
        self::finding(finding, visit);
    }
    for one in &mut report.unexplained {
        text(&mut one.place, visit);
        text(&mut one.field, visit);
        value(&mut one.values.a, visit);
        value(&mut one.values.b, visit);
    }
    for row in &mut report.layers {
        for layer in [&mut row.layer.a, &mut row.layer.b].into_iter().flatten() {
            self::layer(layer, visit);
        }
    }
    for header in &mut report.exhibits.headers {
        text(&mut header.place, visit);
        for field in &mut header.fields {
            text(&mut field.meaning.a, visit);
            text(&mut field.meaning.b, visit);
            visit(&mut field.bytes.a);
            visit(&mut field.bytes.b);
        }
        for bytes in [&mut header.bytes.a, &mut header.bytes.b].into_iter().flatten() {
            visit(bytes);
        }
    }
    for one in [&mut report.exhibits.obtained.a, &mut report.exhibits.obtained.b] {
        obtained(one, visit);
    }
    if let Some(proof) = &mut report.proof {
        self::proof(proof, visit);
    }
    for trouble in &mut report.trouble {
        text(&mut trouble.message, visit);
    }
    for note in &mut report.notes {
        text(note, visit);
    }
    for pair in &mut report.pairs {
        text(&mut pair.platform, visit);
        if let Some(inner) = &mut pair.report {
            texts(inner, visit);
        }
    }
}

fn summary(image: &mut ImageSummary, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    text(&mut image.reference, visit);
    for one in [&mut image.media_type, &mut image.platform].into_iter().flatten() {
        text(one, visit);
    }
}

fn finding(finding: &mut Finding, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    for piece in &mut finding.evidence {
        match piece {
            Evidence::Values { place, field, values, .. } => {
                text(place, visit);
                text(field, visit);
                value(&mut values.a, visit);
                value(&mut values.b, visit);
            }
            Evidence::Layer { place, .. } | Evidence::Encoder { place, .. } => text(place, visit),
            Evidence::Note(note) => text(note, visit),
            Evidence::Lines { place, lines, .. } => {
                text(place, visit);
                lines.iter_mut().for_each(|(_, line)| visit(line));
            }
        }
    }
    finding.places.iter_mut().for_each(|place| text(place, visit));
    for fix in &mut finding.fixes {
        text(&mut fix.text, visit);
        if let Some(command) = &mut fix.command {
            text(command, visit);
        }
    }
    text(&mut finding.title, visit);
}

fn layer(layer: &mut LayerSummary, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    if let Some(media_type) = &mut layer.media_type {
        text(media_type, visit);
    }
    layer.envelope.iter_mut().for_each(|line| text(line, visit));
}

fn obtained(obtained: &mut Obtained, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    match &mut obtained.origin {
        Origin::Unknown => {}
        Origin::File { path } | Origin::Folder { path } | Origin::Archive { path } => text(path, visit),
        Origin::DockerDaemon { name } | Origin::ContainersStorage { name } => text(name, visit),
        Origin::Containerd { namespace } => text(namespace, visit),
        Origin::Registry(registry) => {
            for one in [&mut registry.name, &mut registry.host, &mut registry.repository, &mut registry.reference] {
                text(one, visit);
            }
        }
    }
    for piece in &mut obtained.pieces {
        for one in [&mut piece.place, &mut piece.media_type].into_iter().flatten() {
            text(one, visit);
        }
    }
}

fn proof(proof: &mut Proof, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    proof.steps.iter_mut().for_each(|step| text(&mut step.place, visit));
    proof.taken.iter_mut().for_each(|taken| text(&mut taken.place, visit));
    proof.not_proved.iter_mut().for_each(|sentence| text(sentence, visit));
    proof.missed.iter_mut().for_each(|missed| text(&mut missed.place, visit));
    proof.trials.iter_mut().for_each(|trial| self::proof(&mut trial.proof, visit));
}

fn value(value: &mut Value, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    match value {
        Value::Text(bytes) => visit(bytes),
        Value::Json(json) => text(json, visit),
        Value::Absent | Value::Number(_) => {}
    }
}

fn text(text: &mut String, visit: &mut dyn FnMut(&mut Vec<u8>)) {
    let mut bytes = std::mem::take(text).into_bytes();
    visit(&mut bytes);
    // a mark may have been cut out of the middle of nothing: what is left of UTF-8 is UTF-8
    *text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
}

//! Opens layers in parallel and holds what they are against what is declared of them.

use std::sync::Arc;

use rayon::prelude::*;

use crate::compare::envelope::lazy_pull;
use crate::compare::{Want, is_tar};
use crate::image::{Contradiction, ContradictionKind, Image, Trouble, media_type};
use crate::layer::decode::{Ask, Decoded, decode};
use crate::layer::envelope::Compression;
use crate::layer::tar::{Anomaly, AnomalyKind, Tar};
use crate::limits::Limits;
use crate::load::{Loaded, blob_name, digest_mismatch};
use crate::pair::{Pair, Side};
use crate::{Progress, report};

/// Opens the wanted layers, at most as many at a time as the thread pool has threads.
pub fn open(pair: &mut Pair<Loaded>, wants: &[Want], limits: &Limits, progress: &dyn Progress) {
    let mut jobs: Vec<Want> = Vec::new();
    for want in wants {
        let layer = &pair.get(want.side).image.layers[want.layer];
        let known = layer.decoded.as_ref().is_some_and(|decoded| decoded.tar.is_some() || !want.walk);
        if !known && !jobs.iter().any(|job| (job.side, job.layer) == (want.side, want.layer)) {
            progress.add_total(layer.size.unwrap_or_default());
            jobs.push(*want);
        }
    }
    // the largest first, so that no core waits at the end for one of them; what can only be read forward in its order
    jobs.sort_by_key(|want| {
        let loaded = pair.get(want.side);
        let layer = &loaded.image.layers[want.layer];
        let position = blob_name(layer).and_then(|blob| loaded.source.position(&blob));
        (position, std::cmp::Reverse(layer.size), *want)
    });
    let read = &*pair;
    let results: Vec<(Want, Result<Decoded, String>)> = jobs
        .into_par_iter()
        .with_max_len(1)
        .map(|want| (want, one(read.get(want.side), want, limits, progress)))
        .collect();
    for (want, result) in results {
        let image = &mut pair.get_mut(want.side).image;
        match result {
            Ok(decoded) => accept(image, want.layer, decoded),
            Err(message) => {
                let layer = &mut image.layers[want.layer];
                layer.absent = true;
                let message = format!("{}: {message}", layer.name());
                image.trouble.push(Trouble { layer: Some(want.layer), ..Trouble::new(message) });
            }
        }
    }
}

/// Opens layers of one image, for [`crate::inspect`].
pub fn open_one(loaded: Loaded, wants: &[Want], limits: &Limits, progress: &dyn Progress) -> Loaded {
    let other = Loaded { image: Image::default(), source: Arc::clone(&loaded.source), unpacked: None };
    let mut pair = Pair::new(loaded, other);
    open(&mut pair, wants, limits, progress);
    pair.a
}

fn one(loaded: &Loaded, want: Want, limits: &Limits, progress: &dyn Progress) -> Result<Decoded, String> {
    let layer = &loaded.image.layers[want.layer];
    let blob = blob_name(layer).ok_or_else(|| "nothing names its blob".to_owned())?;
    let reader = loaded.source.open(&blob).map_err(|error| error.to_string())?;
    let ask = Ask { walk: want.walk };
    decode(reader, layer.digest.as_ref(), &ask, limits, &|bytes| progress.advance(bytes))
        .map_err(|error| error.to_string())
}

/// Holds what a layer turned out to be against what was declared, and keeps it.
fn accept(image: &mut Image, position: usize, decoded: Decoded) {
    let layer = &mut image.layers[position];
    let again = layer.decoded.is_some();
    let name = match layer.digest {
        Some(digest) => format!("{} ({digest})", layer.name()),
        None => layer.name(),
    };
    let mut contradictions = Vec::new();
    let mut trouble = Vec::new();
    let mut note = |kind: ContradictionKind, declared: String, found: String| {
        contradictions.push(Contradiction { kind, layer: Some(position), declared, found });
    };
    if let Some(declared) = layer.digest.filter(|declared| *declared != decoded.blob_digest) {
        trouble.push(digest_mismatch(&name, &declared, &decoded.blob_digest, Some(position)));
    }
    if let Some(error) = &decoded.trouble {
        trouble.push(Trouble { layer: Some(position), ..Trouble::new(format!("{name}: {error}")) });
    }
    let promised = layer.media_type.as_deref().and_then(|media_type| media_type::parts(media_type).compression);
    let found = decoded.envelope.compression;
    if let Some(promised) = promised.filter(|promised| *promised != found.name()) {
        let article = if found == Compression::None { "a plain tar" } else { found.name() };
        note(ContradictionKind::MediaType, promised.to_owned(), article.to_owned());
    }
    if decoded.trouble.is_none() && is_tar(layer) {
        if let Some(declared) = layer.declared_diff_id.filter(|declared| *declared != decoded.diff_id) {
            note(ContradictionKind::DiffId, declared.to_string(), decoded.diff_id.to_string());
        }
        if let Some(trailing) = &decoded.envelope.trailing {
            let what = if trailing.zeros { "zero bytes" } else { "bytes" };
            let found = format!("{} {what} at offset {} ({})", trailing.length, trailing.offset, trailing.digest);
            note(
                ContradictionKind::TrailingData,
                format!("the end of the {} stream", decoded.envelope.compression.name()),
                found,
            );
        }
        if let Some(tar) = &decoded.tar {
            // the table of contents of eStargz stands behind the end by design
            let lazy = lazy_pull(&decoded.envelope).is_some();
            tar_contradictions(tar, lazy, &mut note);
        }
    }
    if layer.digest.is_some_and(|digest| digest != decoded.blob_digest) {
        // damaged bytes contradict everything: that they are damaged says it all
        contradictions.clear();
    }
    layer.decoded = Some(Arc::new(decoded));
    if again {
        // the first look has told all but what only a walk shows
        contradictions.retain(|contradiction| !image.contradictions.contains(contradiction));
        trouble.retain(|trouble| !image.trouble.contains(trouble));
    }
    image.contradictions.extend(contradictions);
    image.trouble.extend(trouble);
    // layers are opened largest first and told in order
    image.contradictions.sort_by_key(|contradiction| (contradiction.kind, contradiction.layer));
    image.trouble.sort_by_key(|trouble| trouble.layer);
}

/// How many oddities of one tar are told; more of them say nothing new.
const ANOMALIES: usize = 200;

fn tar_contradictions(tar: &Tar, lazy: bool, note: &mut impl FnMut(ContradictionKind, String, String)) {
    let rest = tar
        .trailer
        .rest
        .as_ref()
        .map(|rest| format!("{} bytes at offset {} ({})", rest.length, rest.offset, rest.digest));
    let mut told_rest = false;
    for anomaly in tar.anomalies.iter().take(ANOMALIES) {
        match &anomaly.kind {
            AnomalyKind::AfterEnd if lazy => told_rest = true,
            AnomalyKind::AfterEnd => {
                told_rest = true;
                note(
                    ContradictionKind::TrailingData,
                    "the end of the archive".into(),
                    rest.clone().unwrap_or_default(),
                );
            }
            // how many zero blocks end an archive is told by the comparison of the ends
            AnomalyKind::EndMarker { .. } => {}
            _ => {
                told_rest = true;
                let (declared, mut found) = in_words(anomaly, rest.as_deref());
                if let (AnomalyKind::Truncated { .. }, Some(rest)) = (&anomaly.kind, &rest) {
                    found.push_str(&format!(" behind {rest}"));
                }
                note(ContradictionKind::Tar, declared, found);
            }
        }
    }
    if let (Some(rest), false) = (rest, told_rest) {
        note(ContradictionKind::Tar, "entries up to the end".into(), rest);
    }
}

/// What a tar should hold where it is odd, and what it holds.
pub fn in_words(anomaly: &Anomaly, rest: Option<&str>) -> (String, String) {
    let at = format!("at offset {}", anomaly.offset);
    match &anomaly.kind {
        AnomalyKind::Checksum { declared, computed } => (
            format!(
                "header checksum {} {at}",
                declared.map_or_else(|| "(no number)".to_owned(), |declared| declared.to_string())
            ),
            format!("a header that adds up to {computed}"),
        ),
        AnomalyKind::NotAHeader => (format!("a header {at}"), rest.unwrap_or("something else").to_owned()),
        AnomalyKind::Truncated { missing } => (format!("{missing} bytes more {at}"), "the end of the tar".to_owned()),
        AnomalyKind::Number(field) => {
            (format!("a number in the {} field {at}", field.name()), "something else".to_owned())
        }
        AnomalyKind::Pax => (format!("PAX records {at}"), "something else".to_owned()),
        AnomalyKind::SparseMap => (format!("a sparse map that fits its file {at}"), "one that does not".to_owned()),
        AnomalyKind::EndMarker { blocks } => ("two zero blocks at the end".to_owned(), format!("{blocks}")),
        other => (format!("a well-formed tar {at}"), format!("{other:?}")),
    }
}

/// Trouble as the report shows it.
pub fn reported(trouble: &[Trouble], side: Option<Side>) -> Vec<report::Trouble> {
    trouble
        .iter()
        .map(|trouble| report::Trouble {
            side: trouble.side.or(side),
            cause: trouble.cause,
            message: trouble.message.clone(),
        })
        .collect()
}

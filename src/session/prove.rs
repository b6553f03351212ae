//! The proof: has the replay made, and says in the report what it came to.

use std::collections::BTreeSet;

use crate::cause::ledger::{Measure, measured};
use crate::cause::{self, Context};
use crate::compare::Comparison;
use crate::compare::delta::{Delta, DocumentRef, Field, Place};
use crate::image::document::Part;
use crate::image::{ContradictionKind, Image};
use crate::layer::envelope::Compression;
use crate::limits::Limits;
use crate::load::Loaded;
use crate::load::reencode::Proved;
use crate::load::steps::{Links, Steps};
use crate::load::tars::Tars;
use crate::pair::{Pair, Side};
use crate::replay::{self, Chain, Job, Keep, Of, Replay, RowSizes};
use crate::report::{Certainty, LedgerRow, Missed, Proof, ProofStep, Report, TakenFromB, Trial, Trouble};

/// Replays the claimed deltas and adds the proof to `report`. Where something cannot be trusted, nothing is proved.
pub(super) fn prove(
    pair: &Pair<Loaded>,
    context: &Context<'_>,
    codes: &[Option<&'static str>],
    how: &crate::Proof,
    limits: &Limits,
    report: &mut Report,
) {
    if !report.trouble.is_empty() {
        let why = "nothing: the comparison is not complete, see the trouble".to_owned();
        report.proof = Some(Proof { not_proved: vec![why], ..Proof::default() });
        return;
    }
    let comparison = context.comparison;
    let order: Vec<&'static str> = cause::all().iter().map(|cause| cause.code).collect();
    let contents = Tars { pair, limits };
    let steps = match how.write_steps.as_deref().map(|folder| Steps::new(folder, how.with_layers)).transpose() {
        Ok(steps) => steps,
        Err(message) => {
            let why = "nothing: the steps cannot be written, see the trouble".to_owned();
            report.proof = Some(Proof { not_proved: vec![why], ..Proof::default() });
            return not_written(report, message);
        }
    };
    let replayed = |codes: &[Option<&'static str>], keep: Option<&dyn Keep>| {
        replay::replay(&Job {
            images: Pair::new(&pair.a.image, &pair.b.image),
            comparison,
            codes,
            order: &order,
            contents: &contents,
            reencode: &Proved(&pair.b.image),
            all_steps: how.all_steps,
            keep,
        })
    };
    let replay = replayed(codes, steps.as_ref().map(|steps| steps as &dyn Keep));
    if let Some(steps) = &steps
        && let Err(message) = steps.finish(&replay.kept, &links(&pair.b.image, &replay))
    {
        not_written(report, message);
    }
    for side in Side::BOTH {
        if !pair.get(side).image.contradictions.is_empty() {
            let note = format!("{} contradicts itself, and was replayed as its bytes stand", side.name());
            report.notes.push(note);
        }
    }
    for finding in &mut report.findings {
        if is_proved(finding.cause, comparison, codes, &replay) {
            finding.certainty = Certainty::Proved;
        }
    }
    if let Some(rows) = ledger(context, codes, &replay) {
        for finding in &mut report.findings {
            let joint = rows.iter().any(|row| row.causes.len() > 1 && row.causes.contains(&finding.cause));
            let own = rows.iter().filter(|row| row.causes == [finding.cause]).map(|row| row.bytes).sum();
            finding.size_effect = if joint { None } else { Some(own) };
        }
        report.size.ledger = rows;
    }
    let mut found = proof(&replay);
    if how.trials > 0 {
        let one = |left_out: Option<usize>| {
            let keeps = |at: usize| left_out.is_some_and(|own| own != at);
            let codes: Vec<_> = codes.iter().enumerate().map(|(at, code)| code.filter(|_| keeps(at))).collect();
            Trial { left_out, proof: proof(&replayed(&codes, None)) }
        };
        let count = comparison.deltas.len();
        let every = count.div_ceil(how.trials).max(1);
        found.trials = (0..count).step_by(every).map(Some).chain([None]).map(one).collect();
    }
    report.proof = Some(found);
}

/// The steps were asked for and could not be written.
fn not_written(report: &mut Report, message: String) {
    let message = format!("--write-steps: {message}");
    report.trouble.push(Trouble { side: None, cause: None, message });
}

/// What B's documents name.
fn links(image: &Image, replay: &Replay) -> Links {
    let reached = replay.top.filter(|(reached, wanted)| *reached == Some(*wanted));
    let mut links = Links { top: reached.map(|(_, wanted)| wanted), ..Links::default() };
    let is_schema1 = image.is_schema1();
    if let (Some(_), Some(config), false) = (&image.manifest, &image.config, is_schema1) {
        links.named.push(("manifest".to_owned(), config.digest));
    }
    if let ([_], Some(manifest)) = (&image.indexes[..], &image.manifest) {
        links.named.push(("index".to_owned(), manifest.digest));
    }
    for layer in &image.layers {
        if let (Some(digest), Some(_)) = (layer.digest, &image.manifest) {
            links.named.push(("manifest".to_owned(), digest));
        }
        if let (Some(tar), false) = (layer.diff_id(), is_schema1) {
            if layer.declared_diff_id == Some(tar) {
                links.named.push(("config".to_owned(), tar));
            }
            let zstd = layer.decoded.as_ref().is_some_and(|own| own.envelope.compression == Compression::Zstd);
            if let Some(blob) = layer.digest.filter(|_| !zstd) {
                links.blobs.push((blob, tar));
            }
        }
    }
    links
}

/// The size ledger by the measured steps; `None` where the steps do not give B's size.
fn ledger(context: &Context<'_>, codes: &[Option<&'static str>], replay: &Replay) -> Option<Vec<LedgerRow>> {
    if replay.chains.iter().any(|chain| !chain.hit) {
        return None;
    }
    let code = |step: usize| step.checked_sub(1).and_then(|at| replay.causes.get(at).copied());
    let mut documents = Vec::new();
    for chain in &replay.chains {
        if !matches!(chain.of, Of::Document(DocumentRef::Manifest | DocumentRef::Config)) {
            continue;
        }
        // schema 1 has its config in its manifest
        let is_schema1 = context.images.a.is_schema1() || context.images.b.is_schema1();
        if is_schema1 && chain.of == Of::Document(DocumentRef::Config) {
            continue;
        }
        for pair in chain.states.windows(2) {
            let [(_, before), (step, after)] = pair else { continue };
            let size = |stage: &Option<replay::Stage>| stage.map_or(0, |stage| i128::from(stage.size));
            documents.push((code(*step)?, size(after) - size(before)));
        }
    }
    let mut rows = Vec::new();
    for sizes in &replay.sizes {
        rows.push(match sizes.as_ref()? {
            RowSizes::Whole(bytes) => Measure::Together(*bytes),
            RowSizes::Steps(steps) => {
                let own = steps.iter().map(|(step, bytes)| Some((code(*step)?, *bytes)));
                Measure::Causes(own.collect::<Option<Vec<_>>>()?)
            }
        });
    }
    measured(context, codes, &documents, &rows)
}

fn proof(replay: &Replay) -> Proof {
    let mut steps = Vec::new();
    for chain in &replay.chains {
        let whole = is_taken(chain, replay);
        for (step, state) in &chain.states {
            steps.push(ProofStep {
                rebuilt: *step == 0 || chain.gap.is_none() && !whole,
                place: chain.place.clone(),
                cause: step.checked_sub(1).and_then(|at| replay.causes.get(at).copied()),
                digest: state.map(|stage| stage.digest),
                size: state.map(|stage| stage.size),
            });
        }
    }
    let missed = replay.chains.iter().filter(|chain| !chain.hit).map(|chain| Missed {
        place: chain.place.clone(),
        reached: chain.states.last().and_then(|(_, state)| *state).map(|stage| stage.digest),
        wanted: chain.wanted,
    });
    Proof {
        complete: replay.is_complete(),
        causes: replay.causes.iter().filter(|code| **code != replay::claims::CHILDREN).count(),
        steps,
        taken: replay
            .taken
            .iter()
            .map(|taken| TakenFromB { place: taken.place.clone(), what: taken.what.name(), bytes: taken.bytes })
            .collect(),
        not_proved: replay.not_proved.clone(),
        missed: missed.collect(),
        wanted: replay.top.map(|(_, wanted)| wanted),
        trials: Vec::new(),
        facts: (0..replay.used.len()).filter(|at| replay.used.get(*at) == Some(&false)).collect(),
    }
}

/// Whether every document and layer that a cause changes was rebuilt to B's digest. A cause that
/// changes no byte, or that brings or takes away a whole document, is not proved by that.
fn is_proved(code: &str, comparison: &Comparison, codes: &[Option<&'static str>], replay: &Replay) -> bool {
    let mut chains: BTreeSet<Of> = BTreeSet::new();
    for ((delta, own), used) in comparison.deltas.iter().zip(codes).zip(&replay.used) {
        if *own != Some(code) {
            continue;
        }
        match (touched(delta, replay), used) {
            (Some(own), true) => chains.extend(own),
            (None, _) => return false,
            (Some(_), false) => {}
        }
    }
    let of = |of: &Of| replay.chains.iter().find(|chain| chain.of == *of);
    let reached = |chain: &Chain| chain.hit && chain.gap.is_none() && !is_taken(chain, replay);
    !chains.is_empty() && chains.iter().all(|own| of(own).is_none_or(reached))
}

fn is_taken(chain: &Chain, replay: &Replay) -> bool {
    let what = match chain.of {
        Of::Document(_) => replay::What::Document,
        Of::Tar(..) | Of::Blob(..) => replay::What::Blob,
    };
    replay.taken.iter().any(|taken| taken.what == what && chain.place.starts_with(&taken.place))
}

/// The chains that a delta changes; none where it is of the images as wholes.
fn touched(delta: &Delta, replay: &Replay) -> Option<Vec<Of>> {
    let documents = |wanted: &dyn Fn(DocumentRef) -> bool| -> Vec<Of> {
        let of = replay.chains.iter().map(|chain| chain.of);
        of.filter(|of| matches!(of, Of::Document(at) if wanted(*at))).collect()
    };
    Some(match &delta.place {
        Place::Image => return None,
        Place::Document(part) if delta.spots.is_empty() => documents(&|at| match at {
            DocumentRef::Index(_) => *part == Part::Index,
            DocumentRef::Manifest => *part == Part::Manifest,
            DocumentRef::Config | DocumentRef::Ancestor(_) => matches!(part, Part::Config | Part::Json),
        }),
        Place::Document(_) => delta.spots.iter().map(|spot| Of::Document(spot.document)).collect(),
        Place::Layer { row } | Place::Entry { row, .. } => {
            let of_layers = |tars: bool| {
                let of = replay.chains.iter().map(|chain| chain.of);
                of.filter(move |of| match of {
                    Of::Tar(own, _) => own == row && tars,
                    Of::Blob(own, _) => own == row && !tars,
                    Of::Document(_) => false,
                })
            };
            match delta.field {
                Field::Contradiction(ContradictionKind::MediaType) => vec![Of::Document(DocumentRef::Manifest)],
                Field::Contradiction(ContradictionKind::DiffId) => vec![Of::Document(DocumentRef::Config)],
                Field::Compression | Field::Encoding(_) | Field::Blob | Field::Unreadable | Field::Foreign => {
                    of_layers(false).collect()
                }
                Field::LazyPull => of_layers(true).chain(of_layers(false)).collect(),
                _ => {
                    of_layers(true).chain(if has_tar(replay, *row) { None } else { of_layers(false).next() }).collect()
                }
            }
        }
    })
}

/// Whether a row's tars are replayed as such; the tar of a plain layer is its blob.
fn has_tar(replay: &Replay, row: usize) -> bool {
    replay.chains.iter().any(|chain| matches!(chain.of, Of::Tar(own, _) if own == row))
}

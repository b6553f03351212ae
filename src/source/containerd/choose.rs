//! Which image of a namespace is meant.
//!
//! Refuses to guess: what fits several images is told, and where the image is if it is in another namespace.

use crate::digest::Digest;

use super::super::error::{Choice, SourceError, shown_name};
use super::super::names::fit;
use super::super::reference::Reference;
use super::messages::{Descriptor, Image};
use super::{Keeper, Spot};

/// How many images an error lists.
const LISTED: usize = 20;

/// How many other namespaces are searched for an image that is not in the one that was asked for.
const SEARCHED: usize = 16;

/// The image that `name` fits.
pub(super) fn choose(
    keeper: &dyn Keeper,
    spot: &Spot,
    reference: &Reference,
    name: &str,
) -> Result<Image, SourceError> {
    let images = keeper.images(keeper.namespace())?;
    let fitting = best_named(name, &images);
    let mut distinct: Vec<&Image> = Vec::new();
    for image in fitting {
        if !distinct.iter().any(|other| other.target == image.target) {
            distinct.push(image);
        }
    }
    if let [only] = distinct.as_slice() {
        return Ok((*only).clone());
    }
    let fitting = distinct.len();
    if fitting == 0
        && let Some(elsewhere) = elsewhere(keeper, spot, reference, name)
    {
        return Err(elsewhere);
    }
    let listed: Vec<&Image> = if fitting == 0 { images.iter().collect() } else { distinct };
    // A namespace with a dot cannot be typed: the variable says it.
    let namespace = keeper.namespace();
    let prefix = if namespace.contains('.') { String::new() } else { format!("{namespace}/") };
    let choices = listed.iter().take(LISTED).map(|image| {
        let note = image.target.as_ref().map(|target| shown_name(&target.digest)).unwrap_or_default();
        (format!("{}{prefix}{}", spot.prefix(), shown_name(&image.name)), note)
    });
    Err(SourceError::Choice(Choice {
        file: keeper.who().to_owned(),
        asked: Some(shown_name(name)),
        fitting,
        choices: choices.collect(),
        more: listed.len().saturating_sub(LISTED),
    }))
}

/// The error that says in which other namespace the image is; `None` when it is in none.
fn elsewhere(keeper: &dyn Keeper, spot: &Spot, reference: &Reference, name: &str) -> Option<SourceError> {
    let all = keeper.namespaces().ok()?;
    // `containerd://k8s.io/NAME`: a namespace with a dot, which cannot be told from a registry.
    let behind = name.split_once('/');
    for other in all.iter().filter(|other| *other != keeper.namespace()).take(SEARCHED) {
        let images = keeper.images(other).unwrap_or_default();
        let whole = best_named(name, &images);
        let behind = behind.filter(|(first, _)| first == other).map(|(_, rest)| best_named(rest, &images));
        let Some(image) = whole.first().or_else(|| behind.as_ref()?.first()) else { continue };
        // the name in full: its first component is a registry's, which no namespace is taken for
        let (found, asked, prefix) = (shown_name(other), shown_name(&image.name), spot.prefix());
        let say = if found.contains(['.', ':']) {
            format!("CONTAINERD_NAMESPACE={found} and {prefix}{asked}")
        } else {
            format!("{prefix}{found}/{asked}")
        };
        let why = format!("{} holds no such image, its namespace {found} does: say {say}", keeper.who());
        return Some(SourceError::NoImage { file: shown_name(&reference.typed), why });
    }
    None
}

/// The images that `name` fits best: by name, else `…@DIGEST` or a digest alone by what it names.
fn best_named<'i>(name: &str, images: &'i [Image]) -> Vec<&'i Image> {
    let best = images.iter().filter_map(|image| fit(name, &image.name)).min();
    if best.is_some() {
        return images.iter().filter(|image| fit(name, &image.name) == best).collect();
    }
    let digest = name.rsplit('@').next().and_then(|digest| digest.parse::<Digest>().ok());
    let names_it = |image: &&Image| digest.is_some() && image.target.as_ref().and_then(digest_of) == digest;
    images.iter().filter(names_it).collect()
}

pub(super) fn digest_of(target: &Descriptor) -> Option<Digest> {
    target.digest.parse().ok()
}

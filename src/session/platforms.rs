//! Which children of two indexes are compared: paired by platform, never by position.

use std::collections::BTreeSet;

use crate::image::Trouble;
use crate::image::platform::Platform;
use crate::load::{Loaded, Top, layers};
use crate::pair::{Pair, Side};
use crate::report::{PlatformReport, Report, Sameness, TakenFromB};
use crate::{Options, Progress};

use super::{images, summary};

/// Compares two open references.
pub fn diff(tops: Pair<Top>, options: &Options, progress: &dyn Progress) -> Report {
    let both_indexes = is_index(&tops.a) && is_index(&tops.b);
    if options.all_platforms && both_indexes {
        return all(tops, options, progress);
    }
    match choose(&tops, options) {
        Ok(wanted) => images(load(tops, wanted.as_ref(), options), options, progress),
        Err((side, trouble)) => {
            let mut report = Report::bare(Pair::new(summary::image(&tops.a.image), summary::image(&tops.b.image)));
            report.trouble = layers::reported(&[trouble], Some(side));
            report
        }
    }
}

fn is_index(top: &Top) -> bool {
    !top.image.indexes.is_empty()
}

/// The platform to compare, where one of the sides has a choice.
fn choose(tops: &Pair<Top>, options: &Options) -> Result<Option<Platform>, (Side, Trouble)> {
    if let Some(typed) = &options.platform {
        return match Platform::parse(typed) {
            Some(platform) => Ok(Some(platform)),
            None => Err((
                Side::A,
                Trouble::new(format!("--platform {typed}: expected os/arch[/variant], for example linux/arm64/v8")),
            )),
        };
    }
    let offers = tops.as_ref().map(|top| if is_index(top) { platforms(top) } else { Vec::new() });
    match (offers.a.len(), offers.b.len()) {
        (0 | 1, 0 | 1) => Ok(None),
        (0, _) => Ok(own_platform(&tops.a, options).or_else(|| Some(Platform::host()))),
        (_, 0) => Ok(own_platform(&tops.b, options).or_else(|| Some(Platform::host()))),
        (1, _) => Ok(offers.a.first().cloned()),
        (_, 1) => Ok(offers.b.first().cloned()),
        _ => Ok(Some(Platform::host())),
    }
}

/// The platform of a single image: its config says so.
fn own_platform(top: &Top, options: &Options) -> Option<Platform> {
    top.config_platform(&options.limits)
}

fn platforms(top: &Top) -> Vec<Platform> {
    top.platforms().into_iter().filter_map(|child| child.descriptor.platform.clone()).collect()
}

/// Loads both, each with the child that `wanted` takes.
fn load(tops: Pair<Top>, wanted: Option<&Platform>, options: &Options) -> Pair<Loaded> {
    // each may have to ask a registry
    let (a, b) = rayon::join(|| one(tops.a, wanted, options), || one(tops.b, wanted, options));
    Pair::new(a, b)
}

/// Loads one, with the child that `wanted` takes.
pub fn one(top: Top, wanted: Option<&Platform>, options: &Options) -> Loaded {
    if !is_index(&top) {
        let mut loaded = top.single(&options.limits);
        let asked = options.platform.as_deref().and_then(Platform::parse);
        if let (Some(asked), Some(own)) = (asked, &loaded.image.platform)
            && !own.satisfies(&asked)
        {
            let message = format!("the image is for {own}, not for {asked} (--platform)");
            loaded.image.trouble.push(Trouble::new(message));
        }
        return loaded;
    }
    let images: Vec<usize> = (0..top.children.len()).filter(|&at| top.children[at].is_image()).collect();
    let fits = |at: &&usize| {
        wanted.is_none_or(|wanted| {
            top.children[**at].descriptor.platform.as_ref().is_none_or(|platform| platform.satisfies(wanted))
        })
    };
    if let Some(&at) = images.iter().find(fits) {
        return top.child(at, &options.limits);
    }
    let message = match (images.is_empty(), wanted) {
        (false, Some(wanted)) => {
            format!("the index has no image for {wanted}; it has {} (choose with --platform)", list(&top))
        }
        _ => "the index names no image".to_owned(),
    };
    let mut loaded = top.without_child();
    loaded.image.trouble.push(Trouble::new(message));
    loaded
}

/// How many platforms an error names.
const NAMED: usize = 12;

fn list(top: &Top) -> String {
    let all = platforms(top);
    let mut names: Vec<String> = all.iter().take(NAMED).map(ToString::to_string).collect();
    if all.len() > NAMED {
        names.push(format!("{} more", all.len() - NAMED));
    }
    names.join(", ")
}

/// Every platform of two indexes: what is of the indexes themselves once, then each platform's images.
fn all(tops: Pair<Top>, options: &Options, progress: &dyn Progress) -> Report {
    let name =
        |platform: &Option<Platform>| platform.as_ref().map_or_else(|| "no platform".to_owned(), ToString::to_string);
    let normal = |platform: &Option<Platform>| platform.as_ref().map(Platform::normal).unwrap_or_default();
    let lists = tops.as_ref().map(|top| -> Vec<(usize, Option<Platform>)> {
        let images = (0..top.children.len()).filter(|&at| top.children[at].is_image());
        images.map(|at| (at, top.children[at].descriptor.platform.clone())).collect()
    });
    let mut pairs = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    let mut compared = Pair::new(Vec::new(), Vec::new());
    let mut not_needed = Pair::<(u64, u64)>::default();
    for (at, platform) in &lists.a {
        let digest = tops.a.children[*at].descriptor.digest;
        let free =
            |other: &&(usize, Option<Platform>)| normal(&other.1) == normal(platform) && !taken.contains(&other.0);
        // of several of one platform the equal one, else the first that nobody took
        let equal = |other: &&(usize, Option<Platform>)| tops.b.children[other.0].descriptor.digest == digest;
        let twin = lists.b.iter().filter(free).find(equal).or_else(|| lists.b.iter().find(free));
        let Some((other, _)) = twin else {
            pairs.push(PlatformReport { platform: name(platform), report: None, only: Some(Side::A) });
            continue;
        };
        taken.push(*other);
        compared.a.push(tops.a.children[*at].descriptor.digest);
        compared.b.push(tops.b.children[*other].descriptor.digest);
        let mut pair = Pair::new(tops.a.child(*at, &options.limits), tops.b.child(*other, &options.limits));
        for side in Side::BOTH {
            let image = &mut pair.get_mut(side).image;
            // the indexes are compared once, for all platforms
            image.indexes.clear();
            image.children.clear();
            image.trouble.retain(|trouble| !tops.get(side).image.trouble.contains(trouble));
        }
        let own = with_steps_in(options, &format!("{}-{}", at + 1, name(platform)));
        let mut report = images(pair, &own, progress);
        // what was fetched is told once, of the whole
        for side in Side::BOTH {
            if let Some(transfer) = report.sides.get_mut(side).transfer.take() {
                let sum = not_needed.get_mut(side);
                *sum = (sum.0 + transfer.not_needed, sum.1 + transfer.layers_not_needed);
            }
        }
        pairs.push(PlatformReport { platform: name(platform), report: Some(report), only: None });
    }
    for (at, platform) in &lists.b {
        if !taken.contains(at) {
            pairs.push(PlatformReport { platform: name(platform), report: None, only: Some(Side::B) });
        }
    }
    let mut pair = tops.map(Top::without_child);
    for side in Side::BOTH {
        pair.get_mut(side).image.compared_children = std::mem::take(compared.get_mut(side));
    }
    let same = pair.a.image.top().map(|top| top.digest) == pair.b.image.top().map(|top| top.digest);
    let mut report = images(pair, &with_steps_in(options, "index"), progress);
    // an index is not stored with one image: only its platforms have sizes
    report.size = crate::report::SizeAccount::default();
    report.sides.as_mut().map(|summary| summary.size = None);
    for side in Side::BOTH {
        if let Some(transfer) = &mut report.sides.get_mut(side).transfer {
            (transfer.not_needed, transfer.layers_not_needed) = *not_needed.get(side);
        }
    }
    let levels =
        pairs.iter().map(|pair| pair.report.as_ref().map_or(Some(Sameness::Different), |report| report.sameness));
    // the images may be equal to the byte and the indexes that name them not
    let weakest = levels.min().unwrap_or(None).map(|level| level.min(Sameness::SameImage));
    report.sameness = if same { Some(Sameness::SameDigest) } else { weakest };
    if !report.trouble.is_empty() {
        report.sameness = None;
    }
    report.differences +=
        pairs.iter().filter_map(|pair| pair.report.as_ref()).map(|report| report.differences).sum::<u64>();
    add_up(&mut report, &pairs);
    if pairs.iter().any(|pair| pair.report.is_none()) {
        // a platform that one side lacks is missing files, not only a missing line of the index
        for spot in report.spots.iter_mut().filter(|spot| spot.cause == Some("platform-set")) {
            spot.admits = Sameness::Different;
        }
    }
    report.pairs = pairs;
    report
}

/// The same options, but the steps of the proof go to a folder of their own.
fn with_steps_in(options: &Options, name: &str) -> Options {
    let mut options = options.clone();
    let name: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    options.proof.write_steps = options.proof.write_steps.map(|folder| folder.join(name));
    options
}

/// Adds the platforms' proofs to that of the indexes: what was replayed, what came from B, and what is not proved.
fn add_up(report: &mut Report, pairs: &[PlatformReport]) {
    let Some(proof) = &mut report.proof else { return };
    let mut causes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.cause).collect();
    for (platform, child) in pairs.iter().filter_map(|pair| Some((&pair.platform, pair.report.as_ref()?))) {
        causes.extend(child.findings.iter().map(|finding| finding.cause));
        let Some(own) = &child.proof else { continue };
        let of_platform =
            |taken: &TakenFromB| TakenFromB { place: format!("{platform}: {}", taken.place), ..taken.clone() };
        proof.taken.extend(own.taken.iter().map(of_platform));
        if !own.complete {
            proof.complete = false;
            proof.not_proved.push(format!("{platform}: not proved in full"));
        }
    }
    proof.causes = causes.len();
}

//! The laws of the replay: from A by the claimed deltas to B, by nothing less, and never a proof that is none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{support, wild};
use proptest::prelude::*;
use why_differ::report::{Certainty, Proof, Report, Sameness};
use why_differ::{Options, diff};

fn options(args: &[String], trials: usize) -> Options {
    let proof = why_differ::Proof { trials, ..Default::default() };
    let mut options = Options { prove: true, proof, ..Options::default() };
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--platform" => options.platform = args.next().map(str::to_owned),
            "--all-platforms" => options.all_platforms = true,
            "--verify" => options.verify = true,
            other => panic!("a case uses {other}, which this test does not know"),
        }
    }
    options
}

fn proof(report: &Report) -> &Proof {
    report.proof.as_ref().expect("a proof was asked for")
}

/// Two images and how they are compared.
struct Images<'i> {
    name: String,
    a: &'i str,
    b: &'i str,
    args: &'i [String],
}

impl Images<'_> {
    /// Every law that one replay can break; `samples` differences are left out one by one.
    fn check(&self, samples: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let report = diff(self.a, self.b, &options(self.args, samples), &());
        let own = proof(&report);
        let mut say = |what: String| wrong.push(format!("{}: {what}", self.name));
        if !report.trouble.is_empty() {
            if own.complete || !own.steps.is_empty() {
                say("proved in spite of trouble".into());
            }
            return wrong;
        }
        if !report.unexplained.is_empty() && own.complete {
            say("proved though differences are not explained".into());
        }
        if report.unexplained.is_empty() {
            for missed in &own.missed {
                say(format!("{} reached {:?}, wanted {:?}", missed.place, missed.reached, missed.wanted));
            }
        }
        if let Some(difference) = report.size.difference() {
            let sum: i128 = report.size.ledger.iter().map(|row| row.bytes).sum();
            if sum != difference {
                say(format!("the ledger sums to {sum}, not {difference}"));
            }
        }
        if report.sameness >= Some(Sameness::SameContents) {
            for taken in own.taken.iter().filter(|taken| taken.what == "contents") {
                say(format!("{} bytes of contents from b: {}", taken.bytes, taken.place));
            }
        }
        // every step between is real and each one differs from the one before
        for pair in own.steps.windows(2) {
            if pair[1].cause.is_some() && pair[0].digest == pair[1].digest {
                say(format!("{}: a step that changes nothing", pair[1].place));
            }
        }
        let facts: BTreeSet<usize> = own.facts.iter().copied().collect();
        for trial in &own.trials {
            let Some(at) = trial.left_out else { continue };
            // a fact changes no byte, so that no digest can miss it; still nothing is complete without it
            if trial.proof.complete || trial.proof.missed.is_empty() && !facts.contains(&at) {
                say(format!("hits without difference {at} of {}", report.differences));
            }
        }
        self.stays_a(&report, &mut wrong);
        wrong
    }

    /// Replayed with no difference at all, A is A.
    fn stays_a(&self, report: &Report, wrong: &mut Vec<String>) {
        let Some(nothing) = proof(report).trials.last() else { return };
        let starts: BTreeSet<_> = proof(report)
            .steps
            .iter()
            .filter(|step| step.cause.is_none())
            .map(|step| (&step.place, step.digest))
            .collect();
        for step in &nothing.proof.steps {
            if step.cause.is_some() {
                wrong.push(format!("{}: {} changes though nothing is claimed", self.name, step.place));
            } else if !starts.contains(&(&step.place, step.digest)) {
                wrong.push(format!("{}: {} is not a\u{2019}s: {:?}", self.name, step.place, step.digest));
            }
        }
        let known: BTreeSet<_> = report
            .layers
            .iter()
            .filter_map(|row| row.layer.a.as_ref())
            .flat_map(|layer| [layer.digest, layer.diff_id])
            .flatten()
            .collect();
        for step in nothing.proof.steps.iter().filter(|step| step.place.contains("layer")) {
            if step.digest.is_some_and(|digest| !known.contains(&digest)) {
                wrong.push(format!("{}: {} is none of a\u{2019}s layers: {:?}", self.name, step.place, step.digest));
            }
        }
    }
}

fn both_ways(name: &str, a: &str, b: &str, args: &[String], samples: usize, wrong: &mut Vec<String>) {
    for (way, a, b) in [("", a, b), (" swapped", b, a)] {
        wrong.extend(Images { name: format!("{name}{way}"), a, b, args }.check(samples));
    }
}

#[test]
fn every_case_is_rebuilt_both_ways_and_by_nothing_less() {
    let mut wrong = Vec::new();
    for case in support::cases() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = case.build(dir.path());
        both_ways(&case.name, &built.a, &built.b, &case.args, 16, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} laws broken:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn real_pairs_are_rebuilt_both_ways_and_by_nothing_less() {
    let mut wrong = Vec::new();
    for pair in wild::pairs() {
        both_ways(&pair.name, &pair.a, &pair.b, &[], 12, &mut wrong);
        for (a, b) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
            every_step_encoded(&pair.name, a, b, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} laws broken:\n{}", wrong.len(), wrong.join("\n"));
}

/// With every step encoded the same is proved, and no cause shares its bytes with another where all could be.
fn every_step_encoded(name: &str, a: &str, b: &str, wrong: &mut Vec<String>) {
    let plain = diff(a, b, &options(&[], 0), &());
    let proof_options = why_differ::Proof { all_steps: true, ..Default::default() };
    let all = diff(a, b, &Options { proof: proof_options, ..options(&[], 0) }, &());
    if (proof(&all).complete, &proof(&all).missed) != (proof(&plain).complete, &proof(&plain).missed) {
        wrong.push(format!("{name}: another proof with every step encoded: {:?}", proof(&all).missed));
    }
    let sum = |report: &Report| report.size.ledger.iter().map(|row| row.bytes).sum::<i128>();
    if sum(&all) != sum(&plain) {
        wrong.push(format!("{name}: another sum with every step encoded"));
    }
}

#[test]
fn a_rebuild_by_a_known_encoder_is_proved_to_the_blob_and_measured_by_cause() {
    let pairs = wild::pairs();
    let pair = pairs.iter().find(|pair| pair.name == "rebuild-classic").expect("the pair is there");
    let proof_options = why_differ::Proof { all_steps: true, ..Default::default() };
    let report = diff(&pair.a, &pair.b, &Options { proof: proof_options, ..options(&[], 0) }, &());
    let own = proof(&report);
    assert!(own.complete, "{:?} {:?}", own.not_proved, own.missed);
    assert_eq!(own.taken_from_b(), 0);
    assert!(report.size.ledger.iter().all(|row| row.causes.len() == 1), "{:?}", report.size.ledger);
    assert!(report.findings.iter().all(|finding| finding.certainty == Certainty::Proved), "{:?}", report.findings);
}

#[test]
fn the_pair_that_started_it_is_proved_whole() {
    let pairs = wild::pairs();
    let pair = pairs.iter().find(|pair| pair.name == "docker-ctr").expect("the pair is there");
    let report = diff(&pair.a, &pair.b, &options(&[], 0), &());
    let own = proof(&report);
    assert!(own.complete, "{own:?}");
    assert_eq!((own.taken_from_b(), own.wanted), (0, report.sides.b.digest));
    assert!(report.findings.iter().all(|finding| finding.certainty == Certainty::Proved), "{:?}", report.findings);
}

/// Files in one order and in the other, every second one with other contents, in layers with and without compression.
#[test]
fn any_order_of_entries_is_rebuilt() {
    for compression in ["none", "gzip"] {
        let mut a = format!("layers.0.compression = '{compression}'\n");
        let mut b = a.clone();
        for file in 0..40 {
            let name = format!("layers.0.entries.\"srv/{file:02}\"");
            let words = |seed: i32| format!("content.words = {{ size = {}, seed = {seed} }}", 600 * (file % 7 + 1));
            a += &format!("{name} = {{ rank = {file}, {} }}\n", words(file));
            b += &format!("{name} = {{ rank = {}, {} }}\n", 40 - file, words(file + 100 * (file % 2)));
        }
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let sides = [(a, "a"), (b, "b")].map(|(text, side)| {
            let over = toml::from_str(&text).expect("it is TOML");
            support::store::write(&support::merge::merged(&support::case::ground(), &over), dir.path(), side)
        });
        let mut wrong = Vec::new();
        both_ways(compression, &sides[0], &sides[1], &[], 4, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let report = diff(&sides[0], &sides[1], &options(&[], 0), &());
        let causes: Vec<&str> = report.findings.iter().map(|finding| finding.cause).collect();
        assert!(causes.contains(&"entry-order") && proof(&report).missed.is_empty(), "{causes:?}");
    }
}

/// One file in every stored form: no byte of it comes from b but the map that PAX 1.0 keeps in front of it.
#[test]
fn a_sparse_file_is_rebuilt_in_every_form() {
    let plain =
        format!("content.hex = '{}{}{}{}'", "61".repeat(512), "00".repeat(1536), "62".repeat(700), "00".repeat(1000));
    let mut forms = vec![("plain", plain)];
    for kind in ["gnu", "0.0", "0.1", "1.0"] {
        for map in ["[0, 512], [2048, 700], [3748, 0]", "[0, 600], [2048, 512], [2560, 188], [3748, 0]"] {
            let pieces: usize = if map.starts_with("[0, 512]") { 0 } else { 88 };
            let content = format!("{}{}{}", "61".repeat(512), "00".repeat(pieces), "62".repeat(700));
            let sparse = format!("sparse = {{ kind = '{kind}', size = 3748, map = [{map}] }}");
            forms.push((kind, format!("content.hex = '{content}', {sparse}")));
        }
    }
    let mut broken = Vec::new();
    for (from, a) in &forms {
        for (to, b) in &forms {
            let dir = tempfile::tempdir().expect("a temporary directory can be made");
            let sides = [(a, "a"), (b, "b")].map(|(form, side)| {
                let over = toml::from_str(&format!("layers.0.entries.hole = {{ {form} }}")).expect("it is TOML");
                support::store::write(&support::merge::merged(&support::case::ground(), &over), dir.path(), side)
            });
            let mut wrong = Vec::new();
            let images = Images { name: format!("{from} to {to}"), a: &sides[0], b: &sides[1], args: &[] };
            wrong.extend(images.check(4));
            broken.append(&mut wrong);
            let report = diff(&sides[0], &sides[1], &options(&[], 0), &());
            assert!(report.sameness >= Some(Sameness::SameFiles), "{from} to {to}: {:?}", report.findings);
            let own: u64 =
                proof(&report).taken.iter().filter(|taken| taken.what == "stored-form").map(|taken| taken.bytes).sum();
            let most = if *to == "1.0" { 512 } else { 0 };
            assert!(own <= most, "{from} to {to}: {:?}", proof(&report).taken);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Runs a shell script; its exit and what it printed.
fn script(path: &Path, blobs: Option<&Path>) -> (bool, String) {
    let mut command = Command::new("sh");
    let output = command.arg(path).args(blobs).output().expect("there is a shell");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn written_steps_are_verified_by_standard_tools() {
    let mut unpacked = 0;
    for (name, with_layers) in [("file-mtime", false), ("layer-compression", true), ("document-spelling", true)] {
        let cases = support::cases();
        let case = cases.iter().find(|case| case.name == name).expect("the case is there");
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = case.build(dir.path());
        let folder = dir.path().join("steps");
        let proof = why_differ::Proof { write_steps: Some(folder.clone()), with_layers, ..Default::default() };
        let options = Options { prove: true, proof, ..Options::default() };
        let report = diff(&built.a, &built.b, &options, &());
        assert!(report.trouble.is_empty(), "{name}: {:?}", report.trouble);
        let blobs =
            PathBuf::from(built.b.trim_start_matches("oci:").split(':').next().unwrap_or_default()).join("blobs");
        let blobs = blobs.is_dir().then_some(blobs);
        unpacked += usize::from(blobs.is_some());
        let (verified, text) = script(&folder.join("verify.sh"), blobs.as_deref());
        assert!(verified, "{name}: {text}");
        assert!(
            text.contains("manifest/0-a.json: OK") && text.contains("These steps lead to sha256:"),
            "{name}: {text}"
        );
        // the same folder is not written over
        let again = diff(&built.a, &built.b, &options, &());
        assert!(again.trouble.iter().any(|trouble| trouble.message.contains("empty folder")), "{name}");
        // a changed step is seen
        let step = folder.join("manifest/0-a.json");
        let mut bytes = std::fs::read(&step).expect("the step is there");
        bytes.push(b' ');
        std::fs::write(&step, bytes).expect("the step can be changed");
        assert!(!script(&folder.join("verify.sh"), None).0, "{name}: a changed step is not seen");
        let holds_contents = |folder: &Path| {
            std::fs::read_dir(folder).is_ok_and(|mut list| {
                list.any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "tar")))
            })
        };
        assert!(with_layers || !holds_contents(&folder.join("layer-1")), "{name}: contents were written");
    }
    assert!(unpacked > 0, "no case is a layout whose blobs can be held against the steps");
}

#[test]
fn all_platforms_are_added_up_and_each_has_its_steps() {
    let pairs = wild::pairs();
    let pair = pairs.iter().find(|pair| pair.name == "list-index").expect("the pair is there");
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let proof_options = why_differ::Proof { write_steps: Some(dir.path().join("steps")), ..Default::default() };
    let options = Options { all_platforms: true, proof: proof_options, ..options(&[], 0) };
    let report = diff(&pair.a, &pair.b, &options, &());
    assert!(report.trouble.is_empty() && report.pairs.len() > 1, "{:?}", report.trouble);
    let children = || report.pairs.iter().filter_map(|pair| pair.report.as_ref());
    assert_eq!(proof(&report).taken_from_b(), children().map(|child| proof(child).taken_from_b()).sum::<u64>());
    assert!(proof(&report).complete == children().all(|child| proof(child).complete), "{:?}", proof(&report));
    let causes: BTreeSet<&str> =
        children().chain([&report]).flat_map(|report| &report.findings).map(|finding| finding.cause).collect();
    assert_eq!(proof(&report).causes, causes.len());
    let folders: Vec<PathBuf> = std::fs::read_dir(dir.path().join("steps"))
        .expect("there are steps")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    assert_eq!(folders.len(), report.pairs.len() + 1);
    for folder in folders {
        let (verified, text) = script(&folder.join("verify.sh"), None);
        assert!(verified, "{}: {text}", folder.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// An image changed by a random set of causes is rebuilt, and not without each of them.
    #[test]
    fn composed_causes_are_rebuilt(choice in proptest::collection::vec(any::<prop::sample::Index>(), 1..9)) {
        let all = support::mutations();
        let mut chosen: Vec<&support::Case> = Vec::new();
        for index in &choice {
            chosen.push(index.get(&all));
            if !support::compatible(&chosen) {
                chosen.pop();
            }
        }
        let names: Vec<&str> = chosen.iter().map(|case| case.name.as_str()).collect();
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = support::compose(&chosen, dir.path());
        let mut wrong = Vec::new();
        both_ways(&names.join(" + "), &built.a, &built.b, &[], 12, &mut wrong);
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

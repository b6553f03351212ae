//! Policies and baselines: how they are read, and what they say of real pairs of images.

use std::collections::BTreeSet;

use crate::{support, wild};
use why_differ::check::{Baseline, Bound, Date, Growth, Judged, Policy, check};
use why_differ::report::{CheckNote, Report, Sameness, Standing};
use why_differ::{Options, diff};

fn codes() -> Vec<&'static str> {
    why_differ::cause::all().iter().map(|cause| cause.code).collect()
}

fn policy(text: &str) -> Policy {
    Policy::read(text, &codes()).unwrap_or_else(|fault| panic!("{fault} in\n{text}"))
}

fn baseline(text: &str) -> Baseline {
    Baseline::read(text, &codes()).unwrap_or_else(|fault| panic!("{fault} in\n{text}"))
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

/// The report on a pair of `corpus/wild/pairs.txt`.
fn pair(name: &str, all_platforms: bool) -> Report {
    let pair = wild::pairs().into_iter().find(|pair| pair.name == name).expect("pairs.txt names it");
    diff(&pair.a, &pair.b, &Options { spots: true, all_platforms, ..Options::default() }, &())
}

/// `CAUSE standing`, each once, of what is outside.
fn outside(judged: &Judged) -> Vec<String> {
    let mut rows: Vec<String> = judged
        .verdict
        .outside()
        .map(|result| format!("{} {}", result.cause.unwrap_or("unexplained"), result.standing.name()))
        .collect();
    rows.sort();
    rows.dedup();
    rows
}

/// A pair against a policy on a day: what is outside; nothing means that it passes.
#[track_caller]
fn holds(report: &Report, text: &str, today: &str, expected: &[&str]) {
    let judged = check(report, &policy(text), None, day(today));
    assert_eq!(outside(&judged), expected, "{text}");
    assert_eq!(judged.verdict.pass, Some(expected.is_empty()), "{text}");
}

const TODAY: &str = "2026-11-23";

#[test]
fn spots_are_all_differences_and_admit_no_more_than_holds() {
    let mut reports: Vec<(String, Report)> = Vec::new();
    let options = Options { spots: true, ..Options::default() };
    for pair in wild::pairs() {
        reports.push((pair.name, diff(&pair.a, &pair.b, &options, &())));
    }
    for case in support::cases().into_iter().filter(|case| case.args.is_empty()) {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = case.build(dir.path());
        reports.push((case.name.clone(), diff(&built.a, &built.b, &options, &())));
    }
    let mut wrong = Vec::new();
    for (name, report) in reports.iter().filter(|(_, report)| report.trouble.is_empty()) {
        let count: u64 = report.spots.iter().map(|spot| spot.count).sum();
        if count != report.differences {
            wrong.push(format!("{name}: {count} in spots of {} differences", report.differences));
        }
        let admitted = report.spots.iter().map(|spot| spot.admits).min();
        // a pair whose level cannot be vouched for is no level's
        if admitted.is_some_and(|admitted| report.sameness.is_some_and(|holds| admitted > holds)) {
            wrong.push(format!("{name}: spots admit {admitted:?}, and {:?} holds", report.sameness));
        }
        let found: BTreeSet<_> = report.findings.iter().map(|finding| Some(finding.cause)).collect();
        let spots: BTreeSet<_> =
            report.spots.iter().filter(|spot| spot.cause.is_some()).map(|spot| spot.cause).collect();
        if found != spots {
            wrong.push(format!("{name}: findings {found:?}, spots {spots:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_policy_and_baseline_only_the_same_digest_passes() {
    holds(&pair("docker-ctr-export", false), "", TODAY, &[]);
    holds(&pair("docker-ctr", false), "", TODAY, &["document-spelling new", "layer-compression new"]);
}

#[test]
fn a_level_passes_what_does_not_break_it() {
    let ctr = pair("docker-ctr", false);
    holds(&ctr, "require = \"same-image\"", TODAY, &[]);
    holds(&ctr, "require = \"different\"", TODAY, &[]);
    let rebuilt = pair("rebuild-classic", false);
    holds(&rebuilt, "require = \"same-contents\"", TODAY, &[]);
    // only what breaks the level is outside: dates of the config do not
    holds(&rebuilt, "require = \"same-files\"", TODAY, &["file-mtime new"]);
    let allowed = "require = \"same-files\"\n[[allow]]\ncause = \"file-mtime\"";
    holds(&rebuilt, allowed, TODAY, &[]);
}

#[test]
fn rules_are_limited_as_they_say() {
    let edited = pair("edited", false);
    let content = "require = \"same-contents\"\n";
    let all = ["file-added new", "text-edit new"];
    let table: [(&str, &[&str]); 15] = [
        ("", &all),
        ("[[allow]]\ncause = \"text-edit\"", &["file-added new"]),
        ("[[allow]]\ncause = [\"text-edit\", \"file-added\"]", &[]),
        ("[[allow]]\ngroup = \"content\"", &[]),
        ("[[allow]]\ngroup = \"metadata\"", &all),
        ("[[allow]]\npaths = \"/srv/app/**\"", &[]),
        ("[[allow]]\npaths = \"./srv/app/**\"", &[]),
        ("[[allow]]\npaths = \"srv/*\"", &all),
        ("[[allow]]\npaths = \"srv/*/*.json\"", &["text-edit new"]),
        ("[[allow]]\npaths = \"**/*.conf\"", &all),
        ("[[allow]]\ngroup = \"content\"\nlayers = [2]", &[]),
        ("[[allow]]\ngroup = \"content\"\nlayers = [1, \"3-9\"]", &all),
        ("[[allow]]\ngroup = \"content\"\nplatforms = \"linux/amd64\"", &[]),
        ("[[allow]]\ngroup = \"content\"\nplatforms = \"linux/arm64\"", &all),
        (
            "[[allow]]\ngroup = \"content\"\n[[forbid]]\npaths = \"**/*.json\"\ncause = \"file-added\"",
            &["file-added forbidden"],
        ),
    ];
    for (rules, expected) in table {
        holds(&edited, &format!("{content}{rules}"), TODAY, expected);
    }
    // forbidden is forbidden, whatever the level
    let forbidden = "require = \"different\"\n[[forbid]]\ncause = \"config-env\"\nreason = \"no\"";
    holds(&edited, forbidden, TODAY, &["config-env forbidden"]);
}

#[test]
fn a_rule_limited_to_layers_allows_only_what_lies_in_them_whole() {
    // three layers against one: every entry is of all of them
    let squashed = pair("squash", false);
    let rule = |effect: &str, layers: &str| {
        policy(&format!(
            "require = \"different\"\n[[{effect}]]\ngroup = [\"encoding\", \"metadata\"]\nlayers = {layers}"
        ))
    };
    let allowed = |layers: &str| {
        let judged = check(&squashed, &rule("allow", layers), None, day(TODAY));
        judged.verdict.results.iter().any(|result| matches!(result.standing, Standing::Allowed(_)))
    };
    assert!(allowed("\"1-3\"") && !allowed("1"));
    let forbidden = check(&squashed, &rule("forbid", "1"), None, day(TODAY));
    assert_eq!(forbidden.verdict.pass, Some(false));
}

#[test]
fn rules_end_with_their_day() {
    let ctr = pair("docker-ctr", false);
    let rule = "[[allow]]\ngroup = \"encoding\"\nuntil = 2027-01-31\nreason = \"until the registry is moved\"";
    holds(&ctr, rule, "2027-01-31", &[]);
    holds(&ctr, rule, "2027-02-01", &["document-spelling new", "layer-compression new"]);
    let judged = check(&ctr, &policy(rule), None, day("2027-02-01"));
    let [CheckNote::Expired(expired)] = &judged.verdict.notes[..] else { panic!("{:?}", judged.verdict.notes) };
    assert_eq!((expired.line, expired.until.as_deref()), (1, Some("2027-01-31")));
    let standing = judged.verdict.results.iter().map(|result| &result.standing);
    assert!(standing.clone().all(|one| matches!(one, Standing::New { expired: Some(_) })), "{standing:?}");
    let forbidden = rule.replace("allow", "forbid");
    holds(
        &ctr,
        &format!("require = \"same-image\"\n{forbidden}"),
        "2027-01-31",
        &["document-spelling forbidden", "layer-compression forbidden"],
    );
    holds(&ctr, &format!("require = \"same-image\"\n{forbidden}"), "2027-02-01", &[]);
}

#[test]
fn a_rule_that_nothing_needs_is_told() {
    let judged = check(&pair("docker-ctr", false), &policy("\n[[allow]]\ncause = \"text-edit\""), None, day(TODAY));
    assert!(
        matches!(&judged.verdict.notes[..], [CheckNote::Unused(rule)] if rule.line == 2),
        "{:?}",
        judged.verdict.notes
    );
}

/// A rule that another one comes before, or that a stronger one overrules, allows what is there.
#[test]
fn only_what_is_not_there_is_told_as_not_there() {
    let ctr = pair("docker-ctr", false);
    for rules in [
        "[[allow]]\ngroup = \"encoding\"\n[[allow]]\ncause = \"layer-compression\"",
        "[[forbid]]\ngroup = \"encoding\"\n[[allow]]\ncause = \"layer-compression\"",
        "require = \"different\"\n[[allow]]\ncause = \"layer-compression\"",
    ] {
        let judged = check(&ctr, &policy(rules), None, day(TODAY));
        assert_eq!(judged.verdict.notes, [], "{rules}");
    }
}

#[test]
fn what_a_baseline_knows_passes_until_it_grows() {
    let (rebuilt, edited) = (pair("rebuild-classic", false), pair("edited", false));
    let nothing = Policy::default();
    let first = check(&rebuilt, &nothing, None, day(TODAY));
    let known = Baseline { growth: Baseline::usual_growth(), known: first.left };
    let again = check(&rebuilt, &nothing, Some(&known), day(TODAY));
    assert_eq!((again.verdict.pass, again.verdict.notes.len()), (Some(true), 0));
    assert!(again.verdict.results.iter().all(|result| result.standing == Standing::Known));
    assert_eq!(again.left, known.known, "the same pair gives the same baseline");
    // another change: new causes, and dates of more files than ten per cent more
    let changed = check(&edited, &nothing, Some(&known), day(TODAY));
    let rows = outside(&changed);
    for row in ["text-edit new", "file-added new", "config-env new", "file-mtime grown"] {
        assert!(rows.iter().any(|own| own == row), "{row} in {rows:?}");
    }
    assert!(!rows.iter().any(|row| row.starts_with("config-created")), "{rows:?}");
    // what is not bounded may grow
    let unbounded = Baseline { growth: Growth::default(), ..known.clone() };
    assert!(!outside(&check(&edited, &nothing, Some(&unbounded), day(TODAY))).contains(&"file-mtime grown".to_owned()));
    // a policy's bounds are stronger than the baseline's
    let loose = check(&edited, &policy("[growth]\ndifferences = \"300%\""), Some(&known), day(TODAY));
    assert!(!outside(&loose).iter().any(|row| row.ends_with("grown")), "{:?}", outside(&loose));
    // what is gone is told
    let gone = check(&pair("docker-ctr-export", false), &nothing, Some(&known), day(TODAY));
    assert_eq!((gone.verdict.pass, gone.verdict.notes.len()), (Some(true), known.known.len()));
}

/// Whatever a rule or the level says of a cause that the baseline knows: it is there.
#[test]
fn what_a_rule_is_about_is_not_gone() {
    let rebuilt = pair("rebuild-classic", false);
    let first = check(&rebuilt, &Policy::default(), None, day(TODAY));
    let known = Baseline { growth: Growth::default(), known: first.left };
    for rules in [
        "[[forbid]]\ncause = \"file-mtime\"",
        "[[allow]]\ncause = \"file-mtime\"",
        "[[allow]]\ngroup = [\"metadata\", \"build\", \"encoding\"]",
        "require = \"same-contents\"",
    ] {
        let judged = check(&rebuilt, &policy(rules), Some(&known), day(TODAY));
        let gone = judged.verdict.notes.iter().any(|note| matches!(note, CheckNote::Gone { .. }));
        assert!(!gone, "{rules}: {:?}", judged.verdict.notes);
    }
    let forbidden = check(&rebuilt, &policy("[[forbid]]\ncause = \"file-mtime\""), Some(&known), day(TODAY));
    assert_eq!(outside(&forbidden), ["file-mtime forbidden"], "the baseline excuses nothing that is forbidden");
}

#[test]
fn bytes_grow_too() {
    let ctr = pair("docker-ctr", false);
    let text = "[growth]\nbytes = \"1K\"\n[[known]]\ncause = \"layer-compression\"\ndifferences = 3\nbytes = 1000\n\
                [[known]]\ncause = \"document-spelling\"\ndifferences = 5\nbytes = 190";
    let judged = check(&ctr, &Policy::default(), Some(&baseline(text)), day(TODAY));
    let grown: Vec<_> = judged.verdict.outside().map(|result| (result.cause, result.standing.clone())).collect();
    let [(Some("layer-compression"), Standing::Grown { what: "bytes", from: 1_000, most: 2_024, .. })] = &grown[..]
    else {
        panic!("{grown:?}")
    };
}

#[test]
fn platforms_are_told_apart() {
    let lists = pair("list-index", true);
    assert!(lists.pairs.len() > 1, "two platforms are compared");
    let judged = check(&lists, &Policy::default(), None, day(TODAY));
    let platforms: BTreeSet<_> = judged.left.iter().map(|known| known.platform.as_deref()).collect();
    assert_eq!(platforms, [None, Some("linux/amd64"), Some("linux/arm64")].into());
    let rule = |platform: &str| {
        let text = format!("[[allow]]\ngroup = [\"encoding\", \"build\"]\nplatforms = \"{platform}\"");
        let judged = check(&lists, &policy(&text), None, day(TODAY));
        judged.verdict.outside().filter_map(|result| result.platform.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(rule("linux/amd64"), ["linux/arm64".to_owned()].into());
    // two spellings of one platform
    assert_eq!(rule("linux/arm64/v8"), ["linux/amd64".to_owned()].into());
    let known = Baseline { growth: Growth::default(), known: judged.left };
    assert_eq!(check(&lists, &Policy::default(), Some(&known), day(TODAY)).verdict.pass, Some(true));
}

#[test]
fn trouble_is_no_verdict() {
    let report = diff("no-such.tar", "no-such.tar", &Options::default(), &());
    let judged = check(&report, &policy("require = \"different\""), None, day(TODAY));
    assert_eq!((judged.verdict.pass, judged.verdict.results.len()), (None, 0));
}

#[test]
fn a_finding_without_spots_lies_anywhere() {
    let mut report = pair("docker-ctr", false);
    report.spots.clear();
    report.sameness = Some(Sameness::SameContents);
    holds(&report, "require = \"same-files\"", TODAY, &["document-spelling new", "layer-compression new"]);
    // and a level that is missed without any finding fails on its own
    report.findings.clear();
    holds(&report, "require = \"same-files\"", TODAY, &["unexplained new"]);
}

/// What is wrong with a policy, as it is shown behind the file's name.
#[test]
fn faults_name_line_and_column() {
    let table = [
        ("requires = 1", "1:1: unknown key `requires` in the policy; did you mean require?"),
        ("\n  zebra = 1", "2:3: unknown key `zebra` in the policy; it may have schema, require, growth, allow, forbid"),
        ("schema = 2", "1:10: `schema` is 2, expected 1, the only schema there is"),
        ("require = \"same-file\"", "1:11: no level is called `same-file`; did you mean same-files?"),
        ("require = 3", "1:11: `require` is 3, expected a name in quotes"),
        ("allow = 1", "1:9: `allow` is 1, expected a list of tables, each under [[allow]] or [[forbid]]"),
        ("allow = [1]", "1:10: `allow` is 1, expected a list of tables, each under [[allow]] or [[forbid]]"),
        ("[[allow]]", "1:1: [[allow]] needs at least one of cause, group, paths, layers, platforms"),
        (
            "\n[[forbid]]\nreason = \"x\"",
            "2:1: [[forbid]] needs at least one of cause, group, paths, layers, platforms",
        ),
        ("[[allow]]\npath = \"x\"", "2:1: unknown key `path` in [[allow]]; did you mean paths?"),
        ("[[allow]]\ncause = \"mtime\"", "2:9: no cause is called `mtime`; did you mean file-mtime?"),
        ("[[allow]]\ncause = []", "2:9: `cause` is a list, expected at least one value"),
        ("[[allow]]\ncause = [\"file-mtime\", 7]", "2:24: `cause` is 7, expected a name in quotes"),
        ("[[allow]]\ngroup = \"meta\"", "2:9: no group is called `meta`; did you mean metadata?"),
        ("[[allow]]\npaths = \"a[\"", "2:9: `paths`: \"a[\" is no glob: unclosed character class; missing ']'"),
        (
            "[[allow]]\npaths = [\"a\", true]",
            "2:15: `paths` is true, expected a glob such as \"etc/**\" or \"**/*.pyc\"",
        ),
        ("[[allow]]\nlayers = 0", "2:10: `layers` is 0, expected layers from 1, such as 3 or \"2-5\""),
        ("[[allow]]\nlayers = [1, \"3-2\"]", "2:14: `layers` is \"3-2\", expected layers from 1, such as 3 or \"2-5\""),
        ("[[allow]]\nlayers = -1", "2:10: `layers` is -1, expected layers from 1, such as 3 or \"2-5\""),
        (
            "[[allow]]\nplatforms = \"a/b/c/d\"",
            "2:13: `platforms` is \"a/b/c/d\", expected os/arch[/variant], such as linux/arm64",
        ),
        (
            "[[allow]]\nplatforms = [\"linux/amd64\", \"linux/amd46\"]",
            "2:29: no architecture is called `amd46`; did you mean amd64?",
        ),
        ("[[allow]]\nplatforms = \"linx/amd64\"", "2:13: no operating system is called `linx`; did you mean linux?"),
        ("[[allow]]\nplatforms = \"linux/arm/v77\"", "2:13: no variant is called `v77`; did you mean v7?"),
        (
            "[[allow]]\nplatforms = \"linux\"",
            "2:13: `platforms` is \"linux\", expected os/arch[/variant], such as linux/arm64",
        ),
        (
            "[[allow]]\ncause = \"file-mtime\"\nuntil = 2027-01-31",
            "1:1: [[allow]] needs a reason, since it has an end (until)",
        ),
        (
            "[[allow]]\nuntil = \"2027-01-31\"\nreason = \"x\"\ncause = \"file-mtime\"",
            "2:9: `until` is \"2027-01-31\", expected a day without quotes, such as 2027-01-31",
        ),
        (
            "[[allow]]\nuntil = 2027-01-31T00:00:00Z\nreason = \"x\"\ncause = \"file-mtime\"",
            "2:9: `until` is 2027-01-31T00:00:00Z, expected a day without quotes, such as 2027-01-31",
        ),
        ("[growth]\nbyte = 1", "2:1: unknown key `byte` in [growth]; did you mean bytes?"),
        (
            "[growth]\nbytes = \"ten\"",
            "2:9: `bytes` is \"ten\", expected a number, a number of bytes such as \"64K\", or per cent such as \"10%\"",
        ),
        (
            "[growth]\ndifferences = \"4K\"",
            "2:15: `differences` is \"4K\", expected a number, a number of bytes such as \"64K\", or per cent such as \"10%\"",
        ),
        ("growth = 1", "1:10: `growth` is 1, expected a table"),
        ("a = 1\nü = [", "2:6: unclosed array, expected `]`"),
        (
            "\"\\u001b\" = 1",
            "1:1: unknown key `\\x1b` in the policy; it may have schema, require, growth, allow, forbid",
        ),
    ];
    for (text, expected) in table {
        let fault = Policy::read(text, &codes()).map(|_| ()).expect_err(text).to_string();
        assert!(fault.starts_with(expected), "{text:?}\n  found    {fault}\n  expected {expected}");
    }
    let table = [
        ("x = 1", "1:1: unknown key `x` in the baseline; it may have schema, growth, known"),
        ("[[known]]\ndifferences = 1", "1:1: [[known]] needs a cause"),
        ("[[known]]\ncause = \"file-mtime\"", "1:1: [[known]] needs the number of differences"),
        ("[[known]]\ncause = \"file-mtime\"\ndifferences = \"1\"", "3:15: `differences` is \"1\", expected a number"),
        (
            "[[known]]\ncause = \"file-mtime\"\ndifferences = 1\n[[known]]\ncause = \"file-mtime\"\ndifferences = 2",
            "4:1: [[known]] `file-mtime` is there twice",
        ),
        ("known = 1", "1:9: `known` is 1, expected a list of tables, each under [[known]]"),
    ];
    for (text, expected) in table {
        let fault = Baseline::read(text, &codes()).expect_err(text).to_string();
        assert_eq!(fault, expected, "{text:?}");
    }
}

const ALL_OF_IT: &str = r#"
        schema = 1
        require = "same-files"
        growth = { differences = 5, bytes = "10 %" }
        [[allow]]
        cause = ["file-mtime", "unexplained"]
        group = "metadata"
        paths = ["var/**", "/etc/*"]
        layers = [1, "2-5"]
        platforms = ["linux/amd64", "arm64"]
        until = 2027-01-31
        reason = "all of it"
"#;

/// What images say of themselves may stand in a rule.
#[test]
fn every_platform_of_real_images_may_stand_in_a_policy() {
    for platform in [
        "linux/amd64",
        "linux/amd64/v3",
        "linux/x86_64",
        "arm64",
        "linux/arm64/v8",
        "linux/aarch64",
        "linux/arm/v6",
        "linux/386",
        "linux/ppc64le",
        "linux/s390x",
        "linux/riscv64",
        "linux/mips64le",
        "linux/loong64",
        "windows/amd64",
        "Windows/amd64",
        "freebsd/amd64",
        "darwin/arm64",
        "wasi/wasm",
        "unknown/unknown",
    ] {
        policy(&format!("[[allow]]\nplatforms = \"{platform}\""));
    }
}

#[test]
fn a_policy_may_say_all_of_it() {
    let policy = policy(ALL_OF_IT);
    assert_eq!((policy.require, policy.allow.len()), (Some(Sameness::SameFiles), 1));
    assert_eq!(policy.growth, Growth { differences: Some(Bound::Number(5)), bytes: Some(Bound::Percent(10)) });
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_policy_panic(cut in 0usize..400, more in ".{0,8}", take in 0usize..40) {
        // a sound policy with something put in or taken out anywhere
        let at = ALL_OF_IT.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last().unwrap_or(0);
        let rest: String = ALL_OF_IT[at..].chars().skip(take).collect();
        let text = format!("{}{more}{rest}", &ALL_OF_IT[..at]);
        for fault in [Policy::read(&text, &codes()).err(), Baseline::read(&text, &codes()).err()].into_iter().flatten() {
            proptest::prop_assert!(fault.line <= text.matches('\n').count() + 1);
            proptest::prop_assert!(!fault.to_string().contains('\n'), "one sentence: {fault}");
        }
    }
}

//! Outcomes of checks, and reports to send: what each form says, held against the schemas of others.

use roxmltree::{Document, ParsingOptions};
use why_differ::origin::{Origin, Registry};
use why_differ::pair::Pair;
use why_differ::render::{Detail, View, bug_report, check, explain, html, markdown, text};
use why_differ::report::*;

use super::reports::*;
use super::schemas::{junit_is_valid, sarif_validator};

/// The real pages: they are the one source of words.
fn pages() -> Vec<explain::Entry<'static>> {
    let entry = |cause: &&'static why_differ::cause::Cause| explain::Entry {
        code: cause.code,
        group: cause.group,
        page: cause.page,
    };
    why_differ::cause::all().iter().map(entry).collect()
}

fn rule(line: usize, reason: Option<&str>, until: Option<&str>) -> Rule {
    Rule { line, reason: reason.map(str::to_owned), until: until.map(str::to_owned) }
}

fn result(
    cause: Option<&'static str>,
    title: &str,
    differences: u64,
    places: &[&str],
    standing: Standing,
) -> CheckResult {
    CheckResult {
        platform: None,
        cause,
        title: title.to_owned(),
        differences,
        places: places.iter().map(|place| (*place).to_owned()).collect(),
        places_total: places.len() as u64,
        standing,
    }
}

fn verdict(pass: Option<bool>, report: &Report, results: Vec<CheckResult>) -> Verdict {
    Verdict {
        pass,
        sameness: report.sameness,
        required: Sameness::SameDigest,
        policy: None,
        baseline: None,
        results,
        notes: vec![],
        fault: None,
    }
}

/// Every standing and every remark, with names that would do harm if they could.
fn everything() -> (Verdict, Report) {
    let report = hostile();
    let evil = "etc/<script>alert(1)</script>\u{202e}|`@x`\n::error::%25";
    let mut grown = result(
        Some("config-env"),
        "Env \u{1b}[31m differs",
        12,
        &["config"],
        Standing::Grown { what: "differences", from: 10, to: 12, most: 11 },
    );
    grown.platform = Some("linux/arm64".to_owned());
    let mut many = result(
        Some("file-mtime"),
        "later by 10 s",
        100_000,
        &["layer 1: a", "layer 1: b", "layer 1: c", "layer 1: d"],
        Standing::Known,
    );
    many.places_total = 100_000;
    let results = vec![
        result(Some("text-edit"), evil, 1, &[evil], Standing::Forbidden(rule(7, Some("no edits, 100%"), None))),
        result(
            Some("file-added"),
            "3 files only in b",
            3,
            &["layer 1: x"],
            Standing::New { expired: Some(rule(3, Some("old <base>"), Some("2026-10-31"))) },
        ),
        grown,
        result(None, "differences that no cause explains", 25, &["layer 1"], Standing::New { expired: None }),
        many,
        result(Some("entry-order"), "order", 1, &["layer 1"], Standing::Allowed(rule(12, None, None))),
        result(Some("document-spelling"), "manifest", 2, &["manifest"], Standing::WithinLevel),
    ];
    let verdict = Verdict {
        required: Sameness::SameContents,
        policy: Some("why-differ.toml".to_owned()),
        baseline: Some("known.toml".to_owned()),
        notes: vec![
            CheckNote::Expired(rule(3, Some("old <base>"), Some("2026-10-31"))),
            CheckNote::Unused(rule(20, None, None)),
            CheckNote::Written { causes: 3 },
            CheckNote::Gone { platform: Some("linux/amd64".to_owned()), cause: "tar-padding".to_owned() },
        ],
        ..verdict(Some(false), &report, results)
    };
    (verdict, report)
}

/// A policy that cannot be used; its name would do harm if it could.
fn refused(position: Option<(usize, usize)>) -> (Verdict, Report) {
    let images = Pair::new("a.tar".to_owned(), "b.tar".to_owned());
    let file = "ci/<why>, 50%:\n::error::.toml".to_owned();
    why_differ::check::refused(&images, CheckFault { file, position, message: "unknown key `\\x1b`".to_owned() })
}

/// All outcomes there are.
fn outcomes() -> Vec<(Verdict, Report)> {
    let same = docker_and_ctr();
    let differs = |standing: Standing| {
        result(Some("layer-compression"), "gzip → none in 2 of 2 layers", 2, &["layer 1", "layer 2"], standing)
    };
    let broken = damaged();
    let baseline = Verdict {
        baseline: Some("known.toml".to_owned()),
        ..verdict(Some(true), &same, vec![differs(Standing::Known)])
    };
    let level =
        Verdict { required: Sameness::SameLayers, ..verdict(Some(true), &same, vec![differs(Standing::WithinLevel)]) };
    vec![
        everything(),
        (verdict(Some(false), &same, vec![differs(Standing::New { expired: None })]), same.clone()),
        (baseline, same.clone()),
        (level, same),
        (verdict(None, &broken, vec![]), broken),
        refused(Some((2, 7))),
        refused(None),
    ]
}

#[test]
fn the_first_line_says_pass_or_fail_and_why() {
    let lines: Vec<String> = outcomes().iter().map(|(verdict, report)| check::headline(verdict, report)).collect();
    insta::assert_snapshot!(lines.join("\n"));
    for (verdict, report) in outcomes() {
        let line = check::headline(&verdict, &report);
        assert_eq!(check::text(&verdict, &report, &View::default()).lines().next(), Some(line.as_str()));
        assert_eq!(check::annotations(&verdict, &report).lines().next(), Some(line.as_str()));
    }
}

#[test]
fn a_check_as_text() {
    let (verdict, report) = everything();
    let text = check::text(&verdict, &report, &View::default());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    insta::assert_snapshot!(text);
}

#[test]
fn a_check_as_annotations() {
    let (verdict, report) = everything();
    let text = check::annotations(&verdict, &report);
    let commands = text.lines().filter(|line| line.starts_with("::")).count();
    assert_eq!(commands, verdict.outside().count() + verdict.notes.len(), "no name makes a command of its own");
    insta::assert_snapshot!(text);
}

#[test]
fn a_check_as_markdown() {
    let (verdict, report) = everything();
    insta::assert_snapshot!(check::markdown(&verdict, &report));
}

#[test]
fn a_check_as_json() {
    let (verdict, report) = everything();
    let json: serde_json::Value = serde_json::from_str(&check::json(&verdict, &report, false)).expect("it is JSON");
    assert_eq!(json["schema"], 1);
    assert_eq!(json["sameness"], "different", "the comparison's keys stand beside");
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["check"]).expect("it is JSON"));
}

#[test]
fn a_check_as_sarif() {
    let validator = sarif_validator();
    for (verdict, report) in outcomes() {
        let text = check::sarif(&verdict, &report, &pages(), "0.0.0");
        let log: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
        for one in log["runs"][0]["results"].as_array().expect("a list") {
            let at = one["ruleIndex"].as_u64().expect("each result has its rule") as usize;
            assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][at]["id"], one["ruleId"]);
        }
    }
    // the schema says no to what is wrong
    let wrong = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": {} }] });
    assert!(!validator.is_valid(&wrong));
    let (verdict, report) = everything();
    // the pages have their own tests; here they are left out
    let mut log: serde_json::Value =
        serde_json::from_str(&check::sarif(&verdict, &report, &[], "0.0.0")).expect("it is JSON");
    log["runs"][0]["tool"]["driver"]["rules"] = serde_json::Value::Null;
    insta::assert_snapshot!(serde_json::to_string_pretty(&log["runs"]).expect("it is JSON").replace('\u{202e}', "?"));
}

/// In every form a fault of the policy says which file, line and column, and that there is no verdict.
#[test]
fn a_policy_that_cannot_be_used_is_told_in_every_form() {
    let (verdict, report) = refused(Some((2, 7)));
    let shown = "ci/<why>, 50%:\\n::error::.toml:2:7: unknown key `\\x1b`";
    assert_eq!(check::headline(&verdict, &report), format!("CANNOT TELL: {shown}"));
    let annotations = check::annotations(&verdict, &report);
    assert_eq!(
        annotations,
        format!(
            "CANNOT TELL: {shown}\n::error title=why-differ,file=ci/<why>%2C 50%25%3A\\n%3A%3Aerror%3A%3A.toml,line=2,col=7::unknown key `\\x1b`\n"
        )
    );
    let json: serde_json::Value = serde_json::from_str(&check::json(&verdict, &report, false)).expect("it is JSON");
    assert_eq!((&json["check"]["pass"], &json["sameness"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!((&json["check"]["fault"]["line"], &json["check"]["fault"]["column"]), (&2.into(), &7.into()));
    assert!(json["error"]["message"].as_str().is_some_and(|message| message.ends_with(":2:7: unknown key `\\x1b`")));
    assert_eq!(json["accounted"], false, "nothing was compared");
    let log: serde_json::Value =
        serde_json::from_str(&check::sarif(&verdict, &report, &[], "0.0.0")).expect("it is JSON");
    let run = &log["runs"][0];
    assert_eq!(
        (&run["invocations"][0]["executionSuccessful"], &run["results"]),
        (&false.into(), &serde_json::json!([]))
    );
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        (&notification["level"], &notification["locations"][0]["physicalLocation"]["region"]),
        (&"error".into(), &serde_json::json!({ "startLine": 2, "startColumn": 7 }))
    );
    let junit = check::junit(&verdict, &report);
    let document = Document::parse(&junit).expect("it is XML");
    let error = document.descendants().find(|node| node.has_tag_name("error")).expect("an error");
    assert_eq!(error.attribute("message"), Some(format!("CANNOT TELL: {shown}").as_str()));
    assert!(check::markdown(&verdict, &report).starts_with("**CANNOT TELL**: "));
}

#[test]
fn all_trouble_is_told() {
    let mut report = platforms();
    report.trouble = vec![Trouble { side: Some(why_differ::pair::Side::A), cause: None, message: "one".to_owned() }];
    let verdict = verdict(None, &report, vec![]);
    let log: serde_json::Value =
        serde_json::from_str(&check::sarif(&verdict, &report, &[], "0.0.0")).expect("it is JSON");
    let texts: Vec<&str> = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["message"]["text"].as_str())
        .collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[0] == "a: one" && texts[1].starts_with("linux/riscv64: b: layer 2: the blob hashes"), "{texts:?}");
    let annotations = check::annotations(&verdict, &report);
    assert_eq!(annotations.lines().filter(|line| line.starts_with("::error ")).count(), 3);
    for form in [
        check::text(&verdict, &report, &View::default()).replace(['\n', ' '], ""),
        check::markdown(&verdict, &report).replace(' ', ""),
        check::junit(&verdict, &report).replace(' ', ""),
    ] {
        assert!(form.contains("stoppedafter1of2layers"), "{form}");
    }
}

#[test]
fn a_rule_of_sarif_has_its_page_for_help() {
    let (verdict, report) = everything();
    let log: serde_json::Value =
        serde_json::from_str(&check::sarif(&verdict, &report, &pages(), "0.0.0")).expect("it is JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("a list");
    for rule in rules.iter().filter(|rule| rule["id"] != "unexplained") {
        let cause = why_differ::cause::by_code(rule["id"].as_str().expect("a name")).expect("rules are causes");
        assert_eq!(rule["help"]["markdown"], cause.page);
        assert_eq!(rule["help"]["text"], explain::page(cause.page, &View::default()));
    }
    assert_eq!(rules.len(), 7);
}

#[test]
fn a_check_as_junit() {
    for (number, (verdict, report)) in outcomes().into_iter().enumerate() {
        let text = check::junit(&verdict, &report);
        let document = Document::parse(&text).expect("it is XML");
        let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count().to_string();
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
        for (attribute, element) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
            assert_eq!(suite.attribute(attribute), Some(count(element).as_str()), "{attribute}");
        }
        assert_eq!(count("failure") != "0", verdict.pass == Some(false));
        assert_eq!(count("error") != "0", verdict.pass.is_none());
        if number == 0 {
            insta::assert_snapshot!(text);
        }
        let Some(valid) = junit_is_valid(&text) else { continue };
        assert!(valid, "{text}");
    }
    assert_ne!(junit_is_valid("<testsuite name='x'/>"), Some(true), "the schema says no to what is wrong");
}

#[test]
fn a_comparison_as_markdown() {
    insta::assert_snapshot!(markdown::report(&docker_and_ctr(), &pages(), false));
}

#[test]
fn markdown_of_hostile_names() {
    let mut report = hostile();
    report.findings[0].places[0] = "a`|<img src=x onerror=y> @somebody #1".to_owned();
    let text = markdown::report(&report, &[], false);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'));
    insta::assert_snapshot!(text);
}

/// A document of each side.
fn document(part: &'static str, a: &str, b: &str) -> DocumentExhibit {
    let body = |n: u8, text: &str| {
        Some(DocumentBody {
            media_type: Some("application/json".to_owned()),
            digest: digest(n).expect("made"),
            bytes: text.as_bytes().to_vec(),
        })
    };
    DocumentExhibit { part, sides: Pair::new(body(1, a), body(2, b)) }
}

fn about(pages: &[explain::Entry<'static>]) -> html::About<'static> {
    // tests may leak
    html::About { causes: pages.to_vec().leak(), version: "0.0.0", command: "why-differ report 'a<b' b -o report.html" }
}

/// A page as XML: it is well-formed, so that nothing foreign opened or closed an element.
fn parsed(page: &str) -> Document<'_> {
    Document::parse_with_options(
        page,
        ParsingOptions { allow_dtd: true, nodes_limit: u32::MAX, ..ParsingOptions::default() },
    )
    .expect("the page is well-formed")
}

#[test]
fn a_page_holds_what_is_asked_of_it() {
    let mut report = docker_and_ctr();
    report.exhibits.documents = vec![
        document("manifest", "{\n   \"x\": 1}", "{\"x\":1}"),
        document("config", "{\"Env\":[\"A=1\"],\"os\":\"linux\"}", "{\"Env\":[\"A=2\"],\"os\":\"linux\"}"),
    ];
    let pages = pages();
    let page = html::page(&report, &about(&pages));
    let document = parsed(&page);
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let parts: Vec<&str> = ids.iter().copied().filter(|id| !id.contains('-')).collect();
    assert_eq!(parts, ["main", "tree", "size", "why", "layers", "documents", "fix", "again"]);
    for link in document.descendants().filter(|node| node.has_tag_name("a")) {
        let target = link.attribute("href").expect("links lead somewhere");
        let found = target.strip_prefix('#').is_none_or(|id| ids.contains(&id));
        assert!(found && (target.starts_with('#') || target.starts_with("https://")), "{target}");
    }
    // nothing is loaded from anywhere
    for node in document.descendants() {
        for name in ["src", "srcset", "data", "xlink:href", "background", "poster"] {
            assert_eq!(node.attribute(name), None, "{:?}", node.tag_name());
        }
        assert!(!node.has_tag_name("link") && !node.has_tag_name("iframe"));
        assert!(!node.attributes().any(|attribute| attribute.name().starts_with("on")), "no handlers in elements");
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    // for whoever listens to it: pictures have words, tables have captions or are told by their section
    for node in document.descendants().filter(|node| node.has_tag_name("svg")) {
        assert_eq!(node.attribute("role"), Some("img"));
    }
    let text: String = document.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
    for expected in ["PARTS HERE", "layer-compression", "+1.93 MiB", "\"A=1\"", "\"A=2\"", "why-differ report 'a<b' b"]
    {
        assert!(text.contains(expected), "{expected}");
    }
    // the words of the cause's own page
    assert!(text.contains("How to confirm it"));
    // the page without its style, its script and the causes' pages, which are read elsewhere
    let bare = html::page(&report, &html::About { causes: &[], version: "0.0.0", command: "why-differ report a b" });
    let (_, main) = bare.split_once("<header>").expect("there is a header");
    let (main, _) = main.split_once("<script>").expect("the script is last");
    insta::assert_snapshot!(main);
}

#[test]
fn the_pages_own_script_is_the_only_one_that_runs() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let pages = pages();
    let page = html::page(&docker_and_ctr(), &about(&pages));
    let (_, rest) = page.split_once("<script>").expect("there is a script");
    let (script, _) = rest.split_once("</script>").expect("it ends");
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script));
    assert!(page.contains(&format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'")));
    assert_eq!(page.matches("<script").count(), 1);
}

/// What names in images may be made of to do harm: markup, ends of markup, marks that turn text around, control
/// characters, what Markdown means something by.
const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&`|[x](javascript:alert(3))\u{202e}\u{2066}\u{200b}\u{1b}[31m\u{9b}2J\u{0}\r\n# @all";

/// Whether nothing in it turns text around or drives a terminal.
fn is_tame(text: &str) -> bool {
    let wild = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    !text.chars().any(wild)
}

#[test]
fn a_page_escapes_hostile_names() {
    let mut report = evil_everywhere(EVIL);
    let json = serde_json::json!({ "Labels": { EVIL: EVIL }, "annotations": { EVIL: EVIL } }).to_string();
    let exhibits = Exhibits {
        documents: vec![document("config", &json, "{\"x\":\"</pre></details>\"}"), document("manifest", EVIL, EVIL)],
        headers: vec![],
        ..Exhibits::default()
    };
    report.pairs[0].report.as_mut().expect("made").exhibits = exhibits.clone();
    report.exhibits = exhibits;
    let pages = pages();
    let page = html::page(&report, &about(&pages));
    assert!(is_tame(&page), "no control characters, no bidirectional marks");
    let document = parsed(&page);
    for name in ["script", "style", "main", "body"] {
        assert_eq!(document.descendants().filter(|node| node.has_tag_name(name)).count(), 1, "{name}");
    }
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("img")).count(), 0);
    assert!(!document.descendants().any(|node| node.attributes().any(|one| one.name().starts_with("on"))));
    for link in document.descendants().filter(|node| node.has_tag_name("a")) {
        let target = link.attribute("href").expect("links lead somewhere");
        assert!(target.starts_with('#') || target.starts_with("https://"), "{target}");
    }
}

#[test]
fn text_escapes_hostile_names() {
    let report = evil_everywhere(EVIL);
    for detail in [Detail::Verdict, Detail::Report, Detail::Everything] {
        for full in [false, true] {
            let text = text::report(&report, &View { detail, full, ..View::default() });
            assert!(is_tame(&text), "{detail:?}, full {full}");
            assert!(!text.lines().any(|line| line.starts_with("# @all")), "a name ends no line");
        }
    }
}

/// Markdown without what stands in code spans and fenced blocks.
fn without_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if ticks.len() >= open.len() && line.trim() == ticks => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && !line.trim_start()[ticks.len()..].contains('`') => fence = Some(ticks),
            None => {
                let mut rest = line;
                while let Some(start) = rest.find('`') {
                    let (before, span) = rest.split_at(start);
                    let length = span.bytes().take_while(|byte| *byte == b'`').count();
                    let after = &span[length..];
                    // a span ends at as many ticks as it began with
                    let ends = |at: &usize| {
                        after.as_bytes()[*at..].iter().take_while(|byte| **byte == b'`').count() == length
                            && (*at == 0 || after.as_bytes()[at - 1] != b'`')
                    };
                    let end = (0..after.len()).find(ends).unwrap_or_else(|| panic!("a span does not end: {line}"));
                    out.push_str(before);
                    rest = &after[end + length..];
                }
                out.push_str(rest);
                out.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "every block ends");
    out
}

#[test]
fn markdown_escapes_hostile_names() {
    let report = evil_everywhere(EVIL);
    for full in [false, true] {
        let text = markdown::report(&report, &pages(), full);
        assert!(is_tame(&text));
        let bare = without_code(&text);
        assert!(!bare.contains(['<', '@', '[']) && !bare.contains("]("), "{bare}");
    }
    assert_eq!(without_code("a `<b>` c ``x`y`` d\n```sh\n<x>\n```\ne\n"), "a  c  d\ne\n");
}

#[test]
fn a_page_shows_the_proof() {
    for (report, name) in [(proved(), "proof_reached"), (missed(), "proof_missed")] {
        let page = html::page(&report, &html::About { causes: &[], version: "0.0.0", command: "why-differ" });
        parsed(&page);
        let (_, proof) = page.split_once("<section id=\"proof\"").expect("there is a section");
        let (proof, _) = proof.split_once("</section>").expect("it ends");
        insta::assert_snapshot!(name, proof);
        assert!(page.contains("<a href=\"#proof\">Proof</a>"), "the page leads to it");
    }
}

#[test]
fn markdown_of_a_proof() {
    for (report, name) in [(proved(), "markdown_proof_reached"), (missed(), "markdown_proof_missed")] {
        let text = markdown::report(&report, &[], false);
        let (_, proof) = text.split_once("## Proof\n").expect("there is a section");
        let (proof, _) = proof.split_once("\n## ").expect("others follow");
        insta::assert_snapshot!(name, proof);
    }
}

/// Headings in order, none skipped; sections, tables and pictures with names; every row and column with its heading.
#[test]
fn a_page_can_be_listened_to() {
    let pages = pages();
    let mut platforms = platforms();
    platforms.pairs[0].report = Some(proved());
    for report in [platforms, missed(), hostile(), rebuilt(), endless()] {
        let page = html::page(&report, &about(&pages));
        let document = parsed(&page);
        let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands once");
        let level = |name: &str| name.strip_prefix('h').and_then(|level| level.parse::<usize>().ok());
        let levels: Vec<usize> = document.descendants().filter_map(|node| level(node.tag_name().name())).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "a heading of level {} follows one of level {}", pair[1], pair[0]);
        }
        for node in document.descendants() {
            let child = |name: &str| node.children().any(|child| child.has_tag_name(name));
            match node.tag_name().name() {
                "section" => assert!(unique.contains(node.attribute("aria-labelledby").expect("sections have names"))),
                "svg" => {
                    assert!(child("title") && child("desc"));
                    for id in node.attribute("aria-labelledby").expect("pictures have names").split(' ') {
                        assert!(unique.contains(id), "{id}");
                    }
                }
                "th" => assert!(matches!(node.attribute("scope"), Some("row" | "col"))),
                "table" => assert!(child("caption"), "tables have captions"),
                "details" => assert!(child("summary")),
                "nav" => assert!(node.attribute("aria-label").is_some()),
                _ => {}
            }
        }
        for name in ["header", "nav", "main"] {
            assert_eq!(document.descendants().filter(|node| node.has_tag_name(name)).count(), 1, "{name}");
        }
    }
}

/// A report with as many differences as make a page long.
fn endless() -> Report {
    let mut report = rebuilt();
    report.findings[0].places =
        (0..100_000).map(|number| format!("layer 1: usr/share/doc/{number}/copyright")).collect();
    report.findings[0].evidence = (0..100_000)
        .map(|number| values(&number.to_string(), "mtime", Value::Number(number), Value::Number(number + 1), 1))
        .collect();
    report.findings[0].evidence_total = 100_000;
    report.unexplained = (0..100_000)
        .map(|number| unexplained(&number.to_string(), "x", Value::Number(number), Value::Absent))
        .collect();
    report
}

#[test]
fn a_hundred_thousand_differences_make_a_page_that_can_be_sent() {
    let report = endless();
    let pages = pages();
    let page = html::page(&report, &about(&pages));
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    assert!(page.contains("99,000 more are not on this page"));
    assert!(parsed(&page).descendants().filter(|node| node.has_tag_name("tr")).count() < 4_000);
    assert!(markdown::report(&report, &pages, false).len() < 64 << 10);
    let redacted: [String; 0] = [];
    assert!(bug_report::markdown(&report, &redacted, &pages, "0.0.0").len() < 64 << 10);
}

#[test]
fn every_report_makes_a_page() {
    let pages = pages();
    for report in [docker_and_ctr(), rebuilt(), hostile(), damaged(), unread(), platforms()] {
        parsed(&html::page(&report, &about(&pages)));
    }
}

/// What a maintainer reads, of a pair with secrets.
#[test]
fn a_bug_report() {
    let mut report = docker_and_ctr();
    let secret = "hunter2hunter2";
    report.sides.a.source = "OCI archive".to_owned();
    report.sides.b.reference = format!("docker://me:{secret}@registry.example/app:v1");
    let mut env =
        finding("config-env", Group::Build, &format!("config.Env[API_TOKEN] absent → API_TOKEN={secret}"), 1, Some(20));
    env.places_total = 1;
    env.evidence =
        vec![values("config", "Env[API_TOKEN]", Value::Absent, Value::text(format!("API_TOKEN={secret}")), 1)];
    env.evidence_total = 1;
    let mut labels =
        finding("config-labels", Group::Build, &format!("config.Labels.\"x.secret\" s3cr → {secret}"), 1, Some(0));
    labels.evidence = vec![values("config", "config.Labels.\"x.secret\"", Value::text("s3cr"), Value::text(secret), 1)];
    labels.evidence_total = 1;
    report.findings.extend([env, labels]);
    let config = format!(
        "{{\"config\":{{\"Env\":[\"API_TOKEN={secret}\"],\"Labels\":{{\"x.secret\":\"{secret}\"}}}},\"history\":[{{\"created_by\":\"RUN |1 NPM_TOKEN=abc /bin/sh -c curl https://u:{secret}@h/\"}}]}}"
    );
    report.exhibits.documents = vec![document("config", "{}", &config)];
    report.exhibits.headers = vec![HeaderExhibit {
        cause: Some("layer-compression"),
        place: "layer 1".to_owned(),
        kind: "gzip header",
        offset: Pair::new(Some(0), Some(0)),
        bytes: Pair::new(Some(vec![0x1f, 0x8b]), None),
        fields: vec![FieldExhibit {
            name: "MTIME".to_owned(),
            offset: Pair::new(4, 4),
            bytes: Pair::new(vec![0, 9, 0x6e, 0x88], vec![0; 4]),
            meaning: Pair::new("2288912640".to_owned(), "0".to_owned()),
        }],
    }];
    let piece = |name: &str, n: u8, unpacked: Option<&'static str>| Piece {
        name: name.to_owned(),
        place: Some(format!("blobs/sha256/{n}")),
        media_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
        digest: digest(n).expect("made"),
        payload: None,
        compression: unpacked,
        diff_id: digest(9).filter(|_| unpacked.is_some()),
    };
    let a = Obtained {
        origin: Origin::Archive { path: "corpus/wild/docker20-push.tar".to_owned() },
        pieces: vec![piece("manifest", 1, None), piece("config", 3, None), piece("layer 1", 4, Some("gzip"))],
    };
    let registry = Registry {
        name: "registry.example".to_owned(),
        host: "registry.example".to_owned(),
        repository: format!("app-{secret}"),
        reference: "v1".to_owned(),
        https: true,
        trusted: true,
        asks: false,
    };
    let b = Obtained {
        origin: Origin::Registry(registry),
        pieces: vec![piece("manifest", 2, None), piece("config", 3, None), piece("layer 1", 5, Some("none"))],
    };
    report.exhibits.obtained = Pair::new(a, b);
    let redacted = why_differ::redact::report(&mut report);
    let text = bug_report::markdown(&report, &redacted, &pages(), "0.0.0");
    let everything = format!(
        "{text}{report:?}{}",
        String::from_utf8_lossy(&report.exhibits.documents[0].sides.b.as_ref().expect("made").bytes)
    );
    for gone in [secret, "s3cr", "NPM_TOKEN=abc"] {
        assert!(!everything.contains(gone), "{gone} stands in {everything}");
    }
    insta::assert_snapshot!(text);
}

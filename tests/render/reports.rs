//! Reports made by hand, in the shapes that comparisons give.

use why_differ::digest::Digest;
use why_differ::pair::{Pair, Side};
use why_differ::report::*;

/// A digest that is recognised at a glance: `n` in every digit.
pub fn digest(n: u8) -> Option<Digest> {
    Some(Digest::Sha256([n * 0x11; 32]))
}

pub fn image(reference: &str, form: &str, top: u8, config: u8, layers: usize, size: u64) -> ImageSummary {
    ImageSummary {
        reference: reference.to_owned(),
        source: "dir".to_owned(),
        form: form.to_owned(),
        media_type: Some("application/vnd.docker.distribution.manifest.v2+json".to_owned()),
        digest: digest(top),
        size: Some(size),
        image_id: digest(config),
        platform: Some("linux/amd64".to_owned()),
        layers,
        transfer: None,
    }
}

pub fn finding(cause: &'static str, group: Group, title: &str, count: u64, size_effect: Option<i128>) -> Finding {
    Finding {
        cause,
        group,
        title: title.to_owned(),
        count,
        size_effect,
        certainty: Certainty::Observed,
        places: vec![],
        places_total: 0,
        evidence: vec![],
        evidence_total: 0,
        fixes: vec![],
    }
}

pub fn values(place: &str, field: &str, a: Value, b: Value, repeats: u64) -> Evidence {
    Evidence::Values { place: place.to_owned(), field: field.to_owned(), values: Pair::new(a, b), repeats }
}

pub fn fix(text: &str, command: Option<&str>) -> Fix {
    Fix { text: text.to_owned(), command: command.map(str::to_owned) }
}

pub fn unexplained(place: &str, field: &str, a: Value, b: Value) -> Unexplained {
    Unexplained { place: place.to_owned(), field: field.to_owned(), values: Pair::new(a, b) }
}

pub fn row(cause: &'static str, bytes: i128) -> LedgerRow {
    LedgerRow { causes: vec![cause], bytes }
}

/// A report of two images; what is compared further is put into its fields.
pub fn report(sameness: Option<Sameness>, a: ImageSummary, b: ImageSummary) -> Report {
    let sizes = Pair::new(a.size, b.size);
    Report {
        sides: Pair::new(a, b),
        sameness,
        size: SizeAccount { sides: sizes, ledger: vec![] },
        findings: vec![],
        ignored: vec![],
        unexplained: vec![],
        differences: 0,
        layers: vec![],
        pairs: vec![],
        trouble: vec![],
        proof: None,
        notes: vec![],
        spots: vec![],
        exhibits: Exhibits::default(),
        redacted: None,
    }
}

pub fn layer(
    position: usize,
    blobs: (u8, u8),
    compression: (&str, &str),
    sizes: (u64, u64),
    relation: &str,
) -> LayerRow {
    let one = |blob: u8, compression: &str, size: u64| LayerSummary {
        index: position - 1,
        media_type: Some("application/vnd.docker.image.rootfs.diff.tar.gzip".to_owned()),
        digest: digest(blob),
        size: Some(size),
        compression: Some(compression.to_owned()),
        diff_id: digest(9),
        diff_id_declared: digest(9),
        tar_size: Some(2_222_080),
        entries: Some(1_234),
        envelope: if compression == "gzip" {
            vec!["1 member, header: no mtime, no name, OS 255".to_owned()]
        } else {
            vec![]
        },
        encoder: None,
        blocks: vec![],
    };
    LayerRow {
        position: Pair::new(Some(position), Some(position)),
        layer: Pair::new(Some(one(blobs.0, compression.0, sizes.0)), Some(one(blobs.1, compression.1, sizes.1))),
        relation: relation.to_owned(),
    }
}

/// The question that started the project.
pub fn docker_and_ctr() -> Report {
    let mut report = report(
        Some(Sameness::SameImage),
        image("corpus/wild/docker20-push.tar", "Docker schema 2", 1, 3, 2, 2_212_415),
        image("corpus/wild/ctr16-push.tar", "Docker schema 2", 2, 3, 2, 4_236_200),
    );
    report.differences = 5;
    report.size.ledger = vec![row("layer-compression", 2_023_943), row("document-spelling", -158)];
    report.layers = vec![
        layer(1, (4, 5), ("gzip", "none"), (1_132_000, 2_222_080), "same diff ID, recomputed"),
        layer(2, (6, 7), ("gzip", "none"), (1_080_000, 2_013_000), "same diff ID, recomputed"),
    ];
    let mut compression =
        finding("layer-compression", Group::Encoding, "gzip → none in 2 of 2 layers", 2, Some(2_023_943));
    compression.places = vec!["layer 1".to_owned(), "layer 2".to_owned()];
    compression.places_total = 2;
    compression.evidence = vec![
        values("layer 1", "size", Value::text("1.08 MiB"), Value::text("2.12 MiB"), 1),
        values("layer 2", "size", Value::text("1.03 MiB"), Value::text("1.92 MiB"), 1),
        values(
            "manifest",
            "layers[0].mediaType",
            Value::text("application/vnd.docker.image.rootfs.diff.tar.gzip"),
            Value::text("application/vnd.docker.image.rootfs.diff.tar"),
            2,
        ),
    ];
    compression.evidence_total = 3;
    let recompress = "skopeo copy --dest-compress-format gzip dir:b dir:b-gzip";
    compression.fixes = vec![
        fix("to make b like a, compress its layers", Some(recompress)),
        fix("when pushing with containerd, let it compress: nerdctl push does so by default", None),
    ];
    let mut spelling = finding(
        "document-spelling",
        Group::Encoding,
        "manifest: indented by 3 spaces → one line; descriptor keys reordered",
        3,
        Some(-158),
    );
    spelling.evidence = vec![
        Evidence::Note(
            "Both parse to the same values; the bytes differ in white space and in the order of `size` and `digest`."
                .to_owned(),
        ),
        values("manifest", "whitespace", Value::text("3 spaces"), Value::text("none"), 1),
    ];
    spelling.evidence_total = 2;
    spelling.fixes = vec![fix("copying with one tool writes both manifests alike", Some(recompress))];
    report.findings = vec![compression, spelling];
    report
}

/// Two builds of one Dockerfile, with a very common difference.
pub fn rebuilt() -> Report {
    let mut report = report(
        Some(Sameness::SameContents),
        image("oci:build-1", "OCI index", 1, 3, 12, 97_517_568),
        image("oci:build-2", "OCI index", 2, 4, 12, 97_517_570),
    );
    report.differences = 100_003;
    report.size.ledger =
        vec![LedgerRow { causes: vec!["file-mtime", "entry-order"], bytes: 5 }, row("config-created", -3)];
    let mut times = finding("file-mtime", Group::Metadata, "later by 10 s to 2 min (another build)", 100_000, None);
    times.places = (0..10).map(|number| format!("layer 1: usr/share/doc/package-{number}/copyright")).collect();
    times.places_total = 100_000;
    times.evidence = vec![values(
        "usr/share/doc/package-0/copyright",
        "mtime",
        Value::text("2026-11-23T17:39:52Z"),
        Value::text("2026-11-23T17:40:02Z"),
        99_998,
    )];
    times.evidence_total = 3;
    times.fixes = vec![fix(
        "build both with the same date",
        Some("SOURCE_DATE_EPOCH=0 docker buildx build --output type=oci,dest=out.tar,rewrite-timestamp=true ."),
    )];
    let order = finding("entry-order", Group::Encoding, "directory order → sorted by name", 2, None);
    let created = finding("config-created", Group::Build, "2026-11-23T17:39:52Z → 2026-11-23T17:40:02Z", 1, Some(-3));
    report.findings = vec![times, order, created];
    report.notes = vec!["11 of 12 layers have the same digest and were not opened; --verify opens them.".to_owned()];
    report
}

/// Names and contents that would drive a terminal if they could, and differences without a cause.
pub fn hostile() -> Report {
    let mut a = image("a.tar", "Docker schema 2", 1, 3, 1, 10_000);
    a.reference = "a\u{1b}[2J\u{202e}rat.tar".to_owned();
    let mut report = report(Some(Sameness::Different), a, image("b.tar", "Docker schema 2", 2, 4, 1, 10_000));
    report.differences = 29;
    let mut edit = finding("text-edit", Group::Content, "1 line changed in 1 file", 1, Some(0));
    edit.places = vec!["etc/motd\u{1b}]0;owned\u{7}".to_owned()];
    edit.places_total = 1;
    edit.evidence = vec![Evidence::Lines {
        place: "etc/motd\u{1b}]0;owned\u{7}".to_owned(),
        lines: vec![(' ', b"Welcome".to_vec()), ('-', b"red \x1b[31mtext\xff".to_vec()), ('+', b"red text".to_vec())],
        more: 4,
    }];
    edit.evidence_total = 1;
    let mut names = finding("file-added", Group::Content, "3 files only in b", 3, Some(0));
    names.places = vec!["a\nb".to_owned(), "漢字/ファイル".to_owned(), "x".repeat(400)];
    names.places_total = 3;
    names.evidence = vec![
        values("link", "target", Value::Text(b"\xc3\x28".to_vec()), Value::Text(b"\\xc3(".to_vec()), 1),
        values("name", "", Value::text("a\nb"), Value::text("a\\nb"), 1),
        values(
            "config",
            "Env[3]",
            Value::text(format!("{}left", "k=v;".repeat(200))),
            Value::text(format!("{}right", "k=v;".repeat(200))),
            1,
        ),
        values("blob", "", Value::text(digest(1).expect("made").to_string()), Value::Absent, 1),
    ];
    names.evidence_total = 4;
    report.findings = vec![names, edit];
    report.unexplained = (0..25)
        .map(|number| {
            unexplained(
                "layer 1",
                &format!("entry {number} byte 345"),
                Value::Number(i128::from(number)),
                Value::Json("{\"x\": \"\u{9b}31m\"}".to_owned()),
            )
        })
        .collect();
    report
}

/// One layer of a damaged image could be read.
pub fn damaged() -> Report {
    let mut report = docker_and_ctr();
    report.sameness = None;
    report.size = SizeAccount { sides: Pair::new(Some(2_212_415), None), ledger: vec![] };
    report.sides.b.size = None;
    report.findings.truncate(1);
    report.findings[0].fixes.clear();
    report.differences = 1;
    report.trouble = vec![
        Trouble {
            side: Some(Side::B),
            cause: Some("blob-digest-mismatch"),
            message: format!(
                "layer 2: the blob hashes to {}, not to the {} that the manifest names",
                digest(8).expect("made"),
                digest(7).expect("made")
            ),
        },
        Trouble { side: None, cause: None, message: "stopped after 1 of 2 layers".to_owned() },
    ];
    report
}

pub fn unread() -> Report {
    let side = |reference: &str| ImageSummary { reference: reference.to_owned(), ..ImageSummary::default() };
    let mut report = report(None, side("missing.tar"), side("b.tar"));
    report.trouble = vec![Trouble {
        side: Some(Side::A),
        cause: None,
        message: "missing.tar: no such file or directory".to_owned(),
    }];
    report
}

pub fn platforms() -> Report {
    let index = |reference: &str, top: u8, size: u64| {
        let mut image = image(reference, "OCI index", top, 0, 0, size);
        image.image_id = None;
        image.platform = None;
        image
    };
    let mut report = report(None, index("oci:a", 1, 6_000_000), index("oci:b", 2, 8_023_785));
    report.differences = 1;
    let mut set = finding("platform-set", Group::Encoding, "linux/s390x only in b", 1, Some(500));
    set.fixes = vec![fix("build both for the same platforms", None)];
    report.findings = vec![set];
    let mut damaged = damaged();
    damaged.notes = vec!["linux/riscv64 is not checked further".to_owned()];
    let same = image("oci:a", "OCI manifest", 6, 6, 2, 100);
    let pair = |platform: &str, report: Option<Report>, only: Option<Side>| PlatformReport {
        platform: platform.to_owned(),
        report,
        only,
    };
    report.pairs = vec![
        pair("linux/amd64", Some(docker_and_ctr()), None),
        pair("linux/arm64/v8", Some(self::report(Some(Sameness::SameDigest), same.clone(), same)), None),
        pair("linux/riscv64", Some(damaged), None),
        pair("linux/s390x", None, Some(Side::B)),
    ];
    report
}

pub fn inspection() -> Inspection {
    let rows = docker_and_ctr().layers;
    let mut mislabelled =
        finding("media-type-mismatch", Group::Integrity, "declared gzip, bytes are a plain tar", 1, None);
    mislabelled.places = vec!["layer 2".to_owned()];
    mislabelled.places_total = 1;
    let mut layers: Vec<LayerSummary> = rows.into_iter().filter_map(|row| row.layer.a).collect();
    layers[1].diff_id_declared = digest(8);
    layers.push(LayerSummary { index: 2, digest: digest(5), size: Some(32), ..LayerSummary::default() });
    let document = |kind: &str, n: u8, size: u64, spelling: &str| DocumentSummary {
        kind: kind.to_owned(),
        media_type: Some(format!("application/vnd.oci.image.{kind}.v1+json")),
        digest: digest(n).expect("made"),
        size,
        spelling: spelling.to_owned(),
    };
    let platform = |platform: &str, n: u8, chosen: bool| PlatformSummary {
        platform: platform.to_owned(),
        digest: digest(n),
        chosen,
    };
    Inspection {
        image: image("oci:build", "OCI index", 1, 3, 3, 2_212_415),
        documents: vec![
            document("index", 1, 856, "one line"),
            document("manifest", 2, 10_947, "indented by 3 spaces"),
            document("config", 3, 1_470, "one line"),
        ],
        platforms: vec![platform("linux/amd64", 2, true), platform("attestation of linux/amd64", 7, false)],
        layers,
        findings: vec![mislabelled],
        trouble: vec![],
        notes: vec!["layer 3 is foreign and was not read".to_owned()],
    }
}

/// A proof that reached b, with bytes that only b has.
pub fn proved() -> Report {
    let mut report = docker_and_ctr();
    let step = |place: &str, cause: Option<&'static str>, n: u8, size: u64, rebuilt: bool| ProofStep {
        place: place.to_owned(),
        cause,
        digest: digest(n),
        size: Some(size),
        rebuilt,
    };
    report.proof = Some(Proof {
        complete: true,
        causes: 2,
        steps: vec![
            step("layer 1", None, 4, 1_132_000, true),
            step("layer 1", Some("layer-compression"), 5, 2_222_080, true),
            step("manifest", None, 1, 947, true),
            step("manifest", Some("layer-compression"), 8, 898, true),
            step("manifest", Some("document-spelling"), 2, 740, true),
        ],
        taken: vec![TakenFromB { place: "layer 2: etc/motd".to_owned(), what: "contents", bytes: 12 }],
        wanted: digest(2),
        ..Proof::default()
    });
    report
}

/// A proof that missed the manifest, with a layer that could not be rebuilt.
pub fn missed() -> Report {
    let mut report = proved();
    if let Some(proof) = &mut report.proof {
        proof.complete = false;
        proof.steps[1].rebuilt = false;
        proof.missed = vec![
            Missed { place: "manifest".to_owned(), reached: digest(2), wanted: digest(7) },
            Missed { place: "layer 3, uncompressed".to_owned(), reached: None, wanted: digest(9) },
        ];
        proof.not_proved = vec!["layer 1: nobody known here writes these bytes".to_owned()];
    }
    report
}

/// A report in which every string that may be foreign is `evil`.
pub fn evil_everywhere(evil: &str) -> Report {
    let mut report = hostile();
    report.sides.a.reference = evil.to_owned();
    report.sides.a.source = evil.to_owned();
    report.sides.a.media_type = Some(evil.to_owned());
    report.sides.b.form = evil.to_owned();
    report.sides.b.platform = Some(evil.to_owned());
    report.notes = vec![evil.to_owned()];
    report.trouble = vec![Trouble { side: None, cause: None, message: evil.to_owned() }];
    report.unexplained[0] = unexplained(evil, evil, Value::text(evil), Value::Json(evil.to_owned()));
    let finding = &mut report.findings[0];
    finding.title = evil.to_owned();
    finding.places = vec![evil.to_owned(); 3];
    finding.places_total = 3;
    finding.evidence = vec![
        values(evil, evil, Value::text(evil), Value::Json(evil.to_owned()), 1),
        Evidence::Note(evil.to_owned()),
        Evidence::Layer { place: evil.to_owned(), size: Pair::new(Some(1), None), diff_id: Pair::new(None, None) },
        Evidence::Lines { place: evil.to_owned(), lines: vec![('-', evil.into()), ('+', vec![0xff, 0x1b])], more: 1 },
    ];
    finding.evidence_total = 4;
    finding.fixes = vec![fix(evil, Some(evil))];
    let mut layer = layer(1, (4, 5), ("gzip", "none"), (1, 2), evil);
    if let Some(summary) = &mut layer.layer.a {
        summary.media_type = Some(evil.to_owned());
        summary.compression = Some(evil.to_owned());
        summary.envelope = vec![evil.to_owned()];
    }
    report.layers = vec![layer];
    let mut proof = missed().proof.expect("made");
    for step in &mut proof.steps {
        step.place = evil.to_owned();
    }
    proof.taken[0].place = evil.to_owned();
    proof.missed[0].place = evil.to_owned();
    proof.not_proved = vec![evil.to_owned()];
    report.proof = Some(proof);
    Report {
        pairs: vec![PlatformReport { platform: evil.to_owned(), report: Some(report.clone()), only: None }],
        ..report
    }
}

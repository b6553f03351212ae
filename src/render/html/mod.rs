//! The report as one page to send: no network, no script from elsewhere, works from a file.
//!
//! The page is well-formed XML as well as HTML, so that a test can read it back. Its length is
//! bounded: long lists are cut at a thousand rows, and say so. Nothing is shown by colour or by
//! script alone; the script only filters tables and opens what is printed.

mod documents;
mod findings;
mod layers;
mod proof;
mod prose;
mod table;
mod tree;
mod waterfall;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::View;
use super::explain::Entry;
use super::markup::escaped;
use super::text;
use crate::pair::Side;
use crate::report::{ImageSummary, Report, Sameness};
use crate::text::{signed_size, size};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Where on the page a comparison is told: its anchors, and how deep its headings are.
#[derive(Debug, Clone, Copy)]
struct At<'p> {
    /// In front of every anchor, so that several comparisons keep apart.
    prefix: &'p str,
    /// The level of its sections' headings.
    level: usize,
}

/// The page's own sections.
const PAGE: At<'static> = At { prefix: "", level: 2 };

impl At<'_> {
    /// The beginning of a section that is called by its heading.
    fn section(&self, id: &str, words: &str) -> String {
        let At { prefix, level } = self;
        format!(
            "<section id=\"{prefix}{id}\" aria-labelledby=\"{prefix}{id}-h\">\n<h{level} id=\"{prefix}{id}-h\">{words}</h{level}>\n"
        )
    }

    /// A heading one level below the section's.
    fn heading(&self, inside: &str) -> String {
        let below = self.level + 1;
        format!("<h{below}>{inside}</h{below}>")
    }
}

/// What the page needs besides the report.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// All causes with their pages.
    pub causes: &'a [Entry<'a>],
    /// The program's version.
    pub version: &'a str,
    /// The command that made the report.
    pub command: &'a str,
}

/// The page.
pub fn page(report: &Report, about: &About<'_>) -> String {
    let headline = text::headline(report);
    let names = format!("{} and {}", name(&report.sides.a), name(&report.sides.b));
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{hash}'\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<p class=\"tool\">why-differ</p>\n\
         <h1 class=\"{}\">{}</h1>\n<p>{}</p>\n</header>\n",
        escaped(headline),
        escaped(&names),
        class(report.sameness),
        escaped(headline),
        escaped(&text::sentence(report))
    );
    out.push_str(&contents(report));
    out.push_str("<main id=\"main\">\n");
    out.push_str(&images(report));
    sections(&mut out, report, about, PAGE);
    for (number, pair) in report.pairs.iter().enumerate() {
        let prefix = format!("p{}-", number + 1);
        out.push_str(&At { prefix: &prefix, level: 2 }.section("platform", &escaped(&pair.platform)));
        match (&pair.report, pair.only) {
            (Some(inner), _) => {
                let (word, class) = (text::headline(inner), class(inner.sameness));
                let sentence = escaped(&text::sentence(inner));
                out.push_str(&format!("<p class=\"verdict {class}\">{word}</p>\n<p>{sentence}</p>\n"));
                out.push_str(&images(inner));
                sections(&mut out, inner, about, At { prefix: &prefix, level: 3 });
            }
            (None, only) => {
                let only = only.map_or("one side", Side::name);
                out.push_str(&format!("<p>Only {only} has this platform.</p>\n"));
            }
        }
        out.push_str("</section>\n");
    }
    out.push_str(&fixes(report));
    out.push_str(&again(report, about));
    out.push_str(&format!("</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"));
    out
}

/// What is said of each comparison.
fn sections(out: &mut String, report: &Report, about: &About<'_>, at: At<'_>) {
    for trouble in &report.trouble {
        let side = trouble.side.map(|side| format!("{}: ", side.name())).unwrap_or_default();
        out.push_str(&format!("<p class=\"trouble\" role=\"alert\">{side}{}</p>\n", escaped(&trouble.message)));
    }
    out.push_str(&tree::section(report, at));
    out.push_str(&waterfall::section(report, at));
    out.push_str(&findings::section(report, about.causes, at));
    out.push_str(&layers::section(report, at));
    out.push_str(&documents::section(report, at));
    out.push_str(&proof::section(report, at));
    if !report.notes.is_empty() {
        let notes: String = report.notes.iter().map(|note| format!("<li>{}</li>\n", escaped(note))).collect();
        out.push_str(&format!("{}<ul>\n{notes}</ul>\n</section>\n", at.section("remarks", "Remarks")));
    }
}

/// Where to go on the page.
fn contents(report: &Report) -> String {
    let mut links = Vec::new();
    if tree::is_drawn(report) {
        links.push(("tree", "Where they part"));
    }
    if waterfall::is_drawn(report) {
        links.push(("size", "Size"));
    }
    if !report.findings.is_empty() || !report.unexplained.is_empty() {
        links.push(("why", "Why"));
    }
    if !report.layers.is_empty() {
        links.push(("layers", "Layers"));
    }
    if !report.exhibits.documents.is_empty() {
        links.push(("documents", "Documents"));
    }
    if report.proof.is_some() {
        links.push(("proof", "Proof"));
    }
    if !text::ways(report).is_empty() {
        links.push(("fix", "How to fix it"));
    }
    links.push(("again", "This report"));
    let mut out = String::from("<nav aria-label=\"On this page\">\n<ul>\n");
    for (anchor, words) in links {
        out.push_str(&format!("<li><a href=\"#{anchor}\">{words}</a></li>\n"));
    }
    for (number, pair) in report.pairs.iter().enumerate() {
        let name = escaped(&pair.platform);
        out.push_str(&format!("<li><a href=\"#p{}-platform\">{name}</a></li>\n", number + 1));
    }
    out.push_str("</ul>\n</nav>\n");
    out
}

/// Both images in a few facts.
fn images(report: &Report) -> String {
    let difference = report.size.difference().filter(|bytes| *bytes != 0);
    let row = |label: &str, values: [String; 2]| {
        if values.iter().all(String::is_empty) {
            return String::new();
        }
        format!("<tr><th scope=\"row\">{label}</th><td>{}</td><td>{}</td></tr>\n", values[0], values[1])
    };
    let both = |fact: &dyn Fn(&ImageSummary) -> String| [fact(&report.sides.a), fact(&report.sides.b)];
    let mono = |text: String| if text.is_empty() { text } else { format!("<code>{}</code>", escaped(&text)) };
    let digest = |digest: Option<crate::digest::Digest>| mono(digest.map(|own| own.to_string()).unwrap_or_default());
    let mut sizes = both(&|image| image.size.map(size).unwrap_or_default());
    if let Some(bytes) = difference {
        sizes[1].push_str(&format!(" ({})", signed_size(bytes)));
    }
    let mut out = String::from(
        "<div class=\"wide\"><table class=\"facts\">\n<caption class=\"hidden\">The two images</caption>\n<thead>\
         <tr><td></td><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\n<tbody>\n",
    );
    out.push_str(&row("image", both(&|image| mono(image.reference.clone()))));
    out.push_str(&row("read from", both(&|image| escaped(&image.source))));
    out.push_str(&row("form", both(&|image| escaped(&image.form))));
    out.push_str(&row("digest", both(&|image| digest(image.digest))));
    out.push_str(&row("image ID", both(&|image| digest(image.image_id))));
    out.push_str(&row("platform", both(&|image| escaped(image.platform.as_deref().unwrap_or_default()))));
    out.push_str(&row(
        "layers",
        both(&|image| if image.layers == 0 { String::new() } else { image.layers.to_string() }),
    ));
    out.push_str(&row("size", sizes));
    out.push_str("</tbody>\n</table></div>\n");
    out
}

/// Everything that can be done, each command once.
fn fixes(report: &Report) -> String {
    let ways = text::ways(report);
    if ways.is_empty() {
        return String::new();
    }
    let mut out = PAGE.section("fix", "How to fix it");
    for group in ways.chunk_by(|way, next| way.causes == next.causes) {
        let causes = group.first().map(|way| way.causes.iter().map(|cause| format!("<code>{cause}</code>")));
        out.push_str(&PAGE.heading(&causes.into_iter().flatten().collect::<Vec<_>>().join(", ")));
        out.push_str("\n<ul class=\"ways\">\n");
        for way in group {
            out.push_str(&format!("<li>{}", with_code(&way.fix.text)));
            if let Some(command) = &way.fix.command {
                out.push_str(&pre(command));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
    out
}

/// Text in which what stands in backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let one = |(number, part): (usize, &&str)| match number % 2 {
        1 => format!("<code>{}</code>", escaped(part)),
        _ => escaped(part),
    };
    parts.iter().enumerate().map(one).collect()
}

/// How the report was made.
fn again(report: &Report, about: &About<'_>) -> String {
    format!(
        "{}<p>{}</p>\n<p>Made by why-differ {}. To make it again:</p>\n{}</section>\n",
        PAGE.section("again", "This report"),
        escaped(&text::count(report)),
        escaped(about.version),
        pre(about.command)
    )
}

/// Lines as they are.
fn pre(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escaped).collect();
    format!("<pre tabindex=\"0\">{}</pre>\n", lines.join("\n"))
}

/// A reference without the folders in front.
fn name(image: &ImageSummary) -> &str {
    image.reference.rsplit('/').next().unwrap_or_default()
}

/// The colour that repeats the headline.
fn class(sameness: Option<Sameness>) -> &'static str {
    match sameness {
        Some(Sameness::SameDigest | Sameness::SameImage) => "good",
        Some(Sameness::SameLayers | Sameness::SameFiles | Sameness::SameContents) => "notable",
        Some(Sameness::Different) | None => "bad",
    }
}

/// The plain view of values: nothing shortened but what is very long.
fn view() -> View {
    View { detail: super::Detail::Everything, ..View::default() }
}

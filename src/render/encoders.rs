//! The table of encoder classes.

use serde::Serialize;

use super::View;
use super::json::SCHEMA;
use super::page::{Ink, Page, para};
use crate::report::EncoderClass;
use crate::text::{runs, size};

/// The table as text.
pub fn text(classes: &[EncoderClass], view: &View) -> String {
    let mut page = Page::new(view);
    let mut provable: Vec<&EncoderClass> = classes.iter().filter(|class| class.provable).collect();
    let group = |class: &EncoderClass| (class.title, class.first_bytes_apart);
    // The table is in order of use, in which a family may come twice.
    provable.sort_by_key(|class| classes.iter().position(|first| group(first) == group(class)));
    for family in provable.chunk_by(|a, b| group(a) == group(b)) {
        let apart = if family[0].first_bytes_apart { ", the first 8 bytes apart" } else { "" };
        page.heading(&format!("{}{apart} ({})", family[0].title, family[0].family));
        let everywhere = of_any_release(family);
        producers(&mut page, "  ", &everywhere);
        for class in family {
            page.para(para("  ", &levels(class)).label(class.versions).hang(6));
            let own: Vec<_> = (class.producers.iter().copied()).filter(|known| !everywhere.contains(known)).collect();
            producers(&mut page, "      ", &own);
        }
    }
    page.heading("Known by the structure of their streams only");
    for class in classes.iter().filter(|class| !class.provable) {
        let versions = Some(class.versions).filter(|versions| !versions.is_empty());
        let versions = versions.map(|versions| format!(": {versions}")).unwrap_or_default();
        page.line(Ink::Plain, &format!("  {} ({}){versions}", class.title, class.family));
    }
    page.gap();
    page.para(para(
        "",
        "One line is one class: these releases write the same bytes at these levels. A layer is named by writing it \
         again; `why-differ inspect --prove IMAGE` does so to the end of every layer.",
    ));
    page.finish()
}

fn producers(page: &mut Page, indent: &str, producers: &[(i64, &'static str)]) {
    for (level, name) in producers {
        page.para(para(format!("{indent}level {level}: "), name).ink(Ink::Faint));
    }
}

/// The tools at several classes of a family, and at all that have their level: which release they use is not known.
fn of_any_release(family: &[&EncoderClass]) -> Vec<(i64, &'static str)> {
    let is_everywhere = |known: &(i64, &'static str)| {
        let of_level = || family.iter().filter(|class| class.levels.contains(&known.0));
        of_level().count() > 1 && of_level().all(|class| class.producers.contains(known))
    };
    let mut found: Vec<(i64, &'static str)> = Vec::new();
    for &known in family.iter().flat_map(|class| &class.producers).filter(|known| is_everywhere(known)) {
        if !found.contains(&known) {
            found.push(known);
        }
    }
    found.sort_by_key(|&(level, _)| level);
    found
}

/// `level 6`, `levels 1 to 5, 7 and 8`; and for which tars, where not for all.
fn levels(class: &EncoderClass) -> String {
    let word = if class.levels.len() == 1 { "level" } else { "levels" };
    let tars = match class.tar_sizes {
        None => String::new(),
        Some((0, below)) => below.map(|below| format!(", tars below {}", size(below))).unwrap_or_default(),
        Some((from, None)) => format!(", tars of {} and more", size(from)),
        Some((from, Some(below))) => format!(", tars of {} to less than {}", size(from), size(below)),
    };
    format!("{word} {}{tars}", runs(&class.levels, "and"))
}

#[derive(Serialize)]
struct Table<'r> {
    schema: u32,
    encoders: Vec<Row<'r>>,
}

#[derive(Serialize)]
struct Row<'r> {
    family: &'r str,
    title: &'r str,
    versions: Option<&'r str>,
    levels: &'r [i64],
    #[serde(skip_serializing_if = "Option::is_none")]
    tar_sizes: Option<Sizes>,
    first_bytes_apart: bool,
    provable: bool,
    producers: Vec<Producer<'r>>,
}

/// Sizes of tars in bytes: from, and below.
#[derive(Serialize)]
struct Sizes {
    from: u64,
    below: Option<u64>,
}

impl<'r> Row<'r> {
    fn of(class: &'r EncoderClass) -> Self {
        Row {
            family: class.family,
            title: class.title,
            versions: Some(class.versions).filter(|versions| !versions.is_empty()),
            levels: &class.levels,
            tar_sizes: class.tar_sizes.map(|(from, below)| Sizes { from, below }),
            first_bytes_apart: class.first_bytes_apart,
            provable: class.provable,
            producers: class.producers.iter().map(|&(level, name)| Producer { level, name }).collect(),
        }
    }
}

#[derive(Serialize)]
struct Producer<'r> {
    level: i64,
    name: &'r str,
}

/// The table as JSON, ending in a newline.
pub fn json(classes: &[EncoderClass]) -> String {
    let table = Table { schema: SCHEMA, encoders: classes.iter().map(Row::of).collect() };
    super::json::written(&table)
}

#[cfg(test)]
mod tests {
    use super::{of_any_release, text};
    use crate::render::View;
    use crate::report::EncoderClass;

    #[test]
    fn levels_are_told_in_runs() {
        let of = |levels: &[i64], tar_sizes| {
            super::levels(&EncoderClass { levels: levels.to_vec(), tar_sizes, ..EncoderClass::default() })
        };
        assert_eq!(of(&[6], None), "level 6");
        assert_eq!(of(&[1, 2, 3, 4, 5, 7, 8], None), "levels 1 to 5, 7 and 8");
        assert_eq!(of(&[1], Some((0, Some(1 << 30)))), "level 1, tars below 1.00 GiB");
        assert_eq!(of(&[1], Some((1 << 30, None))), "level 1, tars of 1.00 GiB and more");
    }

    #[test]
    fn tools_at_all_releases_stand_once() {
        let class = |versions, levels: &[i64], producers: &[(i64, &'static str)]| EncoderClass {
            family: "zlib",
            title: "zlib",
            versions,
            levels: levels.to_vec(),
            provable: true,
            producers: producers.to_vec(),
            ..EncoderClass::default()
        };
        let new = class("≥ 2", &[1, 2, 3], &[(2, "all"), (1, "new"), (3, "lone")]);
        let old = class("1", &[1, 2], &[(2, "all"), (1, "old")]);
        assert_eq!(of_any_release(&[&new, &old]), [(2, "all")]);
        let apart = EncoderClass { first_bytes_apart: true, ..class("1", &[1], &[]) };
        let page = text(&[new, apart, old], &View::default());
        let lines: Vec<&str> = page.lines().take_while(|line| !line.starts_with("Known")).collect();
        let wanted = "zlib (zlib)|  level 2: all|  ≥ 2  levels 1 to 3|      level 1: new|      level 3: lone|  1  levels 1 and 2\
                      |      level 1: old||zlib, the first 8 bytes apart (zlib)|  1  level 1|";
        assert_eq!(lines.join("|"), wanted);
    }
}

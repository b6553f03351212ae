//! The table of encoder classes.

use serde::Serialize;

use super::View;
use super::json::SCHEMA;
use super::page::{Ink, Page, para};
use crate::report::EncoderClass;

/// The table as text.
pub fn text(classes: &[EncoderClass], view: &View) -> String {
    let mut page = Page::new(view);
    let mut last = "";
    let mut provable: Vec<&EncoderClass> = classes.iter().filter(|class| class.provable).collect();
    // The table is in order of use, in which a family may come twice.
    provable.sort_by_key(|class| classes.iter().position(|first| first.title == class.title));
    for class in provable {
        if class.title != last {
            page.heading(&format!("{} ({})", class.title, class.family));
            last = class.title;
        }
        let levels = levels(&class.levels);
        page.para(para("  ", &levels).label(class.versions).hang(6));
        for (level, name) in &class.producers {
            page.para(para(format!("      level {level}: "), name).ink(Ink::Faint));
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

/// `level 6`, `levels 1 to 9`, `levels 1 to 5, 7 and 8`.
fn levels(levels: &[i64]) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &level in levels {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == level => *last = level,
            _ => runs.push((level, level)),
        }
    }
    let words: Vec<String> = runs
        .iter()
        .flat_map(|&(first, last)| match last - first {
            0 => vec![first.to_string()],
            1 => vec![first.to_string(), last.to_string()],
            _ => vec![format!("{first} to {last}")],
        })
        .collect();
    let words = match &words[..] {
        [] => String::new(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    };
    format!("{} {words}", if levels.len() == 1 { "level" } else { "levels" })
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
    provable: bool,
    producers: Vec<Producer<'r>>,
}

impl<'r> Row<'r> {
    fn of(class: &'r EncoderClass) -> Self {
        Row {
            family: class.family,
            title: class.title,
            versions: Some(class.versions).filter(|versions| !versions.is_empty()),
            levels: &class.levels,
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
    use super::levels;

    #[test]
    fn levels_are_told_in_runs() {
        assert_eq!(levels(&[6]), "level 6");
        assert_eq!(levels(&[-2, 0, 1, 2, 3]), "levels -2 and 0 to 3");
        assert_eq!(levels(&[1, 2, 3, 4, 5, 7, 8]), "levels 1 to 5, 7 and 8");
    }
}

//! `file-xattrs`: the same files have other extended attributes.

use super::prelude::*;

/// The cause `file-xattrs`.
pub const CAUSE: Cause = Cause {
    code: "file-xattrs",
    group: Group::Metadata,
    page: include_str!("../pages/file-xattrs.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Xattr(_)),
    title: |context, deltas| format!("{}: {}", files_in(context, deltas), xattr_names(deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "build both on file systems that keep extended attributes (security.capability is lost on some), with the same builder",
        )]
    },
};

fn xattr_names(deltas: &[&Delta]) -> String {
    let mut names: Vec<String> = deltas.iter().map(|delta| field_name(&delta.field)).collect();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let mut list = names.join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    }
    list
}

//! How one side's few lines change the common ground: tables merge key by key, everything else is replaced.
//! Also what two cases would both like to change. It refuses to merge lists: what cases override is keyed.

use std::collections::BTreeSet;
use toml::{Table, Value};

pub fn merged(under: &Table, over: &Table) -> Table {
    let mut out = under.clone();
    merge_into(&mut out, over);
    out
}

pub fn merge_into(under: &mut Table, over: &Table) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Table(mine)), Value::Table(theirs)) => merge_into(mine, theirs),
            _ => drop(under.insert(key.clone(), value.clone())),
        }
    }
}

/// The paths of all leaves, as lists of keys.
pub fn leaves(table: &Table) -> BTreeSet<Vec<String>> {
    let mut out = BTreeSet::new();
    walk(table, &mut Vec::new(), &mut out);
    out
}

fn walk(table: &Table, path: &mut Vec<String>, out: &mut BTreeSet<Vec<String>>) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            Value::Table(inner) if !inner.is_empty() => walk(inner, path, out),
            _ => drop(out.insert(path.clone())),
        }
        path.pop();
    }
}

/// Whether one table says something at, above or below a place where the other does.
pub fn touch(left: &Table, right: &Table) -> bool {
    let right = leaves(right);
    leaves(left).iter().any(|mine| right.iter().any(|theirs| mine.starts_with(theirs) || theirs.starts_with(mine)))
}

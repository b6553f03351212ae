//! `package-database`: the package manager's database differs: dpkg, apk or rpm.

use super::prelude::*;

/// The cause `package-database`.
pub const CAUSE: Cause = Cause {
    code: "package-database",
    group: Group::Content,
    page: include_str!("../pages/package-database.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Content) && entry_path(delta).is_some_and(is_package_database),
    title: |context, deltas| format!("{}: the package manager's own records", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("install the same versions from a dated snapshot, in one step, and remove caches in that step"),
            command("Debian", "apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache"),
        ]
    },
};

/// Where dpkg, apk, rpm and pacman keep their records.
fn is_package_database(path: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 10] = [
        b"var/lib/dpkg/",
        b"var/lib/apt/",
        b"var/cache/apt/",
        b"var/cache/debconf/",
        b"lib/apk/",
        b"usr/lib/apk/",
        b"var/lib/rpm/",
        b"usr/lib/sysimage/rpm/",
        b"var/lib/dnf/",
        b"var/lib/pacman/",
    ];
    FOLDERS.iter().any(|folder| path.starts_with(folder))
}

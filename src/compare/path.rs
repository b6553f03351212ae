//! Paths in layers: one form for all spellings, and what names mean to an overlay.
//!
//! Whiteouts after OCI image-spec `layer.md`: `.wh.NAME` hides NAME of lower layers,
//! `.wh..wh..opq` hides everything that lower layers have in its directory.

/// The prefix of a whiteout's file name.
pub const WHITEOUT: &[u8] = b".wh.";
/// The file name of an opaque whiteout.
pub const OPAQUE: &[u8] = b".wh..wh..opq";
/// The prefix of names that aufs keeps for itself (`.wh..wh.plnk`, `.wh..wh.aufs`).
const AUFS: &[u8] = b".wh..wh.";

/// The one form of a path that is compared: no leading or trailing slash, no `.` components. `..`
/// stays, since nothing is ever unpacked. The root is the empty path.
pub fn normal(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for part in path.split(|&byte| byte == b'/') {
        if part.is_empty() || part == b"." {
            continue;
        }
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend_from_slice(part);
    }
    out
}

/// Directory and file name of a normal path.
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}

/// Whether `path` lies below `directory` (both normal).
pub fn is_below(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() && !path.is_empty()
        || path.len() > directory.len() && path.starts_with(directory) && path[directory.len()] == b'/'
}

/// What a name means to an overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A file of this layer.
    File,
    /// Hides that path of lower layers.
    Whiteout(Vec<u8>),
    /// Hides what lower layers have in that directory.
    Opaque(Vec<u8>),
    /// aufs' own bookkeeping: no file, hides nothing.
    Bookkeeping,
}

/// What the normal path `path` means.
pub fn meaning(path: &[u8]) -> Meaning {
    let (directory, name) = split(path);
    if name == OPAQUE {
        return Meaning::Opaque(directory.to_vec());
    }
    if name.starts_with(AUFS) {
        return Meaning::Bookkeeping;
    }
    match name.strip_prefix(WHITEOUT) {
        Some(hidden) if !hidden.is_empty() => {
            let mut target = directory.to_vec();
            if !target.is_empty() {
                target.push(b'/');
            }
            target.extend_from_slice(hidden);
            Meaning::Whiteout(target)
        }
        _ => Meaning::File,
    }
}

/// Whether the normal path is a whiteout of either kind.
pub fn is_whiteout(path: &[u8]) -> bool {
    !matches!(meaning(path), Meaning::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_spellings() {
        for (spelt, form) in
            [("./etc/passwd", "etc/passwd"), ("/etc//x/", "etc/x"), ("./", ""), ("a/./b", "a/b"), ("../x", "../x")]
        {
            assert_eq!(normal(spelt.as_bytes()), form.as_bytes(), "{spelt}");
        }
        assert!(is_below(b"etc/x", b"etc") && !is_below(b"etcx", b"etc") && is_below(b"x", b""));
    }

    #[test]
    fn whiteouts_name_what_they_hide() {
        assert_eq!(meaning(b"a/.wh.b"), Meaning::Whiteout(b"a/b".to_vec()));
        assert_eq!(meaning(b".wh.b"), Meaning::Whiteout(b"b".to_vec()));
        assert_eq!(meaning(b"a/.wh..wh..opq"), Meaning::Opaque(b"a".to_vec()));
        assert_eq!(meaning(b".wh..wh.plnk"), Meaning::Bookkeeping);
        assert_eq!(meaning(b"a/.wh."), Meaning::File);
    }
}

//! Tars that real tools make at test time of one small tree of files, and Python's reading of them.
//!
//! Shares nothing with the reader under test. A tool that is not installed is named, not ignored.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

/// One tar and how it was made.
pub struct Made {
    /// The command, shortened.
    pub name: String,
    /// The stream.
    pub bytes: Vec<u8>,
}

/// What all tests of a binary share.
pub struct Lab {
    /// One tar per tool and format.
    pub tars: Vec<Made>,
    /// SHA-256 of every regular file of the tree, in hexadecimal, by its path without `./`.
    pub digests: BTreeMap<Vec<u8>, String>,
    /// Whether the file system took `user.why` = `because\n\0`, `\xff` on `xattr`.
    pub xattrs: bool,
}

/// The value of the extended attribute `user.why` of the file `xattr`.
pub const XATTR: &[u8] = b"because\n\0\xff";

/// The tars, made once.
pub fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let root = tempfile::tempdir().expect("a temporary folder");
        let tree = root.path().join("tree");
        let (digests, xattrs) = plant(&tree);
        let mut tars = Vec::new();
        gnu_tar(&tree, root.path(), &mut tars);
        bsdtar(&tree, &mut tars);
        python(&tree, &mut tars);
        go(&tree, root.path(), &mut tars);
        busybox(&tree, &mut tars);
        assert!(!tars.is_empty(), "no tool that makes tars is installed");
        Lab { tars, digests, xattrs }
    })
}

/// Files of every kind that the formats spell in different ways.
fn plant(tree: &Path) -> (BTreeMap<Vec<u8>, String>, bool) {
    let long = "n".repeat(100);
    let deep = format!("{}/{}/{}", "d".repeat(90), "e".repeat(90), "f".repeat(90));
    let mut files: Vec<(OsString, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("one".into(), vec![b'1']),
        ("block".into(), vec![b'b'; 512]),
        ("more".into(), (0..=255).cycle().take(5_000).collect()),
        ("xattr".into(), b"x".to_vec()),
        (long.clone().into(), b"a name of exactly 100 bytes".to_vec()),
        (format!("{long}101").into(), b"a longer one".to_vec()),
        (format!("{deep}/prefix").into(), b"long, with slashes".to_vec()),
        (format!("{}/short", "p".repeat(120)).into(), b"fits a prefix".to_vec()),
        (OsString::from_vec(b"latin-\xe9".to_vec()), b"not UTF-8".to_vec()),
        ("caf\u{e9}".into(), b"UTF-8".to_vec()),
        ("old".into(), b"before 1970".to_vec()),
        ("hole".into(), vec![0; 70_000]),
        ("sparse".into(), vec![0; 1 << 18]),
    ];
    for at in (0..12).map(|i| i * 20_480) {
        let (_, sparse) = files.last_mut().expect("the list is not empty");
        sparse[at..at + 4_096].fill(b's');
    }
    let mut digests = BTreeMap::new();
    for (name, bytes) in &files {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().expect("a path in the tree")).expect("folders");
        write_sparsely(&path, bytes);
        digests.insert(name.as_bytes().to_vec(), sha256(bytes));
    }
    fs::hard_link(tree.join("more"), tree.join("more-link")).expect("a hardlink");
    digests.insert(b"more-link".to_vec(), digests[&b"more"[..]].clone());
    symlink("one", tree.join("symlink")).expect("a symlink");
    symlink("t/".repeat(80), tree.join("symlink-long")).expect("a symlink");
    fs::create_dir(tree.join("folder")).expect("a folder");
    fs::set_permissions(tree.join("folder"), PermissionsExt::from_mode(0o1777)).expect("a mode");
    fs::set_permissions(tree.join("one"), PermissionsExt::from_mode(0o4755)).expect("a mode");
    set_times(tree);
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).current_dir(tree).stderr(Stdio::null()).status();
        let worked = status.is_ok_and(|status| status.success());
        if !worked {
            println!("skipped: {program} {}", arguments.join(" "));
        }
        worked
    };
    run("mkfifo", &["fifo"]);
    run("mknod", &["device", "c", "250", "70000"]);
    run("chown", &["3000000:2999999", "block"]);
    let set = "import os; os.setxattr('xattr', 'user.why', b'because\\n\\0\\xff')";
    (digests, run("python3", &["-c", set]))
}

fn set_times(tree: &Path) {
    let times = [("one", 1_234_567_890, 123_456_789), ("block", 0, 0), ("more", 20_000_000_000, 500_000_000)];
    for (name, seconds, nanoseconds) in times {
        let file = File::options().append(true).open(tree.join(name)).expect("a file of the tree");
        file.set_modified(UNIX_EPOCH + Duration::new(seconds, nanoseconds)).expect("a time");
    }
    let old = File::options().append(true).open(tree.join("old")).expect("a file of the tree");
    old.set_modified(UNIX_EPOCH - Duration::from_millis(1_500)).expect("a time");
}

/// Writes blocks that are not all zeros, so that the rest are holes where the file system has them.
fn write_sparsely(path: &Path, bytes: &[u8]) {
    let mut file = File::create(path).expect("a new file");
    file.set_len(bytes.len() as u64).expect("a length");
    for (i, block) in bytes.chunks(4_096).enumerate() {
        if block.iter().any(|b| *b != 0) {
            file.seek(SeekFrom::Start(i as u64 * 4_096)).expect("a position");
            file.write_all(block).expect("a write");
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    why_differ::digest::Digest::sha256(bytes).hex()
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_err() {
        println!("skipped: {program} is not installed");
    }
    found.is_ok()
}

/// Runs a command that writes a tar to stdout. Tools leave out what a format cannot hold and say so
/// by their exit status, so that the status does not count.
fn make(tars: &mut Vec<Made>, name: &str, command: &mut Command) {
    let output = command.stderr(Stdio::null()).output().expect("the program was there a moment ago");
    if output.stdout.len() < 1_024 {
        println!("skipped: {name} made no tar");
        return;
    }
    tars.push(Made { name: name.to_owned(), bytes: output.stdout });
}

fn gnu_tar(tree: &Path, scratch: &Path, tars: &mut Vec<Made>) {
    let version = Command::new("tar").arg("--version").output();
    if !version.is_ok_and(|output| output.stdout.starts_with(b"tar (GNU tar)")) {
        println!("skipped: GNU tar is not installed");
        return;
    }
    let formats = [
        "--format=v7",
        "--format=oldgnu",
        "--format=gnu",
        "--format=ustar",
        "--format=posix",
        "--format=oldgnu --sparse",
        "--format=gnu --sparse",
        "--format=posix --sparse --sparse-version=0.0",
        "--format=posix --sparse --sparse-version=0.1",
        "--format=posix --sparse --sparse-version=1.0",
        "--format=posix --xattrs --acls",
        "--format=posix --pax-option=comment=global,mtime:=1.25,delete=atime",
        "--format=gnu --listed-incremental=SNAPSHOT",
        "--format=gnu --label=label --numeric-owner",
        "--format=ustar --blocking-factor=1 --owner=someone:77 --group=some:78 --mtime=@0 --sort=name",
    ];
    for format in formats {
        let snapshot = scratch.join("snapshot").display().to_string();
        let options = format.replace("SNAPSHOT", &snapshot);
        let mut command = Command::new("tar");
        command.args(options.split(' ')).args(["-cf", "-", "."]).current_dir(tree);
        make(tars, &format!("tar {format}"), &mut command);
    }
}

fn bsdtar(tree: &Path, tars: &mut Vec<Made>) {
    if !is_there("bsdtar") {
        return;
    }
    for format in ["v7tar", "ustar", "pax", "paxr", "gnutar"] {
        let mut command = Command::new("bsdtar");
        command.args(["--format", format, "-cf", "-", "."]).current_dir(tree);
        make(tars, &format!("bsdtar {format}"), &mut command);
    }
}

fn python(tree: &Path, tars: &mut Vec<Made>) {
    if !is_there("python3") {
        return;
    }
    const SCRIPT: &str = "
import os, sys, tarfile
format = getattr(tarfile, sys.argv[1])
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=format, pax_headers={'comment': 'all'}) as tar:
    for folder, folders, files in os.walk('.'):
        folders.sort()
        for name in sorted(files) + folders:
            try:
                tar.add(os.path.join(folder, name), recursive=False)
            except (ValueError, UnicodeError):
                pass
";
    for format in ["USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT"] {
        let mut command = Command::new("python3");
        command.args(["-c", SCRIPT, format]).current_dir(tree);
        make(tars, &format!("python {format}"), &mut command);
    }
}

fn go(tree: &Path, scratch: &Path, tars: &mut Vec<Made>) {
    if Command::new("go").arg("version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: go is not installed");
        return;
    }
    let source = scratch.join("main.go");
    fs::write(&source, include_str!("main.go.txt")).expect("a file");
    let program = scratch.join("make-tar");
    let built = Command::new("go").args([OsStr::new("build"), OsStr::new("-o")]).arg(&program).arg(&source).output();
    if !built.is_ok_and(|output| output.status.success()) {
        println!("skipped: go does not build here");
        return;
    }
    for format in ["ustar", "pax", "gnu", "unspecified"] {
        let mut command = Command::new(&program);
        make(tars, &format!("go {format}"), command.arg(format).current_dir(tree));
    }
}

fn busybox(tree: &Path, tars: &mut Vec<Made>) {
    if is_there("busybox") {
        let mut command = Command::new("busybox");
        make(tars, "busybox tar", command.args(["tar", "-cf", "-", "."]).current_dir(tree));
    }
}

/// One entry as Python's tarfile lists it.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// Path without a slash at its end.
    pub path: Vec<u8>,
    /// One letter: f, l (symlink), h (hardlink), d, c, b, p, or ?.
    pub kind: char,
    /// mode, uid, gid, size, whole seconds of mtime, device major and minor.
    pub numbers: Vec<i64>,
    /// uname, gname, link target.
    pub strings: Vec<Vec<u8>>,
    /// SHA-256 of a regular file's contents, holes filled.
    pub digest: String,
}

/// Python's listing of a tar; `None` if Python is not installed or refuses the tar.
pub fn listed(bytes: &[u8]) -> Option<Vec<Listed>> {
    const SCRIPT: &str = "
import hashlib, os, sys, tarfile
def hexed(text):
    return os.fsencode(text).hex() or '-'
kinds = [('f', tarfile.TarInfo.isreg), ('l', tarfile.TarInfo.issym), ('h', tarfile.TarInfo.islnk),
    ('d', tarfile.TarInfo.isdir), ('c', tarfile.TarInfo.ischr), ('b', tarfile.TarInfo.isblk), ('p', tarfile.TarInfo.isfifo)]
with tarfile.open(sys.argv[1], 'r:') as tar:
    for m in tar:
        kind = next((letter for letter, test in kinds if test(m)), '?')
        digest = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if kind == 'f' else '-'
        mtime = m.mtime // 1
        print(hexed(m.name), kind, m.mode, m.uid, m.gid, m.size, int(mtime), m.devmajor, m.devminor,
            hexed(m.uname), hexed(m.gname), hexed(m.linkname), digest)
";
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a write");
    let output = Command::new("python3").args(["-c", SCRIPT]).arg(file.path()).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().map(listed_line).collect())
}

fn listed_line(line: &str) -> Listed {
    let words: Vec<&str> = line.split(' ').collect();
    Listed {
        path: unhexed(words[0]),
        kind: words[1].chars().next().expect("a letter"),
        numbers: words[2..9].iter().map(|word| word.parse().expect("a number")).collect(),
        strings: words[9..12].iter().map(|word| unhexed(word)).collect(),
        digest: words[12].to_owned(),
    }
}

fn unhexed(text: &str) -> Vec<u8> {
    let text = if text == "-" { "" } else { text };
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}

# Lists tars, one line per member: type, octal mode, ids, names, size, whole seconds, and path and link in hexadecimal.
import sys
import tarfile

KINDS = [("isreg", "f"), ("isdir", "d"), ("issym", "l"), ("islnk", "h"), ("ischr", "c"), ("isblk", "b"), ("isfifo", "p")]


def digits(name):
    return name.encode("utf-8", "surrogateescape").hex()


for path in sys.argv[1:]:
    print("==", path)
    with tarfile.open(path, errors="surrogateescape") as tar:
        for member in tar:
            kind = next(letter for test, letter in KINDS if getattr(member, test)())
            link = digits(member.linkname) if kind in "lh" else "-"
            size = member.size if kind == "f" else 0
            owner = [member.uid, member.gid, member.uname or "-", member.gname or "-"]
            print(kind, oct(member.mode & 0o7777)[2:], *owner, size, int(member.mtime // 1), digits(member.name), link)

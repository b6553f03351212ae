//! The commands that show a difference with skopeo, curl, tar, gzip, zstd and sha256sum alone, each with the digest
//! that it prints.
//!
//! They are made of what was read and where, never of what was typed. Names are foreign: each is quoted, and none can
//! be taken for an option.

use crate::digest::Digest;
use crate::origin::{Origin, Registry};
use crate::pair::{Pair, Side};
use crate::report::{Obtained, Piece, Report};
use crate::text::shown;

/// Layers for which commands are given.
const LAYERS: usize = 3;

/// A script; each line that prints a digest is followed by a comment with the digest and what it is of.
pub(super) fn script(report: &Report) -> String {
    let obtained = report.exhibits.obtained.as_ref();
    let mut out = String::new();
    for side in Side::BOTH {
        let own = obtained.get(side);
        let reference = shown(report.sides.get(side).reference.as_bytes());
        out.push_str(&format!("{}# {}: {reference}\n", if out.is_empty() { "" } else { "\n" }, side.name()));
        let pieces = chosen(obtained, side);
        if pieces.is_empty() {
            let why =
                if own.origin == Origin::Unknown { "it could not be read" } else { "nothing in it was looked at" };
            out.push_str(&format!("# {why}\n"));
            continue;
        }
        Script { side, out: &mut out }.image(&own.origin, &pieces, &own.pieces);
    }
    out
}

/// What is to be shown of a side: its top document, the documents that differ, the first layers that differ.
fn chosen(obtained: Pair<&Obtained>, side: Side) -> Vec<&Piece> {
    let (own, other) = (obtained.get(side), obtained.get(side.other()));
    let is_there = |piece: &Piece| other.pieces.iter().any(|one| one.digest == piece.digest);
    let is_layer = |piece: &&Piece| piece.compression.is_some();
    let mut documents: Vec<&Piece> = Vec::new();
    for (at, piece) in own.pieces.iter().enumerate().filter(|(_, piece)| !is_layer(piece)) {
        if at == 0 || !is_there(piece) {
            documents.push(piece);
        }
    }
    let layers = own.pieces.iter().filter(is_layer).filter(|piece| !is_there(piece));
    documents.into_iter().chain(layers.take(LAYERS)).collect()
}

/// One side's part of the script.
struct Script<'o> {
    side: Side,
    out: &'o mut String,
}

impl Script<'_> {
    fn image(&mut self, origin: &Origin, pieces: &[&Piece], all: &[Piece]) {
        let name = self.side.name();
        match origin {
            Origin::Unknown => self.line("# no other tool is known to read it"),
            Origin::File { path } => {
                let path = file(path);
                self.pieces(pieces, &|_| Some(Reach { plain: path.clone(), is_file: true }));
            }
            Origin::Folder { path } => self.pieces(pieces, &|piece| {
                let place = piece.place.as_ref()?;
                Some(Reach { plain: file(&format!("{}/{place}", path.trim_end_matches('/'))), is_file: true })
            }),
            Origin::Archive { path } => self.archive(path, pieces),
            Origin::Registry(registry) => self.registry(registry, pieces, all),
            Origin::DockerDaemon { name: image } => {
                self.line(&format!("docker save -o {name}.tar {}", operand(image)));
                self.archive(&format!("{name}.tar"), pieces);
            }
            Origin::Containerd { namespace } => self.pieces(pieces, &|piece| {
                let digest = piece.digest;
                let plain = format!("ctr -n {} content get {digest}", quoted(namespace));
                Some(Reach { plain, is_file: false })
            }),
            Origin::ContainersStorage { name: image } => self.storage(image, pieces),
        }
    }

    fn archive(&mut self, path: &str, pieces: &[&Piece]) {
        let path = file(path);
        self.pieces(pieces, &|piece| {
            let place = piece.place.as_ref()?;
            Some(Reach { plain: format!("tar -xOf {path} {}", operand(place)), is_file: false })
        });
    }

    /// The stored bytes of each piece, and what layers unpack to.
    fn pieces(&mut self, pieces: &[&Piece], reach: &dyn Fn(&Piece) -> Option<Reach>) {
        for piece in pieces {
            let Some(reach) = reach(piece) else { continue };
            self.stored(piece, &reach);
            self.unpacked(piece, &reach);
        }
    }

    fn stored(&mut self, piece: &Piece, reach: &Reach) {
        self.line(&match reach.is_file {
            true => format!("sha256sum {}", reach.plain),
            false => format!("{} | sha256sum", reach.plain),
        });
        match piece.payload {
            None if piece.diff_id == Some(piece.digest) => {
                self.digest(&piece.digest, &format!("{}, not compressed: its diff ID too", piece.name));
            }
            None => self.digest(&piece.digest, &piece.name),
            Some(payload) => {
                self.digest(&piece.digest, &format!("{} with its signatures", piece.name));
                self.signed(piece, &payload, reach);
            }
        }
    }

    /// A signed schema 1 manifest is named by the digest of what is signed.
    fn signed(&mut self, piece: &Piece, payload: &Digest, reach: &Reach) {
        let copy = format!("{}.json", self.side.name());
        if !reach.is_file {
            self.line(&format!("{} >{copy}", reach.plain));
        }
        let file = if reach.is_file { &reach.plain } else { &copy };
        self.line(&format!("skopeo manifest-digest {file}"));
        self.digest(payload, &format!("{} without its signatures, which names it", piece.name));
    }

    fn unpacked(&mut self, piece: &Piece, reach: &Reach) {
        let Some(diff_id) = piece.diff_id else { return };
        let Some(tool @ ("gzip" | "zstd")) = piece.compression else { return };
        let line = match reach.is_file {
            true => format!("{tool} -dc <{} | sha256sum", reach.plain),
            false => format!("{} | {tool} -dc | sha256sum", reach.plain),
        };
        self.line(&line);
        self.digest(&diff_id, &format!("{} unpacked: its diff ID", piece.name));
    }

    fn registry(&mut self, registry: &Registry, pieces: &[&Piece], all: &[Piece]) {
        let name = self.side.name();
        if registry.asks {
            self.line(&format!("# asks for credentials: skopeo login {}", quoted(&registry.name)));
        }
        let verified = registry.https && registry.trusted;
        let option = |option: &str| if verified { String::new() } else { format!(" --{option}=false") };
        let (inspect, copy) = (option("tls-verify"), option("src-tls-verify"));
        let image = quoted(&format!("docker://{}", registry.image(&registry.reference)));
        if let Some(top) = all.first() {
            let plain = format!("skopeo inspect{inspect} --raw {image}");
            match (top.payload, &top.media_type) {
                // a registry may sign anew each time it is asked: only what is signed stays the same
                (Some(payload), _) => self.signed(top, &payload, &Reach { plain, is_file: false }),
                (None, media_type) => {
                    self.stored(top, &Reach { plain, is_file: false });
                    // with credentials curl would need them on its command line
                    if let (false, Some(media_type)) = (registry.asks, media_type) {
                        self.curl(registry, top, media_type);
                    }
                }
            }
        }
        let is_manifest = |piece: &&Piece| piece.name == "manifest";
        let below: Vec<&&Piece> = pieces.iter().filter(|piece| Some(**piece) != all.first()).collect();
        let (Some(manifest), false) = (all.iter().find(is_manifest), below.is_empty()) else { return };
        let digest = manifest.payload.unwrap_or(manifest.digest).to_string();
        let image = quoted(&format!("docker://{}", registry.image(&digest)));
        self.line(&format!("skopeo copy -q --preserve-digests{copy} {image} dir:{name}"));
        for piece in below {
            let place = if piece.name == "manifest" { "manifest.json".to_owned() } else { piece.digest.hex() };
            let reach = Reach { plain: format!("{name}/{place}"), is_file: true };
            self.stored(piece, &reach);
            self.unpacked(piece, &reach);
        }
    }

    /// The top document as curl gets it: with the media type that the registry has it under, so that none converts it.
    fn curl(&mut self, registry: &Registry, top: &Piece, media_type: &str) {
        let mut token = "";
        if registry.name == "docker.io" {
            // Docker Hub gives everybody a token
            self.line(&format!(
                "TOKEN=$(curl -sS {} | sed 's/.*\"token\": *\"\\([^\"]*\\)\".*/\\1/')",
                quoted(&format!(
                    "https://auth.docker.io/token?service=registry.docker.io&scope=repository:{}:pull",
                    registry.repository
                ))
            ));
            token = " -H \"Authorization: Bearer $TOKEN\"";
        }
        let insecure = if registry.https && !registry.trusted { " -k" } else { "" };
        let scheme = if registry.https { "https" } else { "http" };
        let url = format!("{scheme}://{}/v2/{}/manifests/{}", registry.host, registry.repository, registry.reference);
        let accept = quoted(&format!("Accept: {media_type}"));
        self.line(&format!("curl -sSL{insecure}{token} -H {accept} {} | sha256sum", quoted(&url)));
        self.digest(&top.digest, &top.name);
    }

    /// The store of podman holds manifest and config as they came, and layers unpacked.
    fn storage(&mut self, image: &str, pieces: &[&Piece]) {
        let name = self.side.name();
        let image = quoted(&format!("containers-storage:{image}"));
        let (layers, documents): (Vec<&&Piece>, Vec<&&Piece>) =
            pieces.iter().partition(|piece| piece.compression.is_some());
        for piece in documents {
            let options = if piece.name == "config" { "--config --raw" } else { "--raw" };
            self.stored(piece, &Reach { plain: format!("skopeo inspect {options} {image}"), is_file: false });
        }
        if !layers.is_empty() {
            self.line(&format!("skopeo copy -q {image} dir:{name}"));
        }
        for piece in layers {
            self.stored(piece, &Reach { plain: format!("{name}/{}", piece.digest.hex()), is_file: true });
        }
    }

    fn digest(&mut self, digest: &Digest, what: &str) {
        self.line(&format!("#  {digest}  {what}"));
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// How the bytes of a piece are had: a file, or a command that prints them.
struct Reach {
    plain: String,
    is_file: bool,
}

/// A path as a tool takes it: no option, and for tar no other machine's (`host:file`).
fn file(path: &str) -> String {
    let first = path.split('/').next().unwrap_or_default();
    match first.starts_with('-') || first.contains(':') {
        true => quoted(&format!("./{path}")),
        false => quoted(path),
    }
}

/// A name behind which no option can hide.
fn operand(name: &str) -> String {
    if name.starts_with('-') { format!("-- {}", quoted(name)) } else { quoted(name) }
}

/// An argument as a shell takes it.
pub(super) fn quoted(argument: &str) -> String {
    let argument = shown(argument.as_bytes());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_an_option_or_another_machine() {
        let table = [("a.tar", "a.tar"), ("-a.tar", "./-a.tar"), ("a:b.tar", "./a:b.tar"), ("x/a:b.tar", "x/a:b.tar")];
        for (path, expected) in table {
            assert_eq!(file(path), expected);
        }
        assert_eq!(operand("--to-command=x y"), "-- '--to-command=x y'");
        assert_eq!(quoted("it's\n"), "'it'\\''s\\n'");
    }

    #[test]
    fn docker_hub_is_asked_for_a_token() {
        let registry = Registry {
            name: "docker.io".to_owned(),
            host: "registry-1.docker.io".to_owned(),
            repository: "library/app".to_owned(),
            reference: "v1".to_owned(),
            https: true,
            trusted: true,
            asks: false,
        };
        let digest = Digest::sha256(b"x");
        let top = Piece {
            name: "manifest".to_owned(),
            place: None,
            media_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
            digest,
            payload: None,
            compression: None,
            diff_id: None,
        };
        let mut out = String::new();
        Script { side: Side::A, out: &mut out }.image(&Origin::Registry(registry), &[&top], std::slice::from_ref(&top));
        let expected = format!(
            "skopeo inspect --raw docker://docker.io/library/app:v1 | sha256sum\n#  {digest}  manifest\n\
             TOKEN=$(curl -sS 'https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/app:pull' \
             | sed 's/.*\"token\": *\"\\([^\"]*\\)\".*/\\1/')\n\
             curl -sSL -H \"Authorization: Bearer $TOKEN\" -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
             https://registry-1.docker.io/v2/library/app/manifests/v1 | sha256sum\n#  {digest}  manifest\n"
        );
        assert_eq!(out, expected);
    }
}

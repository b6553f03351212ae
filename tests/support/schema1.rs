//! Writes Docker V2 schema 1 manifests and the JWS around them, as a registry that converts from schema 2 does.
//! It refuses to sign in earnest: the signature has the right shape and nothing behind it, for no tool that reads
//! images checks more than the payload's rebuild.

use super::image::{BuiltLayer, digest, finish};
use super::json::{Json, Spelling};
use super::spec::{Document, Image, Kind};
use base64::Engine as _;

pub const UNSIGNED: &str = "application/vnd.docker.distribution.manifest.v1+json";
pub const SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// The gzipped empty tar that stands for a step without a layer; the same bytes in every registry.
pub const EMPTY_LAYER: [u8; 32] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff, 0x62, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c, 0x58, 0x00,
    0x08, 0x00, 0x00, 0xff, 0xff, 0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00,
];

pub fn is(kind: Kind) -> bool {
    matches!(kind, Kind::Schema1 | Kind::Schema1Signed)
}

/// V1 ids, oldest first: each depends on the layer and on its parent, on nothing else, so that a case may change a
/// date or a label without all ids following.
pub fn v1_ids(layers: &[Option<String>]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for layer in layers {
        let parent = ids.last().map_or("", String::as_str);
        let text = format!("{} {parent}", layer.as_deref().unwrap_or("throwaway"));
        ids.push(digest(text.as_bytes()).trim_start_matches("sha256:").to_owned());
    }
    ids
}

/// The config's history as (step, is empty), or one step per layer where it has none.
pub fn steps(config: &Json, layers: usize) -> Vec<(Json, bool)> {
    match config.get("history") {
        Some(Json::List(steps)) => {
            steps.iter().map(|step| (step.clone(), step.get("empty_layer") == Some(&Json::Bool(true)))).collect()
        }
        _ => vec![(Json::Object(Vec::new()), false); layers],
    }
}

pub fn has_throwaway(config: &Json) -> bool {
    steps(config, 0).iter().any(|(_, empty)| *empty)
}

pub fn manifest(image: &Image, config: &Json, layers: &[BuiltLayer]) -> Vec<u8> {
    if let Some(content) = &image.manifest.text {
        return content.bytes();
    }
    let steps = steps(config, layers.len());
    let mut blobs = layers.iter().map(|layer| match layer.descriptor.get("digest") {
        Some(Json::Text(text)) => text.clone(),
        _ => unreachable!("a descriptor has a digest"),
    });
    let sums: Vec<Option<String>> = steps
        .iter()
        .map(
            |(_, empty)| {
                if *empty { None } else { Some(blobs.next().expect("history and layers agree in a schema 1 case")) }
            },
        )
        .collect();
    let ids = v1_ids(&sums);
    let mut fs_layers = Vec::new();
    let mut history = Vec::new();
    for (position, (step, empty)) in steps.iter().enumerate() {
        let parent = position.checked_sub(1).map(|below| ids[below].as_str());
        let last = position + 1 == steps.len();
        let v1 = if last {
            v1_of_config(config, &ids[position], parent, *empty)
        } else {
            v1_of_step(step, &ids[position], parent, *empty)
        };
        let text = String::from_utf8(v1.write(&Spelling::default())).expect("the writer writes UTF-8");
        let sum = sums[position].clone().unwrap_or_else(|| digest(&EMPTY_LAYER));
        fs_layers.insert(0, Json::object([("blobSum", Json::text(sum))]));
        history.insert(0, Json::object([("v1Compatibility", Json::text(text))]));
    }
    let name = image.name.as_deref().unwrap_or("example/app:1");
    let (repository, tag) = name.rsplit_once(':').expect("a name has a tag");
    let out = Json::object([
        ("schemaVersion", Json::Int(1)),
        ("name", Json::text(repository)),
        ("tag", Json::text(tag)),
        ("architecture", config.get("architecture").cloned().unwrap_or(Json::text("amd64"))),
        ("fsLayers", Json::List(fs_layers)),
        ("history", Json::List(history)),
    ]);
    finish(out, &pretty(&image.manifest))
}

/// Registries indent schema 1 by three blanks.
fn pretty(document: &Document) -> Document {
    let mut document = document.clone();
    document.spelling.indent = document.spelling.indent.or(Some(3));
    document
}

/// The newest image's JSON: the config without what only schema 2 has, with the V1 ids.
pub fn v1_of_config(config: &Json, id: &str, parent: Option<&str>, throwaway: bool) -> Json {
    let mut out = config.clone();
    for key in ["/rootfs", "/history"] {
        out.drop_at(key);
    }
    add_ids(&mut out, id, parent, throwaway);
    out
}

/// A lower image's JSON: what its history step tells.
pub fn v1_of_step(step: &Json, id: &str, parent: Option<&str>, throwaway: bool) -> Json {
    let mut out = Json::Object(Vec::new());
    for key in ["created", "author", "comment"] {
        if let Some(value) = step.get(key) {
            out.set(key, value.clone());
        }
    }
    if let Some(text) = step.get("created_by") {
        out.set("container_config", Json::object([("Cmd", Json::List(vec![text.clone()]))]));
    }
    add_ids(&mut out, id, parent, throwaway);
    out
}

fn add_ids(out: &mut Json, id: &str, parent: Option<&str>, throwaway: bool) {
    out.set("id", Json::text(id));
    if let Some(parent) = parent {
        out.set("parent", Json::text(parent));
    }
    if throwaway {
        out.set("throwaway", Json::Bool(true));
    }
}

/// Puts the signature before the payload's last brace, as libtrust does, and remembers where and what it moved.
pub fn sign(payload: &[u8], image: &Image) -> Vec<u8> {
    // A document given as bytes brings its own signatures.
    if image.manifest.text.is_some() {
        return payload.to_vec();
    }
    let url = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let tail_at = payload.iter().rposition(|byte| *byte == b'}').expect("a manifest ends in a brace") - 1;
    let tail = &payload[tail_at..];
    let time = image.manifest.signed_at.as_deref().unwrap_or("2026-11-23T17:39:00Z");
    let protected = format!(r#"{{"formatLength":{tail_at},"formatTail":"{}","time":"{time}"}}"#, url.encode(tail));
    let signature = sha2_twice(protected.as_bytes());
    let jwk = Json::object([
        ("crv", Json::text("P-256")),
        ("kid", Json::text("AAAA:BBBB:CCCC:DDDD:EEEE:FFFF:GGGG:HHHH:IIII:JJJJ:KKKK:LLLL")),
        ("kty", Json::text("EC")),
        ("x", Json::text(url.encode([1; 32]))),
        ("y", Json::text(url.encode([2; 32]))),
    ]);
    let signatures = Json::List(vec![Json::object([
        ("header", Json::object([("jwk", jwk), ("alg", Json::text("ES256"))])),
        ("signature", Json::text(url.encode(signature))),
        ("protected", Json::text(url.encode(protected))),
    ])]);
    let written = signatures.write(&Spelling { indent: Some(3), ..Spelling::default() });
    [&payload[..tail_at], b",\n   \"signatures\": ", &written, tail].concat()
}

/// Sixty-four bytes that depend on the signed text, the length of an ES256 signature.
fn sha2_twice(bytes: &[u8]) -> Vec<u8> {
    let once = digest(bytes);
    super::content::unhex(once.trim_start_matches("sha256:")).repeat(2)
}

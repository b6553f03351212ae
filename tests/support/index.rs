//! Indexes and manifest lists, nested ones too, and the attestation manifests that BuildKit puts beside an image.
//! It refuses to know children's contents: each is an image description of its own, merged over the common one.

use super::image::{Blob, Built, build, descriptor, digest, edit, parse, push_blob, words};
use super::json::{Json, Spelling};
use super::merge;
use super::spec::{Child, Descriptor, Index, Kind, in_order};
use std::collections::BTreeMap;

pub fn build_index(table: &toml::Table, index: &Index) -> Built {
    let mut common = table.clone();
    common.remove("index");
    let image = parse(&common);
    let children = in_order(&index.children, |child| (child.absent, child.rank));
    let mut blobs: Vec<Blob> = Vec::new();
    let mut tops: BTreeMap<&str, Json> = BTreeMap::new();
    let mut first = None;
    for (key, child) in children.iter().filter(|(_, child)| child.attests.is_none()) {
        let built = build(&merge::merged(&common, &child.image));
        tops.insert(key, with_knobs(built.top.clone(), &child.descriptor));
        for mut blob in built.blobs.iter().cloned() {
            blob.role = format!("{key}/{}", blob.role);
            blobs.push(blob);
        }
        first.get_or_insert(built);
    }
    for (key, child) in children.iter().filter(|(_, child)| child.attests.is_some()) {
        let about = child.attests.as_deref().expect("the filter asked for it");
        let about = tops.get(about).unwrap_or_else(|| panic!("{key} attests a child that is not there"));
        let top = attestation(child, about, key, &mut blobs);
        tops.insert(key, top);
    }
    let mut manifests: Vec<Json> = children.iter().map(|(key, _)| tops[key].clone()).collect();
    if let Some(head) = manifests.first().cloned() {
        manifests.extend(std::iter::repeat_n(head, index.repeat));
    }
    let words = words(index.kind.unwrap_or(image.kind));
    let top_bytes = index_document(index, words.index, manifests);
    let top = descriptor(&index.descriptor, words.index, &top_bytes);
    push_blob(&mut blobs, "index".to_owned(), &index.descriptor, &top_bytes);
    match first {
        Some(child) => Built { blobs, top, top_bytes, ..child },
        None => Built { blobs, top, top_bytes, config: Vec::new(), config_json: Json::Null, layers: Vec::new() },
    }
}

fn index_document(index: &Index, media_type: &str, manifests: Vec<Json>) -> Vec<u8> {
    if let Some(content) = &index.text {
        return content.bytes();
    }
    let mut out = Json::object([("schemaVersion", Json::Int(2))]);
    if index.media_type_field != Some(false) {
        out.set("mediaType", Json::text(media_type));
    }
    out.set("manifests", Json::List(manifests));
    out.merge(&Json::from_table(&index.json));
    edit(&mut out, &index.null, &index.drop);
    out.write(&index.spelling)
}

/// A child's descriptor as the child made it, plus what the index says of it.
fn with_knobs(mut top: Json, knobs: &Descriptor) -> Json {
    let said = descriptor(knobs, "", &[]);
    let Json::Object(pairs) = said else { unreachable!("a descriptor is an object") };
    let own =
        [("mediaType", knobs.media_type.is_some()), ("digest", knobs.digest.is_some()), ("size", knobs.size.is_some())];
    for (key, value) in pairs {
        if own.iter().all(|(name, given)| *name != key || *given) {
            top.set(&key, value);
        }
    }
    top
}

/// What BuildKit writes beside an image: an OCI manifest whose one layer is an in-toto statement.
fn attestation(child: &Child, about: &Json, key: &str, blobs: &mut Vec<Blob>) -> Json {
    let Some(Json::Text(subject)) = about.get("digest") else { panic!("a descriptor has a digest") };
    let bare = subject.trim_start_matches("sha256:");
    let statement = format!(
        concat!(
            r#"{{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2","#,
            r#""subject":[{{"name":"example/app","digest":{{"sha256":"{}"}}}}],"predicate":{{}}}}"#
        ),
        bare
    )
    .into_bytes();
    let config = Json::object([
        ("architecture", Json::text("unknown")),
        ("os", Json::text("unknown")),
        ("config", Json::Object(Vec::new())),
        (
            "rootfs",
            Json::object([
                ("type", Json::text("layers")),
                ("diff_ids", Json::List(vec![Json::text(digest(&statement))])),
            ]),
        ),
    ])
    .write(&Spelling::default());
    let words = words(Kind::Oci);
    let plain = Descriptor::default();
    let mut layer = descriptor(&plain, "application/vnd.in-toto+json", &statement);
    layer.set(
        "annotations",
        Json::Object(vec![("in-toto.io/predicate-type".to_owned(), Json::text("https://slsa.dev/provenance/v0.2"))]),
    );
    let manifest = Json::object([
        ("schemaVersion", Json::Int(2)),
        ("mediaType", Json::text(words.manifest)),
        ("config", descriptor(&plain, words.config, &config)),
        ("layers", Json::List(vec![layer])),
    ])
    .write(&Spelling { indent: Some(2), ..Spelling::default() });
    for (role, bytes) in [("statement", &statement), ("config", &config), ("manifest", &manifest)] {
        blobs.push(Blob { role: format!("{key}/{role}"), digest: digest(bytes), bytes: bytes.clone() });
    }
    let mut knobs = child.descriptor.clone();
    knobs.annotations.insert("vnd.docker.reference.digest".to_owned(), subject.clone());
    knobs.annotations.insert("vnd.docker.reference.type".to_owned(), "attestation-manifest".to_owned());
    for key in ["architecture", "os"] {
        knobs.platform.insert(key.to_owned(), toml::Value::String("unknown".to_owned()));
    }
    with_knobs(descriptor(&plain, words.manifest, &manifest), &knobs)
}

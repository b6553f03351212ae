//! Docker V2 schema 1: layers newest first, configs as JSON in strings, JWS signatures.
//!
//! Source: distribution `docs/spec/manifest-v2-1.md`. The digest of a signed manifest is that of
//! its payload: the first `formatLength` bytes of the file and the base64url-decoded `formatTail`,
//! both named in `signatures[].protected`.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::digest::Digest;
use crate::image::json::{self, Node};

/// One layer of a schema 1 manifest with its history string.
#[derive(Debug, Clone)]
pub struct V1Layer {
    /// `fsLayers[].blobSum`
    pub blob: Digest,
    /// `history[].v1Compatibility`, unescaped, if there is one for it.
    pub compatibility: Option<Box<[u8]>>,
    /// Whether `throwaway` says that the layer has no files.
    pub throwaway: bool,
}

/// The layers, oldest first.
pub fn layers(root: &Node) -> Result<Vec<V1Layer>, String> {
    let history = root.value.get("history").map(|node| node.value.items()).unwrap_or_default();
    let list = root.value.get("fsLayers").map(|node| node.value.items()).unwrap_or_default();
    let mut layers = Vec::with_capacity(list.len());
    for (position, layer) in list.iter().enumerate() {
        let sum = layer.value.get("blobSum").and_then(|node| node.value.as_str());
        let Some(sum) = sum else {
            return Err(format!(
                "fsLayers[{position}]: expected an object with a \"blobSum\" string, found {}",
                layer.value.type_name()
            ));
        };
        let blob = sum.parse().map_err(|error| format!("fsLayers[{position}].blobSum: {error}"))?;
        let compatibility: Option<Box<[u8]>> =
            history.get(position).and_then(|node| node.value.get("v1Compatibility")?.value.as_bytes()).map(Into::into);
        let throwaway = compatibility
            .as_deref()
            .and_then(|text| json::parse(text, 64).ok())
            .is_some_and(|node| node.value.get("throwaway").is_some_and(|node| !node.value.is_nothing()));
        layers.push(V1Layer { blob, compatibility, throwaway });
    }
    layers.reverse();
    Ok(layers)
}

/// The signed payload of `raw`, or what keeps it from being rebuilt. `None`: there is no signature.
pub fn payload(raw: &[u8], root: &Node) -> Option<Result<Vec<u8>, String>> {
    let signatures = root.value.get("signatures")?.value.items();
    let first = signatures.first()?;
    Some(rebuild(raw, first))
}

fn rebuild(raw: &[u8], signature: &Node) -> Result<Vec<u8>, String> {
    let protected = signature
        .value
        .get("protected")
        .and_then(|node| node.value.as_str())
        .ok_or("signatures[0]: expected a \"protected\" string")?;
    let protected = unbase64(protected).ok_or("signatures[0].protected: expected base64url")?;
    let protected = json::parse(&protected, 64).map_err(|error| format!("signatures[0].protected: {error}"))?;
    let length = protected
        .value
        .get("formatLength")
        .and_then(|node| node.value.as_u64())
        .ok_or("signatures[0].protected: expected a \"formatLength\" number")?;
    let tail = protected
        .value
        .get("formatTail")
        .and_then(|node| node.value.as_str())
        .and_then(unbase64)
        .ok_or("signatures[0].protected: expected a \"formatTail\" in base64url")?;
    let head = usize::try_from(length).ok().and_then(|length| raw.get(..length)).ok_or_else(|| {
        format!("signatures[0].protected: formatLength is {length}, the file has {} bytes", raw.len())
    })?;
    Ok([head, &tail].concat())
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

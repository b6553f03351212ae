//! What a registry's headers say of a manifest, held against its bytes.
//!
//! Refuses to miss a header that the bytes can do without: only what contradicts them is told here.

use crate::digest::Digest;
use crate::image::document::{Document, Kind};
use crate::image::media_type::{self, Role};
use crate::image::{Contradiction, ContradictionKind, Image, Trouble};
use crate::load::digest_mismatch;
use crate::source::{Headers, Source};

/// Adds what `Docker-Content-Digest` and `Content-Type` say otherwise than the document. `asked` is the digest
/// that it was asked for by; that its bytes have another is told elsewhere.
pub fn check(image: &mut Image, source: &dyn Source, document: &Document, asked: Option<&Digest>) {
    let Some(headers) = source.headers(&document.raw) else { return };
    image.trouble.extend(digest(&headers, document, asked));
    image.contradictions.extend(content_type(&headers, document));
}

/// `Docker-Content-Digest` against the bytes; for signed schema 1 the digest of the payload is as right.
pub fn digest(headers: &Headers, document: &Document, asked: Option<&Digest>) -> Option<Trouble> {
    let said = headers.digest.as_deref()?;
    let name = format!("{} (Docker-Content-Digest)", document.name);
    match said.trim().parse::<Digest>() {
        Ok(said) if Some(&said) == asked => None,
        Ok(said) => {
            let found = said.of_same_algorithm(&document.raw);
            let holds = said == found || said == document.digest;
            (!holds).then(|| digest_mismatch(&name, &said, &found, None))
        }
        Err(_) => Some(Trouble {
            cause: Some("blob-digest-mismatch"),
            ..Trouble::new(format!("{name}: expected a digest, found {:?}", crate::text::clipped(said, 100)))
        }),
    }
}

/// `Content-Type` against the document's own `mediaType`, or against what it is where it carries none.
pub fn content_type(headers: &Headers, document: &Document) -> Option<Contradiction> {
    let own = document.media_type_field();
    let say = |declared: String, found: String| {
        Some(Contradiction { kind: ContradictionKind::MediaType, layer: None, declared, found })
    };
    let what = own.map_or_else(|| document.form(), |own| format!("{own} in the document"));
    let Some(served) = headers.media_type() else {
        return say("no Content-Type for the manifest".to_owned(), what);
    };
    let holds = match own {
        Some(own) => own == served,
        None => matches!(
            (media_type::parts(served).role, document.kind),
            (Role::Index, Kind::Index) | (Role::Manifest, Kind::Manifest) | (Role::Schema1, Kind::Schema1 { .. })
        ),
    };
    if holds { None } else { say(format!("{} as Content-Type", crate::text::shown(served.as_bytes())), what) }
}

//! The children of an index, nested indexes opened on the way.

use crate::digest::Digest;
use crate::image::Trouble;
use crate::image::descriptor::Descriptor;
use crate::image::document::{Document, Kind};
use crate::image::json::Json;
use crate::image::media_type::{self, Role};
use crate::limits::Limits;
use crate::source::Source;

/// How deep indexes may nest. Real ones nest once; deeper ones are read only to be safe from cycles.
const DEEPEST_NESTING: usize = 8;

/// One manifest that an index names.
#[derive(Debug, Clone)]
pub struct Child {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// The nested indexes between the top one and it.
    pub nested: Vec<Document>,
}

impl Child {
    /// Whether it is an image that can be chosen: not an attestation, not of an unknown platform.
    pub fn is_image(&self) -> bool {
        !self.descriptor.is_attestation()
            && !self.descriptor.platform.as_ref().is_some_and(|platform| platform.is_unknown())
    }
}

/// Collects children.
pub struct Children<'a> {
    source: &'a dyn Source,
    limits: &'a Limits,
    documents_only: bool,
    seen: Vec<Digest>,
    path: Vec<Document>,
    /// What was found.
    pub children: Vec<Child>,
    /// What could not be read.
    pub trouble: Vec<Trouble>,
}

impl<'a> Children<'a> {
    /// A collector; with `documents_only` nested indexes are not opened, since their blobs are not at hand.
    pub fn new(source: &'a dyn Source, limits: &'a Limits, documents_only: bool) -> Self {
        Children {
            source,
            limits,
            documents_only,
            seen: Vec::new(),
            path: Vec::new(),
            children: Vec::new(),
            trouble: Vec::new(),
        }
    }

    /// Adds what `index` names.
    pub fn add(&mut self, index: &Document, nesting: usize) {
        let manifests = match index.root.value.get("manifests").map(|node| &node.value) {
            Some(Json::Array(manifests)) => manifests,
            Some(Json::Null) | None => return,
            Some(other) => {
                let found = other.type_name();
                self.trouble.push(Trouble::new(format!("{}: manifests: expected an array, found {found}", index.name)));
                return;
            }
        };
        for (position, node) in manifests.iter().enumerate() {
            if self.children.len() >= self.limits.documents {
                let limit = self.limits.documents;
                let message = format!("{}: more than {limit} manifests in one image (--max-documents)", index.name);
                self.trouble.push(Trouble::new(message));
                return;
            }
            match Descriptor::read(node) {
                Ok(descriptor) => self.one(descriptor, nesting),
                Err(problem) => {
                    self.trouble.push(Trouble::new(format!("{}: manifests[{position}]: {problem}", index.name)));
                }
            }
        }
    }

    fn one(&mut self, descriptor: Descriptor, nesting: usize) {
        let is_index = descriptor
            .media_type
            .as_deref()
            .is_some_and(|media_type| media_type::parts(media_type).role == Role::Index);
        if !is_index || self.documents_only {
            self.children.push(Child { descriptor, nested: self.path.clone() });
            return;
        }
        if self.seen.contains(&descriptor.digest) {
            return;
        }
        if nesting >= DEEPEST_NESTING {
            let digest = descriptor.digest;
            self.trouble.push(Trouble::new(format!("index {digest}: nested more than {DEEPEST_NESTING} indexes deep")));
            return;
        }
        self.seen.push(descriptor.digest);
        if self.seen.len() > self.limits.documents {
            let limit = self.limits.documents;
            self.trouble.push(Trouble::new(format!("more than {limit} nested indexes (--max-documents)")));
            return;
        }
        match super::read_document(self.source, &descriptor, "index", self.limits) {
            Ok(read) => {
                self.trouble.extend(read.trouble);
                if read.document.kind == Kind::Index {
                    self.path.push(read.document.clone());
                    self.add(&read.document, nesting + 1);
                    self.path.pop();
                } else {
                    self.children.push(Child { descriptor, nested: self.path.clone() });
                }
            }
            Err(trouble) => self.trouble.push(trouble),
        }
    }
}

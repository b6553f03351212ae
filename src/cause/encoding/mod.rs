//! Group `encoding`: the same files, other bytes.

pub mod attestation_manifest;
pub mod compression_encoder;
pub mod compression_level;
pub mod descriptor_extras;
pub mod document_kind;
pub mod document_spelling;
pub mod duplicate_entries;
pub mod empty_layer;
pub mod entry_order;
pub mod foreign_layer;
pub mod gzip_header;
pub mod hardlink_topology;
pub mod index_annotations;
pub mod layer_annotations;
pub mod layer_boundaries;
pub mod layer_compression;
pub mod lazy_pull_format;
pub mod legacy_v1_image;
pub mod manifest_annotations;
pub mod manifest_schema;
pub mod media_type_family;
pub mod media_type_field;
pub mod mode_type_bits;
pub mod no_manifest;
pub mod parent_directories;
pub mod path_spelling;
pub mod pax_records;
pub mod platform_order;
pub mod platform_set;
pub mod platform_spelling;
pub mod schema1_signature;
pub mod tar_format;
pub mod tar_number;
pub mod tar_padding;
pub mod whiteout_style;

use super::prelude;

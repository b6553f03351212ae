//! Causes: what claims deltas and says why they exist, what they cost and how to end them.
//!
//! One cause is one file, one page, one corpus case with near misses, and one row of [`CAUSES`].
//! A cause is a pure function of a delta and its [`Context`]: the first row whose `claims` says
//! yes takes the delta, so refinements stand before the general cause. What nobody claims is
//! listed as unexplained.

mod build;
mod content;
mod context;
pub mod diagnose;
mod encoding;
mod integrity;
pub mod ledger;
mod metadata;
mod prelude;
mod words;

pub use context::{Contents, Context};

use crate::compare::delta::Delta;
use crate::report::{Certainty, Evidence, Fix, Group};

/// What gives the evidence of the deltas that a cause claims.
pub type Describe = fn(&Context<'_>, &[&Delta]) -> Vec<Evidence>;

/// One cause.
pub struct Cause {
    /// Kebab-case code; for ever.
    pub code: &'static str,
    /// Its group.
    pub group: Group,
    /// Its page in Markdown: the one source of its words.
    pub page: &'static str,
    /// How sure it is when it fires.
    pub certainty: Certainty,
    /// Whether it claims a delta.
    pub claims: fn(&Context<'_>, &Delta) -> bool,
    /// What is seen here, in one line without the code.
    pub title: fn(&Context<'_>, &[&Delta]) -> String,
    /// What was seen, if more than the values of the deltas.
    pub evidence: Option<Describe>,
    /// How to make it go away.
    pub fixes: fn(&Context<'_>, &[&Delta]) -> Vec<Fix>,
}

impl Cause {
    /// The page's one-sentence summary.
    pub fn summary(&self) -> &'static str {
        self.page.lines().skip(1).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

/// All causes, in the order in which they claim.
pub fn all() -> &'static [&'static Cause] {
    CAUSES
}

/// The cause of a code.
pub fn by_code(code: &str) -> Option<&'static Cause> {
    CAUSES.iter().copied().find(|cause| cause.code == code)
}

/// One row a cause. Of two that could claim a delta the upper one does.
pub const CAUSES: &[&Cause] = &[
    &integrity::media_type_mismatch::CAUSE,
    &integrity::diff_id_mismatch::CAUSE,
    &integrity::blob_digest_mismatch::CAUSE,
    &integrity::blob_size_mismatch::CAUSE,
    &integrity::history_layer_count::CAUSE,
    &integrity::malformed_tar::CAUSE,
    &integrity::trailing_data::CAUSE,
    &encoding::lazy_pull_format::CAUSE,
    &encoding::whiteout_style::CAUSE,
    &encoding::duplicate_entries::CAUSE,
    &encoding::parent_directories::CAUSE,
    &encoding::hardlink_topology::CAUSE,
    &encoding::layer_boundaries::CAUSE,
    &content::build_tool_leftovers::CAUSE,
    &content::host_identity::CAUSE,
    &content::python_bytecode_timestamp::CAUSE,
    &content::nested_archive_timestamps::CAUSE,
    &content::elf_build_id::CAUSE,
    &content::package_database::CAUSE,
    &content::log_file::CAUSE,
    &content::text_edit::CAUSE,
    &content::file_type::CAUSE,
    &content::link_target::CAUSE,
    &content::file_content::CAUSE,
    &content::file_added::CAUSE,
    &content::file_removed::CAUSE,
    &metadata::file_mtime::CAUSE,
    &metadata::file_mode::CAUSE,
    &metadata::file_owner::CAUSE,
    &metadata::owner_names::CAUSE,
    &metadata::file_xattrs::CAUSE,
    &metadata::device_numbers::CAUSE,
    &metadata::file_times_extra::CAUSE,
    &encoding::document_kind::CAUSE,
    &encoding::manifest_schema::CAUSE,
    &encoding::schema1_signature::CAUSE,
    &encoding::schema1_name::CAUSE,
    &encoding::legacy_v1_image::CAUSE,
    &encoding::no_manifest::CAUSE,
    &encoding::media_type_family::CAUSE,
    &encoding::media_type_field::CAUSE,
    &encoding::document_spelling::CAUSE,
    &encoding::manifest_annotations::CAUSE,
    &encoding::layer_annotations::CAUSE,
    &encoding::index_annotations::CAUSE,
    &encoding::descriptor_extras::CAUSE,
    &encoding::attestation_manifest::CAUSE,
    &encoding::platform_set::CAUSE,
    &encoding::platform_order::CAUSE,
    &encoding::platform_spelling::CAUSE,
    &encoding::layer_compression::CAUSE,
    &encoding::gzip_header::CAUSE,
    &encoding::compression_level::CAUSE,
    &encoding::compression_encoder::CAUSE,
    &encoding::foreign_layer::CAUSE,
    &encoding::empty_layer::CAUSE,
    &encoding::entry_order::CAUSE,
    &encoding::tar_format::CAUSE,
    &encoding::tar_number::CAUSE,
    &encoding::pax_records::CAUSE,
    &encoding::tar_padding::CAUSE,
    &encoding::path_spelling::CAUSE,
    &encoding::mode_type_bits::CAUSE,
    &build::config_created::CAUSE,
    &build::config_history_dates::CAUSE,
    &build::config_history::CAUSE,
    &build::config_parent::CAUSE,
    &build::config_docker_fields::CAUSE,
    &build::config_labels::CAUSE,
    &build::config_env::CAUSE,
    &build::config_platform::CAUSE,
    &build::config_builder_info::CAUSE,
    &build::config_author::CAUSE,
    &build::config_command::CAUSE,
];

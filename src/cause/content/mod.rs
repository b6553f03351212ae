//! Group `content`: different files.

pub mod build_tool_leftovers;
pub mod elf_build_id;
pub mod file_added;
pub mod file_content;
pub mod file_removed;
pub mod file_type;
pub mod host_identity;
pub mod link_target;
pub mod log_file;
pub mod nested_archive_timestamps;
pub mod package_database;
pub mod python_bytecode_timestamp;
pub mod text_edit;

use super::prelude;

//! Group `integrity`: one side contradicts itself.

pub mod blob_digest_mismatch;
pub mod blob_size_mismatch;
pub mod diff_id_mismatch;
pub mod history_layer_count;
pub mod malformed_tar;
pub mod media_type_mismatch;
pub mod trailing_data;

use super::prelude;

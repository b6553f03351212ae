//! Group `metadata`: the same contents, other metadata.

pub mod device_numbers;
pub mod file_mode;
pub mod file_mtime;
pub mod file_owner;
pub mod file_times_extra;
pub mod file_xattrs;
pub mod owner_names;

use super::prelude;

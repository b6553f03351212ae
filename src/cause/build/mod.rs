//! Group `build`: the image configuration.

pub mod config_author;
pub mod config_builder_info;
pub mod config_command;
pub mod config_created;
pub mod config_docker_fields;
pub mod config_env;
pub mod config_history;
pub mod config_history_dates;
pub mod config_labels;
pub mod config_parent;
pub mod config_platform;

use super::prelude;

//! The table of encoder classes, for readers.

use super::{Named, producers, shapes};
use crate::encoder::classes;
use crate::report::EncoderClass;

/// Every class that can be written again, then every family that is known by its structure only.
pub fn table() -> Vec<EncoderClass> {
    let mut rows: Vec<EncoderClass> = classes()
        .map(|class| EncoderClass {
            family: class.family.name(),
            title: class.family.title(),
            versions: class.versions,
            levels: class.levels.iter().map(|level| i64::from(*level)).collect(),
            tar_sizes: match class.tars {
                (0, u64::MAX) => None,
                (from, below) => Some((from, Some(below).filter(|below| *below < u64::MAX))),
            },
            first_bytes_apart: class.apart,
            provable: true,
            producers: class
                .levels
                .iter()
                .flat_map(|&level| {
                    let named = Named {
                        family: class.family,
                        versions: class.versions,
                        level: Some(level),
                        block: None,
                        apart: class.apart,
                    };
                    producers::of_named(&named).map(|producer| (i64::from(level), producer.name)).collect::<Vec<_>>()
                })
                .collect(),
        })
        .collect();
    rows.extend(shapes::families().map(|(family, versions)| EncoderClass {
        family: family.name(),
        title: family.title(),
        versions,
        ..EncoderClass::default()
    }));
    rows
}

//! The uncompressed bytes of layers, read again from their source.

use std::io::{self, BufReader, Read};

use crate::layer::envelope::Unpacker;
use crate::limits::Limits;
use crate::load::{Loaded, blob_name};
use crate::pair::{Pair, Side};
use crate::replay::Contents;

/// How much of a blob is read at a time.
const AHEAD: usize = 128 << 10;

/// Both images' layers, for a replay.
pub struct Tars<'l> {
    /// The images with their sources.
    pub pair: &'l Pair<Loaded>,
    /// Bounds on what a layer unpacks to.
    pub limits: &'l Limits,
}

impl Contents for Tars<'_> {
    fn tar(&self, side: Side, layer: usize) -> io::Result<Box<dyn Read + Send + '_>> {
        let loaded = self.pair.get(side);
        let blob = loaded.image.layers.get(layer).and_then(blob_name);
        let blob = blob.ok_or_else(|| io::Error::other("nothing names the layer's blob"))?;
        let reader = loaded.source.open(&blob).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Box::new(Unpacker::new(BufReader::with_capacity(AHEAD, reader), self.limits)))
    }
}

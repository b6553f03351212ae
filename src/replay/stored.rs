//! Layers whose tars are the same, or of which nothing but their digests is known: how their blobs switch.

use super::claims::is_on;
use super::documents::Stage;
use super::layers::{Found, LayerState, Maker, is_plain, tar_of};
use super::{Taken, What};
use crate::compare::delta::Field;
use crate::digest::Digest;
use crate::image::ContradictionKind;
use crate::pair::{Pair, Side};

impl Maker<'_> {
    /// The tars are the same bytes; only how they are stored differs.
    pub(super) fn recompressed(&self, layers: Pair<usize>, a: &LayerState, b: &LayerState) -> Found {
        let mut guards = self.encoding();
        if !guards.is_empty() || self.shape_differs() {
            let kinds = [ContradictionKind::Tar, ContradictionKind::TrailingData];
            guards.extend(self.claims.contradictions(self.row, &kinds));
            if guards.is_empty() {
                guards.extend(self.claims.of_images());
            }
        } else {
            guards.extend(self.claims.contradictions(self.row, &[ContradictionKind::TrailingData]));
        }
        let when = self.claims.when(guards);
        let tar = a.tar.or(b.tar);
        let plain = self.layer(Side::B, layers.b).is_some_and(is_plain);
        let (blob, gap) = if plain { (tar, None) } else { self.encoded(layers.b, tar, b.blob, layers.a) };
        let states = (0..=self.claims.last())
            .map(|step| vec![LayerState { tar, blob: if is_on(when, step) { blob } else { a.blob } }])
            .collect();
        // only the one switch
        let mut found = Found { states, ..Found::default() };
        if gap.is_none() && when.is_some() {
            found.taken.extend(self.framing(layers.b));
        }
        found.chains.push(self.blob_chain(0, &found.states, b.blob, gap));
        found
    }

    /// Whether the layers are kept by two kinds of image, of which one stores tars as they are.
    fn shape_differs(&self) -> bool {
        self.job.images.a.shape != self.job.images.b.shape
    }

    /// The blob that encoding `tar`, which A's layer has too, gives; B's own where nobody knows the encoder, and then why.
    fn encoded(
        &self,
        layer: usize,
        tar: Option<Stage>,
        wanted: Option<Stage>,
        from: usize,
    ) -> (Option<Stage>, Option<String>) {
        let of_b = self.layer(Side::B, layer).and_then(tar_of);
        if tar.is_some() && tar == of_b && self.job.reencode.is_reproduced(layer) {
            return (wanted, None);
        }
        let Some(mut encoding) = self.job.reencode.start(layer) else { return (wanted, Some(self.unknown(layer))) };
        let Ok(mut reader) = self.job.contents.tar(Side::A, from) else { return (wanted, Some(self.unknown(layer))) };
        let mut piece = vec![0; 256 << 10];
        loop {
            match std::io::Read::read(&mut reader, &mut piece) {
                Ok(0) => break,
                Ok(count) => encoding.write(piece.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return (wanted, Some(self.unknown(layer))),
            }
        }
        match encoding.finish() {
            Some(blob) => (Some(blob), None),
            None => (wanted, Some(self.unknown(layer))),
        }
    }

    /// What of the blob of B's layer no encoder makes of its tar.
    pub(super) fn framing(&self, layer: usize) -> Option<Taken> {
        let bytes = super::framing::bytes(&self.layer(Side::B, layer)?.decoded.as_ref()?.envelope);
        (bytes > 0).then(|| Taken { place: self.place(), what: What::Framing, bytes })
    }

    pub(super) fn unknown(&self, layer: usize) -> String {
        format!(
            "layer {} of b: its compressed bytes were not rebuilt: no encoder is known to make them of its tar",
            layer + 1
        )
    }

    /// Layers of which nothing is known but their digests: the deltas' own values.
    pub(super) fn not_compared(&self, ends: Pair<Vec<LayerState>>) -> Found {
        let own = self.own();
        let when = self.claims.when(if own.is_empty() { self.claims.of_images() } else { own });
        let states: Vec<Vec<LayerState>> = (0..=self.claims.last())
            .map(|step| if is_on(when, step) { ends.b.clone() } else { ends.a.clone() })
            .collect();
        let mut found = Found { states, recut: when, ..Found::default() };
        let opaque = self.of_row(|field| *field == Field::Blob);
        for (at, state) in ends.b.iter().enumerate() {
            // a layer of nothing but the end of an archive, as schema 1 has one for each step
            let nothing = state.tar.is_some_and(|tar| tar.digest == Digest::sha256(&[0; 1024]));
            let gap = match (opaque.is_empty(), nothing) {
                (false, _) => None,
                (true, true) => Some(format!("{}: its compressed bytes were not rebuilt", self.place())),
                (true, false) => Some(format!("{}: its contents were not compared", self.place())),
            };
            if let (Some(blob), false, true) = (state.blob, opaque.is_empty(), when.is_some()) {
                found.taken.push(Taken { place: self.place(), what: What::Blob, bytes: blob.size });
            }
            found.chains.push(self.blob_chain(at, &found.states, state.blob, gap));
        }
        found
    }
}

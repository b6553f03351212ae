//! Frame headers as klauspost/compress writes them (RFC 8878, section 3.1.1.1).
//!
//! A checksum always follows the blocks and there is never a dictionary: producers of layers use neither option.

/// The magic number, little-endian.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const CHECKSUM: u8 = 1 << 2;
const SINGLE_SEGMENT: u8 = 1 << 5;
/// Content of this size or less, where it is at hand as a whole, has a window of this size. Below 256 bytes the header tells
/// nothing else of the size.
pub(in crate::encoder) const LEAST_WINDOW: usize = 1024;

/// The header of a stream: its size is not known yet. `window` is a power of two.
pub(super) fn of_stream(window: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[CHECKSUM, descriptor(window)]);
}

/// The header of content that is at hand as a whole, and not empty; `largest_segment` is the size up to which it is a
/// single segment.
pub(super) fn of_whole(size: usize, window: usize, largest_segment: usize, out: &mut Vec<u8>) {
    let size = size as u64;
    let length_code = match size {
        0..256 => 0,
        256..0x1_0100 => 1,
        0x1_0100..0xffff_ffff => 2,
        _ => 3,
    };
    let single = size > LEAST_WINDOW as u64 && size <= largest_segment as u64;
    out.extend_from_slice(&MAGIC);
    out.push(CHECKSUM | length_code << 6 | if single { SINGLE_SEGMENT } else { 0 });
    if !single {
        let enough = if size < window as u64 { 1 << (u64::BITS - size.leading_zeros()) } else { window };
        out.push(descriptor(enough.max(LEAST_WINDOW)));
    }
    match length_code {
        // Only a single segment tells a size this small, and those are larger.
        0 => {}
        1 => out.extend_from_slice(&((size - 256) as u16).to_le_bytes()),
        2 => out.extend_from_slice(&(size as u32).to_le_bytes()),
        _ => out.extend_from_slice(&size.to_le_bytes()),
    }
}

/// A frame that holds nothing, as the call for whole inputs writes it: a single segment of no bytes, no checksum.
pub(super) fn of_nothing(out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[SINGLE_SEGMENT, 0]);
}

fn descriptor(window: usize) -> u8 {
    let log = window.next_power_of_two().trailing_zeros() as u8;
    log.saturating_sub(10) << 3
}

//! What a blob is made of besides the bytes that its encoder makes of its tar: where it is cut into members or frames,
//! the headers of those behind the first, and what stands in none.

use crate::layer::envelope::{Envelope, Member};

/// A place in the tar, as it is counted.
const CUT: u64 = 8;
/// The shortest header of a gzip member (RFC 1952).
const HEADER: u64 = 10;

/// How many bytes of a blob's framing no encoder makes of its tar; of members beyond those described the least.
pub(super) fn bytes(envelope: &Envelope) -> u64 {
    let members = envelope.members.iter().chain(&envelope.last);
    let of = |(at, member): (usize, &Member)| match member {
        Member::Skippable(frame) => CUT + frame.length,
        _ if at == 0 => 0,
        Member::Gzip(member) => CUT + member.header_length,
        Member::Zstd(frame) => CUT + frame.header_length,
    };
    let known = envelope.members.len() + usize::from(envelope.last.is_some());
    let others = envelope.member_count.saturating_sub(known as u64) * (CUT + HEADER);
    let trailing = envelope.trailing.as_ref().map_or(0, |trailing| trailing.length);
    members.enumerate().map(of).sum::<u64>() + others + trailing
}

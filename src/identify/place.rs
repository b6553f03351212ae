//! Where in a blob a candidate went another way.

use std::io::{self, BufReader};

use super::{Miss, Named, Subject};
use crate::layer::envelope::Member;
use crate::layer::envelope::deflate::Reader;
use crate::layer::envelope::parts::PACKED;

/// Puts a wrong byte at `offset` of the blob into its block and its place in the tar. None if nothing agreed: then the
/// candidate came near nothing.
pub fn miss(subject: &Subject<'_>, named: Named, offset: u64) -> Option<Miss> {
    let mut before = 0;
    let member = subject.envelope.members.iter().find_map(|member| match member {
        Member::Gzip(member) if (member.offset..member.offset + member.compressed).contains(&offset) => Some(member),
        Member::Gzip(member) => {
            before += member.uncompressed;
            None
        }
        _ => None,
    });
    let place = member.and_then(|member| {
        let start = member.offset + member.header_length;
        let mut blob = (subject.open)().ok()?;
        io::copy(&mut io::Read::take(&mut blob, start), &mut io::sink()).ok()?;
        Reader::new(BufReader::with_capacity(PACKED, blob)).locate(offset.checked_sub(start)?)
    });
    Some(Miss {
        named,
        compressed: offset,
        uncompressed: place.map(|(_, uncompressed)| before + uncompressed),
        block: place.map(|(block, _)| block),
    })
}

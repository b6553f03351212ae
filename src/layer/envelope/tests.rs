//! Envelopes of each kind: whole, in several members, followed by other bytes, cut and damaged.

use std::io::Write;

use flate2::GzBuilder;
use flate2::write::GzEncoder;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).expect("a context");
    encoder.include_checksum(true).expect("a known parameter");
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn skippable(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u32).to_le_bytes();
    [&[0x5e, 0x2a, 0x4d, 0x18], &length[..], bytes].concat()
}

fn unpack_with(blob: &[u8], piece: usize, limits: &Limits) -> (Vec<u8>, Envelope, Option<DecodeError>) {
    let mut unpacker = Unpacker::new(io::BufReader::with_capacity(piece, blob), limits);
    let mut unpacked = Vec::new();
    let mut out = vec![0; piece];
    let error = loop {
        match unpacker.unpack(&mut out) {
            Ok(0) => break None,
            Ok(count) => unpacked.extend_from_slice(&out[..count]),
            Err(UnpackError::Decode(error)) => break Some(error),
            Err(UnpackError::Io(error)) => panic!("memory does not fail: {error}"),
        }
    };
    (unpacked, unpacker.into_envelope(), error)
}

/// Unpacks in one piece, after checking that small pieces give the same.
fn unpack(blob: &[u8]) -> (Vec<u8>, Envelope, Option<DecodeError>) {
    let whole = unpack_with(blob, 1 << 16, &Limits::default());
    assert_eq!(unpack_with(blob, 1, &Limits::default()).0, whole.0);
    assert_eq!(unpack_with(blob, 7, &Limits::default()), whole);
    whole
}

#[test]
fn the_bytes_decide_what_the_blob_is() {
    let table: [(&[u8], Compression); 9] = [
        (b"", Compression::None),
        (b"\x1f\x8b\x08\0", Compression::Gzip),
        (b"\x28\xb5\x2f\xfd", Compression::Zstd),
        (b"\x53\x2a\x4d\x18", Compression::Zstd),
        (b"BZh91AY", Compression::Other("bzip2")),
        (b"\xfd7zXZ\0", Compression::Other("xz")),
        (b"\x04\x22\x4d\x18", Compression::Other("lz4")),
        (b"\x1f\x8b\x07", Compression::None),
        (b"{}", Compression::None),
    ];
    for (head, compression) in table {
        assert_eq!(Compression::recognise(head), compression);
    }
    let mut header = [0; tar::BLOCK];
    header[..8].copy_from_slice(b"BZhello\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(Compression::recognise(&header), Compression::None);
    let (_, _, error) = unpack(b"\xfd7zXZ\0");
    assert_eq!(error, Some(DecodeError::Compression { name: "xz" }));
}

#[test]
fn a_gzip_header_is_kept_field_by_field() {
    let mut encoder = GzBuilder::new()
        .mtime(1_234_567_890)
        .operating_system(3)
        .extra(&b"SG\x02\0ab"[..])
        .filename("layer.tar")
        .comment("by hand")
        .write(Vec::new(), flate2::Compression::best());
    encoder.write_all(b"data").expect("writing to memory");
    let blob = encoder.finish().expect("writing to memory");
    let (unpacked, envelope, error) = unpack(&blob);
    assert_eq!((&unpacked[..], error), (&b"data"[..], None));
    let Some(Member::Gzip(member)) = envelope.members.first() else {
        panic!("a gzip member: {envelope:?}");
    };
    assert_eq!((member.mtime, member.os, member.xfl, member.flags), (1_234_567_890, 3, 2, 0x1c));
    assert_eq!(member.extra.as_deref(), Some(&b"SG\x02\0ab"[..]));
    assert_eq!(member.name.as_deref(), Some(&b"layer.tar"[..]));
    assert_eq!(member.comment.as_deref(), Some(&b"by hand"[..]));
    assert_eq!(member.header_length, 10 + 8 + 10 + 8);
    assert_eq!((member.compressed, member.uncompressed, member.isize), (blob.len() as u64, 4, 4));
}

#[test]
fn a_header_checksum_is_checked() {
    let plain = gzip(b"data");
    let mut blob = plain[..10].to_vec();
    blob[3] = 2;
    let mut crc = flate2::Crc::new();
    crc.update(&blob);
    blob.extend((crc.sum() as u16).to_le_bytes());
    blob.extend(&plain[10..]);
    assert_eq!(unpack(&blob).2, None);
    blob[10] ^= 1;
    assert!(matches!(unpack(&blob).2, Some(DecodeError::Corrupt { offset: 10, .. })));
}

#[test]
fn members_and_what_follows_them_are_told_apart() {
    let two = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
    let frames = [zstd(b"one "), skippable(b"table"), zstd(b""), zstd(b"two")].concat();
    for (blob, count) in [(two, 3), (frames, 4)] {
        for (tail, zeros) in
            [(&b""[..], None), (&[0; 700], Some(true)), (b"\x1f\x8b", Some(false)), (b"\0j", Some(false))]
        {
            let (unpacked, envelope, error) = unpack(&[&blob, tail].concat());
            assert_eq!((&unpacked[..], error), (&b"one two"[..], None));
            assert_eq!((envelope.member_count, envelope.members.len()), (count, count as usize));
            let expected = zeros.map(|zeros| Trailing {
                offset: blob.len() as u64,
                length: tail.len() as u64,
                zeros,
                head: tail[..tail.len().min(HEAD)].to_vec(),
                digest: Digest::sha256(tail),
            });
            assert_eq!(envelope.trailing, expected);
        }
    }
}

#[test]
fn many_members_are_counted_and_the_last_is_kept() {
    let blob = [gzip(b"a").repeat(100), gzip(b"last")].concat();
    let (_, envelope, _) = unpack(&blob);
    assert_eq!((envelope.members.len(), envelope.member_count), (MEMBERS, 101));
    assert!(matches!(&envelope.last, Some(Member::Gzip(member)) if member.uncompressed == 4));
    let blob = [zstd(b"a").repeat(100), skippable(b"footer")].concat();
    let (_, envelope, _) = unpack(&blob);
    assert_eq!((envelope.members.len(), envelope.member_count, envelope.last), (MEMBERS + 1, 101, None));
    assert!(
        matches!(&envelope.members[MEMBERS], Member::Skippable(frame) if frame.head == b"footer" && frame.nibble == 14)
    );
}

#[test]
fn frame_headers_are_read() {
    let (_, envelope, _) = unpack(&zstd(b"streamed"));
    let Some(Member::Zstd(frame)) = envelope.members.first() else {
        panic!("a frame: {envelope:?}");
    };
    assert!(frame.checksum && !frame.single_segment);
    assert_eq!((frame.window, frame.content_size, frame.dictionary), (1 << 21, None, None));
    let blob = ::zstd::bulk::compress(&[7; 300], 1).expect("a context");
    let (_, envelope, _) = unpack(&blob);
    let Some(Member::Zstd(frame)) = envelope.members.first() else {
        panic!("a frame: {envelope:?}");
    };
    assert!(!frame.checksum && frame.single_segment);
    assert_eq!((frame.window, frame.content_size, frame.uncompressed), (300, Some(300), 300));
    assert_eq!((frame.header_length, frame.compressed), (7, blob.len() as u64));
}

#[test]
fn a_cut_stream_says_where_it_ends() {
    let text: Vec<u8> = (0..2_000u32).flat_map(|n| (n * n % 977).to_string().into_bytes()).collect();
    let extra = GzBuilder::new().extra(&b"abcd"[..]).filename("n").write(Vec::new(), flate2::Compression::fast());
    let small = extra.finish().expect("writing to memory");
    for (format, blob) in [("gzip", [gzip(&text), small].concat()), ("zstd", [zstd(&text), skippable(b"abc")].concat())]
    {
        let first = unpack(&blob).1.members[0].clone();
        let boundary = match first {
            Member::Gzip(member) => member.compressed,
            Member::Zstd(frame) => frame.compressed,
            Member::Skippable(_) => 0,
        };
        for cut in 4..blob.len() as u64 {
            let (unpacked, _, error) = unpack_with(&blob[..cut as usize], 1 << 16, &Limits::default());
            assert!(text.starts_with(&unpacked));
            // What looks like the magic of a next member only by half is trailing data.
            let magic = if format == "gzip" { 3 } else { 4 };
            if (boundary..boundary + magic).contains(&cut) {
                assert_eq!(error, None, "{format} cut at {cut}");
                continue;
            }
            match error {
                Some(DecodeError::Truncated { format: found, offset, .. }) => {
                    assert_eq!((found, offset), (format, cut))
                }
                other => panic!("{format} cut at {cut}: {other:?}"),
            }
        }
    }
}

#[test]
fn damage_is_found_and_described() {
    let blob = gzip(b"some data that is long enough");
    let end = blob.len();
    let damaged = |at: usize| {
        let mut blob = blob.clone();
        blob[at] ^= 0x55;
        unpack(&blob).2
    };
    assert!(matches!(damaged(end - 8), Some(DecodeError::Crc { offset, .. }) if offset == end as u64));
    assert!(matches!(damaged(end - 1), Some(DecodeError::Length { computed: 29, .. })));
    let mut bad_block = blob[..10].to_vec();
    bad_block.push(7);
    let error = unpack(&bad_block).2.expect("there is no third kind of block");
    assert_eq!(
        error.to_string(),
        "the gzip stream is damaged at about byte 11: expected deflate data (RFC 1951), found invalid block type"
    );
    let mut frame = zstd(b"some data that is long enough");
    let last = frame.len() - 1;
    frame[last] ^= 1;
    // How much comes out in front of damage depends on the pieces here.
    let error = unpack_with(&frame, 1 << 16, &Limits::default()).2;
    assert!(matches!(error, Some(DecodeError::Corrupt { format: "zstd", .. })));
}

#[test]
fn frames_that_ask_for_too_much_are_refused() {
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0, (28 - 10) << 3, 1, 0, 0];
    let expected = DecodeError::Window { offset: 0, window: 1 << 28, most: super::zstd::WINDOW };
    assert_eq!(unpack(&window).2, Some(expected));
    let dictionary = [0x28, 0xb5, 0x2f, 0xfd, 1, 0, 9, 1, 0, 0];
    assert_eq!(unpack(&dictionary).2, Some(DecodeError::Dictionary { offset: 0, id: 9 }));
}

#[test]
fn bombs_stop_at_a_limit() {
    let limits = Limits { layer_size: 1_000, ..Limits::default() };
    let (unpacked, _, error) = unpack_with(&gzip(&[0; 100_000]), 1 << 10, &limits);
    assert!(unpacked.len() < 4_096);
    assert!(
        matches!(error, Some(DecodeError::Limit(limit)) if limit.option == "--max-layer-size" && limit.value == 1_000)
    );
    let blob = zstd(&vec![0; 80 << 20]);
    let (_, _, error) = unpack_with(&blob, 1 << 20, &Limits::default());
    assert!(matches!(error, Some(DecodeError::Limit(limit)) if limit.option == "--max-ratio"), "{} bytes", blob.len());
    let mut name = GzBuilder::new().filename("n".repeat(99)).write(Vec::new(), flate2::Compression::fast());
    name.write_all(b"x").expect("writing to memory");
    let limits = Limits { extension: 9, ..Limits::default() };
    let (_, _, error) = unpack_with(&name.finish().expect("writing to memory"), 1 << 10, &limits);
    assert!(matches!(error, Some(DecodeError::Limit(limit)) if limit.option == "--max-extension"));
}

/// Each piece that is flushed is a block: wherever in it a byte stands, it is found, and none in the header or behind.
#[test]
fn bytes_of_a_zstd_frame_are_found_in_their_blocks() {
    let mut encoder = ::zstd::stream::Encoder::new(Vec::new(), 3).expect("a level");
    let sizes = [1usize, 8, 40_000, 0, 9_000, 7, 60_000];
    let mut ends = vec![];
    for (number, size) in sizes.into_iter().enumerate() {
        let piece: Vec<u8> = (0..size).map(|i| ((i * i) >> (4 + number)) as u8).collect();
        encoder.write_all(&piece).expect("memory can be written");
        encoder.flush().expect("memory can be written");
        ends.push(encoder.get_ref().len() as u64);
    }
    let frame = encoder.finish().expect("memory can be written");
    let header = zstd_blocks::frame(&frame, 0).expect("a frame").header.header_length;
    let spans = |frame| parts::ZstdSpans::new(frame).expect("a frame");
    let find = |offset| spans(&frame[..]).locate(offset);
    assert!((0..header).all(|offset| find(offset).is_none()));
    let (mut start, mut before, mut number) = (header, 0, 0);
    for (size, end) in sizes.into_iter().zip(ends) {
        if size > 0 {
            for offset in [start, start + 2, (start + end) / 2, end - 1] {
                assert_eq!(find(offset), Some((number, before)), "offset {offset}, of {start} to {end}");
            }
            (start, before, number) = (end, before + size as u64, number + 1);
        }
    }
    // the empty block that ends the frame, and nothing behind it
    assert_eq!(find(start), Some((number, before)));
    assert_eq!(find(frame.len() as u64), None);
    let unpacked: Vec<u64> = spans(&frame[..]).map(|span| span.unpacked.expect("it is whole")).collect();
    assert_eq!(unpacked, [1, 8, 40_000, 9_000, 7, 60_000, 0]);
    // cut within the third
    let cut = &frame[..5000];
    assert_eq!(spans(cut).locate(4999), Some((2, 9)));
    assert_eq!(spans(cut).locate(90_000), None);
    assert_eq!(spans(cut).map(|span| span.unpacked).collect::<Vec<_>>(), [Some(1), Some(8), None]);
    assert!(parts::ZstdSpans::new(&frame[1..]).is_none() && parts::ZstdSpans::new(&frame[..4]).is_none());
}

//! One entry of a tar on its way from A to B: header fields, extension headers, content, fill.
//!
//! Numbers switch by value and by spelling apart; a size follows from the content, a checksum from
//! the header. Fields of text switch whole.

use super::claims::{Claims, When, is_on};
use super::extension;
use crate::compare::delta::{Field, FormatField};
use crate::layer::tar::number::{self, NumberSpelling};
use crate::layer::tar::{BLOCK, Content, Dialect, Entry, Extension, Header, HeaderField, Padding};
use crate::pair::{Pair, Side};

/// The deltas of one entry.
pub(super) struct Told<'t> {
    pub(super) claims: &'t Claims<'t>,
    /// The deltas that are of just these two entries.
    pub(super) own: &'t [usize],
    /// What guards everything in the row besides.
    pub(super) whole: &'t [usize],
    /// What guards fill that is not as long as its content asks for.
    pub(super) irregular: &'t [usize],
}

impl Told<'_> {
    pub(super) fn of(&self, wanted: impl Fn(&Field) -> bool) -> Vec<usize> {
        let field = |at: &usize| self.claims.deltas.get(*at).map(|delta| &delta.field);
        self.own.iter().copied().filter(|at| field(at).is_some_and(&wanted)).collect()
    }

    /// When something that `guards` guard switches.
    pub(super) fn when(&self, guards: Vec<usize>) -> When {
        if guards.is_empty() {
            return None;
        }
        self.claims.when(guards.into_iter().chain(self.whole.iter().copied()))
    }
}

/// A pair of entries, ready to be written at any step.
pub(super) struct EntryPlan<'e> {
    entries: Pair<&'e Entry>,
    blocks: Pair<[u8; BLOCK]>,
    fields: Vec<FieldPlan>,
    checksum: When,
    /// When a checksum that is wrong, or becomes so, switches.
    wrong: When,
    extensions: When,
    sparse: When,
    content: When,
    padding: Fill,
}

/// How a range of the header block switches.
struct FieldPlan {
    range: std::ops::Range<usize>,
    how: How,
}

enum How {
    /// Whole.
    Raw(When),
    /// By value and spelling. The parts of the value by their masks.
    Number { parts: Vec<(i128, When)>, spelling: Option<When> },
}

enum Fill {
    /// With the content.
    Follows,
    At(When),
}

/// One entry's bytes at one step: what stands before the content, which content, what stands behind.
pub(super) struct Written<'e> {
    pub(super) head: Vec<u8>,
    pub(super) content: (Side, &'e Content),
    pub(super) fill: &'e Padding,
}

impl<'e> EntryPlan<'e> {
    pub(super) fn new(entries: Pair<&'e Entry>, told: &Told<'_>) -> Self {
        let Pair { a, b } = entries;
        let blocks = entries.map(|entry| entry.header.block());
        let data = || {
            told.of(|field| {
                matches!(field, Field::Content | Field::Kind | Field::LinkHolder | Field::Sparse | Field::Presence(_))
            })
        };
        let same_content = (a.content.digest, a.content.length) == (b.content.digest, b.content.length);
        let content = if same_content { None } else { told.when(data()) };
        let sparse = if a.sparse_headers == b.sparse_headers { None } else { told.when(data()) };
        let extensions = if a.extensions == b.extensions { None } else { extension::when(entries, told) };
        let mut plan = EntryPlan {
            entries,
            blocks,
            fields: Vec::new(),
            checksum: None,
            wrong: None,
            extensions,
            sparse,
            content,
            padding: padding(entries, told),
        };
        if blocks.a != blocks.b {
            plan.header(told);
        }
        plan
    }

    fn header(&mut self, told: &Told<'_>) {
        let dialects = self.blocks.as_ref().map(Dialect::of);
        let shared = HeaderField::fields(Dialect::V7).iter().filter(|(field, ..)| *field != HeaderField::V7Rest);
        for &(field, offset, length) in shared {
            self.field(field, offset, length, told);
        }
        const MAGIC: std::ops::Range<usize> = 257..265;
        if self.differs(&MAGIC) {
            let when = told.when(told.of(is_magic));
            self.fields.push(FieldPlan { range: MAGIC, how: How::Raw(when) });
        }
        if dialects.same() {
            for &(field, offset, length) in HeaderField::fields(dialects.a).iter().filter(|(_, at, _)| *at >= 265) {
                self.field(field, offset, length, told);
            }
            return;
        }
        let modern = [HeaderField::Uname, HeaderField::Gname, HeaderField::Devmajor, HeaderField::Devminor];
        let is_modern = |dialect: Dialect| HeaderField::Uname.range(dialect).is_some();
        let mut from = 265;
        if is_modern(dialects.a) && is_modern(dialects.b) {
            for field in modern {
                if let Some(range) = field.range(dialects.a) {
                    from = range.end;
                    self.field(field, range.start, range.len(), told);
                }
            }
        }
        if self.differs(&(from..BLOCK)) {
            let when = self.tail(dialects, from, told);
            self.fields.push(FieldPlan { range: from..BLOCK, how: How::Raw(when) });
        }
    }

    /// What stands behind `from` in two dialects that lay it out otherwise: it follows from the
    /// format if each field that says something is told.
    fn tail(&self, dialects: Pair<Dialect>, from: usize, told: &Told<'_>) -> When {
        let mut guards = told.of(is_magic);
        if guards.is_empty() {
            return None;
        }
        for side in Side::BOTH {
            let block = self.blocks.get(side);
            for &(field, offset, length) in HeaderField::fields(*dialects.get(side)) {
                let raw = block.get(offset..offset + length).unwrap_or_default();
                if offset + length <= from || raw.iter().all(|byte| *byte == 0) {
                    continue;
                }
                let says_nothing = field.is_number() && number::spelling(raw).0.unwrap_or_default() == 0;
                let own = told.of(|told| names(field, told) || *told == Field::Number(field));
                if own.is_empty() && !says_nothing {
                    return None;
                }
                guards.extend(own);
            }
        }
        // what one of them says and no field holds: fill and fields of one dialect only
        guards.extend(told.of(|field| {
            matches!(field, Field::Header(HeaderField::Padding | HeaderField::V7Rest | HeaderField::Unused))
        }));
        told.when(guards)
    }

    fn differs(&self, range: &std::ops::Range<usize>) -> bool {
        self.blocks.a.get(range.clone()) != self.blocks.b.get(range.clone())
    }

    fn field(&mut self, field: HeaderField, offset: usize, length: usize, told: &Told<'_>) {
        use HeaderField as F;
        let range = offset..offset + length;
        if !self.differs(&range) {
            return;
        }
        let own = |wanted: &dyn Fn(&Field) -> bool| told.when(told.of(wanted));
        if !field.is_number() {
            let how = How::Raw(own(&|told| names(field, told)));
            self.fields.push(FieldPlan { range, how });
            return;
        }
        let spelling = told.of(|told| *told == Field::Number(field));
        let spelling = (!spelling.is_empty()).then(|| told.when(spelling));
        if field == F::Checksum {
            self.checksum = spelling.flatten();
            let mut guards = told.of(|told| matches!(told, Field::Number(F::Checksum) | Field::Header(F::Checksum)));
            guards.extend(told.whole);
            self.wrong = if guards.is_empty() { None } else { told.claims.when(guards) };
            return;
        }
        let values = Pair::new(self.number(Side::A, &range), self.number(Side::B, &range));
        let mut parts = Vec::new();
        if field == F::Mode {
            const PERMISSIONS: i128 = 0o7777;
            let changed = values.a.unwrap_or_default() ^ values.b.unwrap_or_default();
            if changed & PERMISSIONS != 0 {
                parts.push((PERMISSIONS, own(&|told| matches!(told, Field::Mode | Field::Header(F::Mode)))));
            }
            if changed & !PERMISSIONS != 0 {
                parts.push((!PERMISSIONS, own(&|told| matches!(told, Field::ModeType | Field::Header(F::Mode)))));
            }
        } else if values.a.unwrap_or_default() != values.b.unwrap_or_default() {
            let told = told.of(|told| names(field, told));
            let follows = matches!(field, F::Size | F::RealSize) && told.is_empty();
            parts.push((-1, if follows { self.content } else { own(&|told| names(field, told)) }));
        }
        self.fields.push(FieldPlan { range, how: How::Number { parts, spelling } });
    }

    fn number(&self, side: Side, range: &std::ops::Range<usize>) -> Option<i128> {
        number::spelling(self.blocks.get(side).get(range.clone()).unwrap_or_default()).0
    }

    /// The entry at a step.
    pub(super) fn at(&self, step: usize) -> Written<'e> {
        let Pair { a, b } = self.entries;
        let mut head = Vec::new();
        extensions(if is_on(self.extensions, step) { &b.extensions } else { &a.extensions }, &mut head);
        head.extend_from_slice(&self.block(step));
        for header in if is_on(self.sparse, step) { &b.sparse_headers } else { &a.sparse_headers } {
            head.extend_from_slice(&header.block());
        }
        let from_b = is_on(self.content, step);
        let content = if from_b { (Side::B, &b.content) } else { (Side::A, &a.content) };
        let fill_b = match self.padding {
            Fill::Follows => from_b,
            Fill::At(when) => is_on(when, step),
        };
        Written { head, content, fill: if fill_b { &b.padding } else { &a.padding } }
    }

    fn block(&self, step: usize) -> [u8; BLOCK] {
        let mut block = self.blocks.a;
        for field in &self.fields {
            let raw = |side: Side| self.blocks.get(side).get(field.range.clone()).unwrap_or_default();
            let new = match &field.how {
                How::Raw(when) => raw(if is_on(*when, step) { Side::B } else { Side::A }).to_vec(),
                How::Number { parts, spelling } => number_at(raw(Side::A), raw(Side::B), parts, *spelling, step),
            };
            if let Some(place) = block.get_mut(field.range.clone())
                && place.len() == new.len()
            {
                place.copy_from_slice(&new);
            }
        }
        if self.blocks.a != self.blocks.b {
            self.sum(&mut block, step);
        }
        block
    }

    /// Writes the checksum that `block` has, as A spells it or, once that is claimed, as B does. A
    /// checksum that is wrong on either side stays A's until the header is B's.
    fn sum(&self, block: &mut [u8; BLOCK], step: usize) {
        const CHECKSUM: std::ops::Range<usize> = 148..156;
        let raw = self.blocks.as_ref().map(|block| block.get(CHECKSUM).unwrap_or_default());
        let right = self.blocks.map(|block| crate::layer::tar::header::is_header(&block));
        if !(right.a && right.b) {
            let others = |block: &[u8; BLOCK]| {
                let mut block = *block;
                block[CHECKSUM].fill(b' ');
                block
            };
            if is_on(self.wrong, step) && others(block) == others(&self.blocks.b) {
                block[CHECKSUM].copy_from_slice(raw.b);
            }
            return;
        }
        let spelled = raw.map(number::spelling);
        let told = !number::same_spelling(raw.a, raw.b);
        let by_b = if told {
            is_on(self.checksum, step)
        } else {
            // of two spellings that can be one, the one that makes both
            number::spell(spelled.a.0, &spelled.b.1, raw.a.len()).as_deref() == Some(raw.a)
        };
        let spelling: &NumberSpelling = if by_b { &spelled.b.1 } else { &spelled.a.1 };
        let (unsigned, signed) = crate::layer::tar::header::sums(block);
        let of_a = crate::layer::tar::header::sums(&self.blocks.a);
        let is_unsigned = spelled.a.0 == Some(i128::from(of_a.0));
        let sum = if is_unsigned { i128::from(unsigned) } else { i128::from(signed) };
        if let Some(new) = number::spell(Some(sum), spelling, raw.a.len()) {
            block[CHECKSUM].copy_from_slice(&new);
        }
    }
}

/// A number field with the parts of its value and its spelling that have switched.
fn number_at(a: &[u8], b: &[u8], parts: &[(i128, When)], spelling: Option<When>, step: usize) -> Vec<u8> {
    let (left, right) = (number::spelling(a), number::spelling(b));
    let values = Pair::new(left.0.unwrap_or_default(), right.0.unwrap_or_default());
    let mut value = values.a;
    for (mask, when) in parts {
        if is_on(*when, step) {
            value = value & !mask | values.b & mask;
        }
    }
    // where the spelling is no difference, B's value is written as B writes it
    let by_b = spelling.map_or(value == values.b && !parts.is_empty(), |when| is_on(when, step));
    if value == values.b && by_b {
        return b.to_vec();
    }
    if value == values.a && !by_b {
        return a.to_vec();
    }
    let written = number::spell(Some(value), if by_b { &right.1 } else { &left.1 }, a.len());
    written.unwrap_or_else(|| a.to_vec())
}

fn is_magic(field: &Field) -> bool {
    matches!(field, Field::TarFormat(FormatField::Magic))
}

/// Whether a delta of `told` speaks of the value of a header field.
pub(super) fn names(field: HeaderField, told: &Field) -> bool {
    use HeaderField as F;
    if *told == Field::Header(field) {
        return true;
    }
    match field {
        F::Name | F::Prefix => matches!(
            told,
            Field::PathSpelling
                | Field::TarFormat(FormatField::Name)
                | Field::Kind
                | Field::Header(F::Name | F::Prefix)
        ),
        F::Linkname => matches!(
            told,
            Field::Link
                | Field::LinkHolder
                | Field::PathSpelling
                | Field::Kind
                | Field::Presence(_)
                | Field::TarFormat(FormatField::Linkname)
        ),
        F::Typeflag => matches!(
            told,
            Field::Kind
                | Field::LinkHolder
                | Field::Presence(_)
                | Field::TarFormat(FormatField::Typeflag)
                | Field::Sparse
                | Field::Content
        ),
        F::Mode => matches!(told, Field::Mode | Field::ModeType),
        F::Uid => *told == Field::Uid,
        F::Gid => *told == Field::Gid,
        F::Uname => *told == Field::Uname,
        F::Gname => *told == Field::Gname,
        F::Mtime => *told == Field::Mtime,
        F::Atime => *told == Field::Atime,
        F::Ctime => *told == Field::Ctime,
        F::Devmajor | F::Devminor => matches!(told, Field::Device | Field::Kind),
        F::Size | F::RealSize | F::SparseMap | F::IsExtended | F::Offset => {
            matches!(told, Field::Content | Field::Kind | Field::LinkHolder | Field::Sparse | Field::Presence(_))
        }
        F::Checksum | F::Magic | F::Version | F::Longnames | F::Unused | F::Padding | F::V7Rest => false,
    }
}

fn padding(entries: Pair<&Entry>, told: &Told<'_>) -> Fill {
    let regular = |entry: &Entry| {
        let over = (entry.content.length % BLOCK as u64) as u16;
        entry.padding == Padding::Zeros((BLOCK as u16 - over) % BLOCK as u16)
    };
    if entries.a.padding == entries.b.padding || regular(entries.a) && regular(entries.b) {
        return Fill::Follows;
    }
    let mut guards = told.of(|field| *field == Field::Padding);
    guards.extend(told.irregular);
    Fill::At(told.when(guards))
}

/// Writes extension headers.
pub(super) fn extensions(list: &[Extension], out: &mut Vec<u8>) {
    for extension in list {
        out.extend_from_slice(&extension.header.block());
        out.extend_from_slice(&extension.body);
        fill(&extension.padding, out);
    }
}

/// Writes the fill of a last block.
pub(super) fn fill(padding: &Padding, out: &mut Vec<u8>) {
    match padding {
        Padding::Zeros(count) => out.resize(out.len() + usize::from(*count), 0),
        Padding::Bytes(bytes) => out.extend_from_slice(bytes),
    }
}

/// One side's entry as it stands.
pub(super) fn whole(side: Side, entry: &Entry) -> Written<'_> {
    let mut head = Vec::new();
    extensions(&entry.extensions, &mut head);
    head.extend_from_slice(&entry.header.block());
    entry.sparse_headers.iter().map(Header::block).for_each(|block| head.extend_from_slice(&block));
    Written { head, content: (side, &entry.content), fill: &entry.padding }
}

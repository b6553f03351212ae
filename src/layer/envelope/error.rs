//! Why a compressed stream could not be read to its end. Offsets count in the compressed blob.

use std::io;

use crate::layer::limit::LimitError;

/// What stopped a layer from being decoded. Each says where, what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The stream ends too early.
    #[error("the {format} stream ends at byte {offset}: expected {expected}")]
    Truncated {
        /// `gzip` or `zstd`.
        format: &'static str,
        /// Length of the blob in bytes.
        offset: u64,
        /// What should have followed.
        expected: &'static str,
    },
    /// Bytes that the format does not allow.
    #[error("the {format} stream is damaged at about byte {offset}: expected {expected}, found {found}")]
    Corrupt {
        /// `gzip` or `zstd`.
        format: &'static str,
        /// Where the decoder stopped; the damage may be earlier.
        offset: u64,
        /// What the format asks for there.
        expected: &'static str,
        /// What the decoder says of it.
        found: String,
    },
    /// A gzip member's CRC-32 is not that of its data.
    #[error(
        "the gzip member that ends at byte {offset} has a wrong CRC-32: expected {declared:08x}, found {computed:08x}"
    )]
    Crc {
        /// End of the member.
        offset: u64,
        /// What the member says.
        declared: u32,
        /// What its data gives.
        computed: u32,
    },
    /// A gzip member's length (modulo 2³²) is not that of its data.
    #[error(
        "the gzip member that ends at byte {offset} has a wrong length: expected {declared}, found {computed} (modulo 2^32)"
    )]
    Length {
        /// End of the member.
        offset: u64,
        /// What the member says.
        declared: u32,
        /// What its data gives.
        computed: u32,
    },
    /// A zstd frame that cannot be read without a dictionary.
    #[error("the zstd frame at byte {offset} needs dictionary {id}, which layers do not carry")]
    Dictionary {
        /// Where the frame begins.
        offset: u64,
        /// The dictionary's number.
        id: u32,
    },
    /// A zstd frame that wants more memory than is given.
    #[error("the zstd frame at byte {offset} needs a window of {window} bytes, more than the limit of {most}")]
    Window {
        /// Where the frame begins.
        offset: u64,
        /// What it asks for.
        window: u64,
        /// What is given.
        most: u64,
    },
    /// A compression that images do not use.
    #[error("the blob is compressed by {name}: expected none, gzip or zstd")]
    Compression {
        /// Its name.
        name: &'static str,
    },
    /// A limit was hit.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// What a decoder stops with: the bytes are at fault, or reading them failed.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The bytes are at fault.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<LimitError> for UnpackError {
    fn from(limit: LimitError) -> Self {
        UnpackError::Decode(limit.into())
    }
}

impl From<UnpackError> for io::Error {
    /// For callers that read through [`io::Read`]: the facts stay reachable by downcasting.
    fn from(error: UnpackError) -> Self {
        match error {
            UnpackError::Io(error) => error,
            UnpackError::Decode(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}

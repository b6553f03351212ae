//! Content digests, as OCI descriptors write them: `sha256:<64 hex>`.
//!
//! Refuses to know anything of what is hashed. Algorithms: the two that the OCI image
//! specification registers (`sha256`, `sha512`).

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

/// A content digest: algorithm and value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    /// `sha256:` and 64 hexadecimal digits.
    Sha256([u8; 32]),
    /// `sha512:` and 128 hexadecimal digits.
    Sha512([u8; 64]),
}

/// Why a string is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `algorithm:` in front.
    #[error("{0:?} is no digest: expected `sha256:` and 64 hexadecimal digits")]
    Form(String),
    /// The algorithm is not registered by the OCI image specification.
    #[error("digest algorithm {0:?} is not supported: expected sha256 or sha512")]
    Algorithm(String),
    /// The value is not as many lower-case hexadecimal digits as the algorithm makes.
    #[error("{0:?} is no {1} digest: expected {2} lower-case hexadecimal digits")]
    Value(String, &'static str, usize),
}

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Digest::Sha256(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of `bytes` by the same algorithm as `self`.
    pub fn of_same_algorithm(&self, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::like(self);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The algorithm's name as descriptors write it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Digest::Sha256(_) => "sha256",
            Digest::Sha512(_) => "sha512",
        }
    }

    /// The value, raw.
    pub fn value(&self) -> &[u8] {
        match self {
            Digest::Sha256(value) => value,
            Digest::Sha512(value) => value,
        }
    }

    /// The value in hexadecimal, without the algorithm.
    pub fn hex(&self) -> String {
        hex(self.value())
    }

    /// The first twelve hexadecimal digits, as docker shortens an image ID.
    pub fn short(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(12);
        hex
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
    out
}

fn unhex(text: &str, out: &mut [u8]) -> bool {
    let text = text.as_bytes();
    if text.len() != out.len() * 2 {
        return false;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let Some((algorithm, value)) = text.split_once(':') else {
            return Err(DigestError::Form(text.into()));
        };
        match algorithm {
            "sha256" => {
                let mut bytes = [0; 32];
                if unhex(value, &mut bytes) {
                    Ok(Digest::Sha256(bytes))
                } else {
                    Err(DigestError::Value(text.into(), "sha256", 64))
                }
            }
            "sha512" => {
                let mut bytes = [0; 64];
                if unhex(value, &mut bytes) {
                    Ok(Digest::Sha512(bytes))
                } else {
                    Err(DigestError::Value(text.into(), "sha512", 128))
                }
            }
            _ => Err(DigestError::Algorithm(algorithm.into())),
        }
    }
}

/// An incremental digest.
#[derive(Clone)]
pub enum Hasher {
    /// SHA-256 under way.
    Sha256(sha2::Sha256),
    /// SHA-512 under way.
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// A SHA-256 hasher.
    pub fn sha256() -> Self {
        Hasher::Sha256(sha2::Sha256::new())
    }

    /// A hasher of the algorithm of `digest`, to check bytes against it.
    pub fn like(digest: &Digest) -> Self {
        match digest {
            Digest::Sha256(_) => Self::sha256(),
            Digest::Sha512(_) => Hasher::Sha512(sha2::Sha512::new()),
        }
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        match self {
            Hasher::Sha256(hasher) => Digest::Sha256(hasher.finalize().into()),
            Hasher::Sha512(hasher) => Digest::Sha512(hasher.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_round_trip_and_say_what_is_wrong() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text.parse::<Digest>().map(|d| d.to_string()), Ok(text.into()));
        assert_eq!(Digest::sha256(b"").to_string(), text);
        assert!(matches!("sha256".parse::<Digest>(), Err(DigestError::Form(_))));
        assert!(matches!("md5:00".parse::<Digest>(), Err(DigestError::Algorithm(_))));
        assert!(matches!(
            text.to_uppercase().replace("SHA256", "sha256").parse::<Digest>(),
            Err(DigestError::Value(..))
        ));
    }
}

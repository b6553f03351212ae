//! What can go wrong between a name and a registry's answer: facts first, one sentence each.
//!
//! Holds no secret and no URL with its query, since blob stores sign their URLs there.

use crate::text::thousands;

/// Why a registry did not give what was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// What was typed is no name of an image.
    #[error("{typed:?} names no image of a registry: {why}")]
    Name {
        /// What was typed.
        typed: String,
        /// What was expected and found.
        why: String,
    },
    /// No connection, or no HTTP at its other end.
    #[error("cannot talk to {host}: {why}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What happened.
        why: String,
    },
    /// The server says nothing for too long.
    #[error("{host} gave no sign for {seconds} s while {doing} (--timeout)")]
    Silent {
        /// Host and port.
        host: String,
        /// How long was waited, in seconds.
        seconds: u64,
        /// `connecting`, `waiting for its answer`.
        doing: &'static str,
    },
    /// TLS fails.
    #[error(
        "no secure connection to {host}: {why} (--ca-file FILE trusts another authority, --insecure trusts anyone)"
    )]
    Tls {
        /// Host and port.
        host: String,
        /// The TLS library's words.
        why: String,
    },
    /// The registry or its token server wants other credentials.
    #[error("{host} refuses to show {what} ({status}): {with}")]
    Unauthorized {
        /// Who refuses.
        host: String,
        /// The repository.
        what: String,
        /// The HTTP status.
        status: u16,
        /// Which credentials were used, and what to do.
        with: String,
    },
    /// The registry has no such manifest or repository.
    #[error("{host} has no {what}{hint}")]
    NotFound {
        /// Host and port.
        host: String,
        /// `library/app:1`.
        what: String,
        /// What else may have been meant, with its punctuation; may be empty.
        hint: String,
    },
    /// Another status than asked for.
    #[error("{host} answers {status} to a request for {what}{said}")]
    Status {
        /// Host and port.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What was asked for.
        what: String,
        /// What the server says, with its punctuation; may be empty.
        said: String,
    },
    /// A server that wants to be left alone for longer than anybody waits.
    #[error("{host} asks to come back in {seconds} s ({status})")]
    Later {
        /// Host and port.
        host: String,
        /// What `Retry-After` says, in seconds.
        seconds: u64,
        /// The HTTP status.
        status: u16,
    },
    /// An answer that breaks the protocol.
    #[error("{host}: {what}: expected {expected}, found {found}")]
    Answer {
        /// Host and port.
        host: String,
        /// Which answer.
        what: String,
        /// What the protocol asks for.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A transfer that breaks off however often it is resumed.
    #[error("{host}: the transfer of {blob} broke off after {} bytes, and {tries} tries to resume it brought nothing: {why}", thousands(*at))]
    Broken {
        /// Host and port.
        host: String,
        /// The blob.
        blob: String,
        /// How many bytes had come.
        at: u64,
        /// How often it was resumed in vain.
        tries: u32,
        /// What happened the last time.
        why: String,
    },
    /// A server that lets its bytes drip.
    #[error("{host} sends {what} too slowly: {why}")]
    Slow {
        /// Host and port.
        host: String,
        /// The blob or document.
        what: String,
        /// How slowly.
        why: String,
    },
    /// A body that does not end where it should.
    #[error("{host}: {blob} should have {} bytes and goes on behind them", thousands(*size))]
    TooLong {
        /// Host and port.
        host: String,
        /// The blob or document.
        blob: String,
        /// Its size in bytes.
        size: u64,
    },
    /// A file of credentials or certificates that cannot be read.
    #[error("{file}: {why}")]
    File {
        /// The file.
        file: String,
        /// What was expected and found; never the contents.
        why: String,
    },
    /// The folder of `--cache` cannot be used.
    #[error("--cache {folder}: cannot {doing}: {why}")]
    Cache {
        /// The folder.
        folder: String,
        /// `create it`.
        doing: &'static str,
        /// The operating system's words.
        why: String,
    },
}

//! Secrets: passwords, tokens, headers made of them.
//!
//! Refuses to be printed: [`Secret`] has no `Display`, and its `Debug` says that something is there.
//! [`Secrets`] takes known secrets out of foreign text, since servers echo what they are sent.

use std::fmt;
use std::sync::Mutex;

/// Something that must not appear in any output.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The secret itself, to be sent to whom it is for.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Shorter ones are not looked for: they would be found in words.
const SHORTEST: usize = 4;
/// So many are remembered; a run that renews tokens for hours needs fewer.
const MOST: usize = 1000;

/// Every secret that this run has met.
#[derive(Debug, Default)]
pub(super) struct Secrets(Mutex<Vec<Secret>>);

impl Secrets {
    /// Remembers a secret.
    pub(super) fn add(&self, secret: &Secret) {
        if let Ok(mut known) = self.0.lock()
            && secret.0.len() >= SHORTEST
            && known.len() < MOST
            && !known.contains(secret)
        {
            known.push(secret.clone());
            // the longest first: a header holds the token that it is made of
            known.sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
        }
    }

    /// `text` with every known secret taken out.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Ok(known) = self.0.lock() {
            for secret in known.iter() {
                text = text.replace(&secret.0, "(secret)");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let secrets = Secrets::default();
        for secret in ["hunter22", "hunter22-and-more", "ab"] {
            secrets.add(&Secret::new(secret));
        }
        assert_eq!(secrets.clean("hunter22-and-more, hunter22, ab"), "(secret), (secret), ab");
        assert!(!format!("{secrets:?} {:?}", Secret::new("hunter22")).contains("hunter22"));
    }
}

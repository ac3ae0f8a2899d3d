//! A secret in another form, and the words for it.

/// A secret in another form.
pub(super) struct Variant {
    /// Completes "The signature is right with the secret …".
    pub(super) how: String,
    pub(super) key: Made,
}

pub(super) enum Made {
    /// A text, from which the scheme makes the key.
    Text(String),
    /// The key itself.
    Bytes(Vec<u8>),
}

pub(super) fn text(how: &str, text: impl Into<String>) -> Variant {
    Variant { how: how.to_owned(), key: Made::Text(text.into()) }
}

pub(super) fn bytes(how: &str, bytes: impl Into<Vec<u8>>) -> Variant {
    Variant { how: how.to_owned(), key: Made::Bytes(bytes.into()) }
}

/// White space and other invisible characters: zero-width characters, soft hyphens and the byte order mark.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\0')
}

//! A field to send: those that the sender had, and the one that delimits the body.

use super::wire::Framing;

pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: Vec<u8>,
    /// Its place among the captured fields.
    pub(super) at: usize,
}

impl Field {
    /// The value as text in which every byte is a character: what `latin-1` libraries send as these bytes.
    pub(super) fn latin1(&self) -> String {
        self.value.iter().map(|&byte| char::from(byte)).collect()
    }

    /// Whether the value has control characters, which strict libraries refuse (RFC 9110, section 5.5).
    pub(super) fn has_controls(&self) -> bool {
        self.value.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control())
    }
}

/// The names of fields that most clients write themselves.
const OWN: &[&str] = &["content-length", "host", "transfer-encoding"];

pub(super) fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// The field that delimits the body: the sender's if it is right for what is sent, else one behind all others.
pub(super) fn framing_field(framing: Framing, own: &[Field], length: usize) -> Option<Field> {
    let name = match framing {
        Framing::None => return None,
        Framing::Length => "Content-Length",
        Framing::Chunked => "Transfer-Encoding",
    };
    let sent = own.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let (spelt, at) = sent.map_or((name, usize::MAX), |field| (&field.name, field.at));
    let is_right = |field: &&Field| {
        let value = str::from_utf8(&field.value).unwrap_or_default();
        framing == Framing::Chunked
            || value.bytes().all(|byte| byte.is_ascii_digit())
                && value.parse::<usize>().is_ok_and(|given| given == length)
    };
    let value = match (sent.filter(is_right), framing) {
        (Some(field), _) => field.value.clone(),
        (None, Framing::Chunked) => b"chunked".to_vec(),
        (None, Framing::None | Framing::Length) => length.to_string().into_bytes(),
    };
    Some(Field { name: spelt.to_owned(), value, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_is_wrong_for_the_body_is_not_sent() {
        let own = |value: &[u8]| [Field { name: "content-length".to_owned(), value: value.to_vec(), at: 3 }];
        for (value, sent) in [(&b"2"[..], "2"), (b"002", "002"), (b"9", "2"), (b"+2", "2"), (b"", "2")] {
            let field = framing_field(Framing::Length, &own(value), 2).unwrap();
            assert_eq!((&*field.name, &*field.value, field.at), ("content-length", sent.as_bytes(), 3));
        }
    }
}

//! The response to a sender that does not come from the bin itself.

use bytes::Bytes;

/// A head that is passed on as it came, without the fields of one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PassedHead {
    /// The reason phrase; `None` for the usual one.
    pub reason: Option<Bytes>,
    /// Names and values as sent, in their order.
    pub fields: Vec<(Bytes, Bytes)>,
    /// It answers a HEAD: its length is that of a body that is not sent.
    pub to_head: bool,
}

impl PassedHead {
    /// Whether a field of that name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// An answer from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassedAnswer {
    pub status: u16,
    /// The rest of the head.
    pub head: PassedHead,
    /// The body as received.
    pub body: Bytes,
}

impl PassedAnswer {
    /// Creel's own answer, when there is none to pass on: `{"ok": false, "error": …}`.
    pub(crate) fn error(status: u16, sentence: &str) -> Self {
        let body = serde_json::json!({"ok": false, "error": sentence}).to_string();
        let fields = vec![("Content-Type".into(), "application/json".into())];
        Self { status, head: PassedHead { fields, ..PassedHead::default() }, body: body.into() }
    }

    /// The same, with the time to retry.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.head.fields.push(("Retry-After".into(), seconds.to_string().into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_json_and_says_when_to_come_again() {
        let answer = PassedAnswer::error(503, "The \"target\" is away.").retry_after(7);
        assert_eq!((answer.status, &answer.body[..]), (503, &br#"{"ok":false,"error":"The \"target\" is away."}"#[..]));
        let fields: Vec<_> = answer.head.fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(fields, [(&b"Content-Type"[..], &b"application/json"[..]), (b"Retry-After", b"7")]);
        assert!(answer.head.has("content-TYPE") && answer.head.has("Retry-After"));
        assert!(!answer.head.has("content") && !answer.head.has("") && !PassedHead::default().has("Retry-After"));
    }
}

//! Converts a response's headers to the framework's, once for a list that is used repeatedly.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::header::{self, HeaderName, HeaderValue};

/// Headers as a response has them.
type List = Arc<Vec<(String, String)>>;

/// Headers as the framework takes them.
#[derive(Clone)]
pub(super) struct ReadyHeaders {
    pub(super) fields: Rc<[(HeaderName, HeaderValue)]>,
    /// They ask to close the connection.
    pub(super) close: bool,
}

/// Remembers the headers of one worker's last response: a bin's constant response has the same ones every time.
///
/// It holds the source list, so that no other list can have the same address.
#[derive(Default)]
pub(super) struct HeaderCache(RefCell<Option<(List, ReadyHeaders)>>);

impl HeaderCache {
    /// The framework's form of `headers`.
    pub(super) fn ready(&self, headers: &List) -> ReadyHeaders {
        let mut last = self.0.borrow_mut();
        if let Some((_, ready)) = last.as_ref().filter(|(list, _)| Arc::ptr_eq(list, headers)) {
            return ready.clone();
        }
        let ready = ReadyHeaders::new(headers);
        // A list with a single owner was made for this response only.
        if Arc::strong_count(headers) > 1 {
            *last = Some((Arc::clone(headers), ready.clone()));
        }
        ready
    }
}

impl ReadyHeaders {
    /// Leaves out what the listener sets itself, and what is not a valid header.
    fn new(list: &[(String, String)]) -> Self {
        let mut close = false;
        let mut fields = Vec::with_capacity(list.len() + 1);
        for (name, value) in list {
            let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
            else {
                continue;
            };
            if name == header::CONNECTION {
                close |= value.as_bytes().eq_ignore_ascii_case(b"close");
                continue;
            }
            // The listener frames the message: a wrong length here would make the next response part of this one.
            let ours =
                [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::UPGRADE, header::X_CONTENT_TYPE_OPTIONS];
            if !ours.contains(&name) {
                fields.push((name, value));
            }
        }
        fields.push((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
        Self { fields: fields.into(), close }
    }
}

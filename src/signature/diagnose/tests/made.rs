//! What the families of forms make of a body, each form with the words for it.

use super::super::body::{Body, Variant};
use super::*;
use crate::json::tree;

pub(super) type Make = fn(&Body<'_>) -> Vec<Variant>;

pub(super) struct Made(Vec<(String, Vec<u8>)>);

/// With the body as it is read for all families.
pub(super) fn with_body<T>(kind: &str, sent: &[u8], take: impl FnOnce(&Body<'_>) -> T) -> T {
    let headers: Headers = [("Content-Type", kind.to_owned())].into_iter().collect();
    let request =
        SignedRequest { method: "POST", url: URL, headers: &headers, body: sent, received_at: Timestamp::default() };
    take(&Body::new(&request, tree::parse(sent)))
}

pub(super) fn made_of(make: Make, kind: &str, sent: impl AsRef<[u8]>) -> Made {
    let variants = with_body(kind, sent.as_ref(), make);
    Made(variants.into_iter().map(|variant| (variant.how.into_owned(), variant.bytes)).collect())
}

pub(super) fn made(make: Make, sent: impl AsRef<[u8]>) -> Made {
    made_of(make, "application/json", sent)
}

impl Made {
    /// The bodies with these words.
    pub(super) fn of(&self, how: &str) -> Vec<&[u8]> {
        self.0.iter().filter(|(words, _)| words == how).map(|(_, bytes)| &bytes[..]).collect()
    }

    pub(super) fn texts(&self, how: &str) -> Vec<String> {
        self.of(how).into_iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(words, _)| words.as_str())
    }

    /// Each of these words has exactly these bodies, in this order.
    #[track_caller]
    pub(super) fn are(&self, rows: &[(&str, &[&str])]) {
        for (how, expected) in rows {
            assert_eq!(self.texts(how), *expected, "{how}, of: {}", self.words().collect::<Vec<_>>().join(" | "));
        }
    }

    /// The same for bytes that are no text, one body each.
    #[track_caller]
    pub(super) fn are_bytes(&self, rows: &[(&str, &[u8])]) {
        for (how, expected) in rows {
            assert!(self.of(how).contains(expected), "{how}: {:?}", self.of(how));
        }
    }

    /// One of the bodies with these words is this one.
    #[track_caller]
    pub(super) fn hold(&self, rows: &[(&str, &str)]) {
        for (how, expected) in rows {
            let texts = self.texts(how);
            assert!(texts.iter().any(|text| text == expected), "{how}: wanted {expected}, got {texts:#?}");
        }
    }

    /// Nothing is made in this way.
    #[track_caller]
    pub(super) fn lack(&self, all: &[&str]) {
        for how in all {
            assert_eq!(self.texts(how), [""; 0], "{how}");
        }
    }
}

/// With a search for what is wrong with a request to a bin of that scheme.
pub(super) fn searched<T>(scheme: &Scheme, got: &Got<'_>, take: impl FnOnce(&mut Search<'_>) -> T) -> T {
    let config = Config::new();
    let secrets = [secret("live", &got.secret)];
    let case = Case {
        catalogue: catalogue(),
        scheme,
        config: &config,
        request: SignedRequest {
            method: "POST",
            url: got.url,
            headers: &got.headers,
            body: got.body,
            received_at: Timestamp::from_secs(1_700_000_001),
        },
        secrets: &secrets,
        other_secrets: &[],
        other_requests: &[],
        urls: &[],
        below: "",
        query: None,
        complete: true,
        over_limit: false,
        declared_size: None,
    };
    take(&mut Search::new(&case, 1))
}

//! Other requests of the bin: bodies that were swapped, signatures that were used before.

use super::search::Search;
use super::variation::with_body;
use super::{Finding, OtherRequest};
use crate::http::Headers;
use crate::signature::SignedRequest;
use crate::signature::received::texts;
use crate::signature::request::View;

/// The most other requests that are compared.
const MAX_OTHERS: usize = 32;

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    let others: Vec<&OtherRequest<'_>> = search.case.other_requests.iter().take(MAX_OTHERS).collect();
    for other in &others {
        if other.body == request.body {
            continue;
        }
        for (_, key) in search.keys() {
            let swapped = with_body(&request, other.body);
            if search.signs_body()
                && let Some(hit) = search.hit(&swapped, &key)
            {
                return Some(if signatures(search, other.headers) == signatures(search, request.headers) {
                    search.found(
                        hit,
                        "signature_of_other_request",
                        &format!(
                            "The signature was taken over from the request {}: it is right for that body.",
                            other.id
                        ),
                        "Sign each body anew; an older signature does not fit it.",
                    )
                } else {
                    search.found(
                        hit,
                        "body_of_other_request",
                        &format!(
                            "The signature is right for the body of the request {}: bodies were swapped.",
                            other.id
                        ),
                        "Look for a sender that signs one body and sends another, for example from a shared buffer.",
                    )
                });
            }
        }
    }
    None
}

/// The signature texts of a request with these headers.
fn signatures(search: &Search<'_>, headers: &Headers) -> Vec<Vec<u8>> {
    let request = SignedRequest { headers, ..search.case.request };
    let view = View::new(&request, search.case.config);
    texts(&search.scheme, &view).into_iter().map(std::borrow::Cow::into_owned).collect()
}

//! The engine's steps one by one: the offered signatures, the signed bytes, whether a key fits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::*;
use crate::signature::key::Key;
use crate::signature::received::{groups, shared_vars, texts};
use crate::signature::request::View;
use crate::signature::template::{Context, Vars};

/// Signatures that a request carries, with the values (timestamp, id…) that belong to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The values by name: those captured beside the signatures, and the scheme's `vars`.
    pub(super) vars: BTreeMap<String, Vec<u8>>,
    /// The signatures' texts without their prefixes (`sha256=`, `v1=`); not yet decoded.
    pub(super) signatures: Vec<String>,
}

/// The raw texts of the places that the scheme reads its signature from, as far as they are UTF-8.
pub(super) fn signature_texts(scheme: &Scheme, request: &SignedRequest<'_>) -> Vec<String> {
    let config = Config::new();
    let view = View::new(request, &config);
    texts(scheme, &view).iter().filter_map(|text| std::str::from_utf8(text).ok().map(str::to_owned)).collect()
}

/// The signatures that the request offers, in the form that the scheme wants. Empty when there is none in that form.
pub(super) fn offers(scheme: &Scheme, request: &SignedRequest<'_>) -> Vec<Offer> {
    let config = Config::new();
    let view = View::new(request, &config);
    let texts = texts(scheme, &view);
    let shared = shared_vars(scheme, &view);
    let offer = |group: crate::signature::received::Group<'_>| {
        let outside = shared.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
        let captured = group.vars.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        Offer {
            vars: outside.chain(captured).collect(),
            signatures: group.signatures.iter().map(|text| (*text).to_owned()).collect(),
        }
    };
    groups(scheme, &texts).into_iter().map(offer).collect()
}

/// The bytes that the template makes of a request. `secret` is needed only where the template holds `{secret}`.
fn signed_bytes(
    template: &Template,
    request: &SignedRequest<'_>,
    vars: &BTreeMap<String, Vec<u8>>,
    secret: &str,
    config: &Config,
) -> Result<Vec<u8>, Missing> {
    let view = View::new(request, config);
    let shared: Vec<(&str, Cow<'_, [u8]>)> =
        vars.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(&value[..]))).collect();
    template.to_bytes(&Context { view: &view, vars: Vars { shared: &shared, group: &[] }, secret: Some(secret) })
}

/// Whether the key makes (or, as a public key, verifies) this signature of the message. Compared in constant time.
fn matches(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some(key) = Key::new(algorithm, key) else { return false };
    if algorithm == Algorithm::Equal {
        key.token_matches(signature)
    } else if algorithm.is_asymmetric() {
        key.verifies(message, signature)
    } else {
        key.tag(message).is_some_and(|tag| tag.matches(signature))
    }
}

#[test]
fn the_steps_lead_to_the_verdict() {
    let scheme = scheme("stripe");
    let (request, _) = signed_for(scheme);
    let request = request.request();
    let offers = offers(scheme, &request);
    let secret = secret_for(scheme);
    let message = signed_bytes(&scheme.signed[0], &request, &offers[0].vars, &secret, &Config::new()).unwrap();
    let received = scheme.encoding.decode(&offers[0].signatures[0]).unwrap();
    let key = scheme.key(&secret).unwrap();
    assert!(matches(scheme.algorithm, &key, &message, &received));
    assert!(!matches(Algorithm::HmacSha1, &key, &message, &received));
    let other = Template::parse("{body}.{timestamp}").unwrap();
    let message = signed_bytes(&other, &request, &offers[0].vars, &secret, &Config::new()).unwrap();
    assert!(!matches(scheme.algorithm, &key, &message, &received));
}

//! The bin's secret, pasted, decoded or completed in another way; and the secrets of other bins.

use std::collections::HashSet;

use super::Finding;
use super::search::{KeyText, Search};
use super::secret_clutter;
use super::secret_forms::{FORMS, Form, HERE, SENDER};
use super::secret_unset;
use super::secret_variant::Made;
use crate::signature::encoding::Encoding;
use crate::signature::scheme::Scheme;

/// The most secrets of other bins that are tried.
const MAX_OTHERS: usize = 512;

pub(super) fn likely(search: &mut Search<'_>) -> Option<Finding> {
    let likely = variants(search, true);
    first_of(search, likely).or_else(|| secret_unset::words(search, secret_unset::LIKELY))
}

pub(super) fn rare(search: &mut Search<'_>) -> Option<Finding> {
    let rare = variants(search, false);
    first_of(search, rare).or_else(|| secret_unset::words(search, secret_unset::RARE))
}

/// Text around the secret that only the sender or only the bin has; tried only for small bodies.
pub(super) fn rarest(search: &mut Search<'_>) -> Option<Finding> {
    if !search.is_small() {
        return None;
    }
    let rarest = made_by(search, secret_clutter::FORMS.iter());
    first_of(search, rarest)
}

fn first_of(search: &mut Search<'_>, variants: Vec<Ready>) -> Option<Finding> {
    let request = search.case.request;
    for variant in variants {
        if let Some(hit) = search.hit(&request, &variant.key) {
            let fix = match sibling(search, &variant.key.bytes).filter(|_| variant.fix == SENDER) {
                Some(other) => format!(
                    "Set the bin's scheme to `{}`, or let the sender use the secret in the form that {} asks for.",
                    other.id, search.scheme.name
                ),
                None => variant.fix.to_owned(),
            };
            return Some(search.found(hit, variant.code, &format!("{}.", variant.sentence), &fix));
        }
    }
    None
}

/// The known scheme that differs only in how it makes the key, and makes this key of a secret of the bin.
fn sibling<'a>(search: &Search<'a>, key: &[u8]) -> Option<&'a Scheme> {
    let own = &search.scheme;
    let is_sibling = |other: &&Scheme| {
        other.id != own.id
            && (other.algorithm, other.encoding) == (own.algorithm, own.encoding)
            && (&other.from, &other.items, &other.vars) == (&own.from, &own.items, &own.vars)
            && other.signed == own.signed
    };
    let makes_it = |other: &&Scheme| {
        search.case.secrets.iter().any(|secret| other.key(secret.value.expose()).as_deref() == Some(key))
    };
    search.case.catalogue.schemes().iter().map(AsRef::as_ref).filter(is_sibling).find(makes_it)
}

/// What to do. A sender has no public key to change, so the bin's form of a public key is the one to correct.
fn fix_of(form: &Form, scheme: &Scheme) -> &'static str {
    if form.fix != SENDER || !scheme.algorithm.is_asymmetric() {
        return form.fix;
    }
    match scheme.secret.written_in() {
        Encoding::Hex => "Paste the public key as hex.",
        Encoding::Base64 | Encoding::Base64url | Encoding::Base64Hex => "Paste the public key as base64.",
        Encoding::Utf8 => HERE,
    }
}

/// A secret's variation, ready to be tried.
pub(super) struct Ready {
    pub(super) code: &'static str,
    /// Without its full stop.
    pub(super) sentence: String,
    pub(super) fix: &'static str,
    pub(super) key: KeyText,
}

/// Every variation of every secret, without repeats, without the plain ones.
pub(super) fn variants(search: &Search<'_>, is_likely: bool) -> Vec<Ready> {
    made_by(search, FORMS.iter().filter(|form| form.is_likely == is_likely))
}

fn made_by<'f>(search: &Search<'_>, forms: impl Iterator<Item = &'f Form>) -> Vec<Ready> {
    let plain = search.keys().into_iter().map(|(_, key)| key.bytes);
    let mut seen: HashSet<Vec<u8>> = plain.collect();
    let mut ready = Vec::new();
    for form in forms {
        for secret in search.case.secrets {
            for variant in (form.make)(secret.value.expose()) {
                let key = match variant.key {
                    Made::Text(text) => search.key(&text),
                    Made::Bytes(bytes) => {
                        let text = String::from_utf8(bytes.clone()).ok();
                        Some(KeyText { bytes, text })
                    }
                };
                let Some(key) = key.filter(|key| seen.insert(key.bytes.clone())) else { continue };
                let label = search.label(secret);
                let sentence = format!("The signature is right with the secret{label} {}", variant.how);
                ready.push(Ready { code: form.code, sentence, fix: fix_of(form, &search.scheme), key });
            }
        }
    }
    ready
}

pub(super) fn of_other_bins(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    search.case.other_secrets.iter().take(MAX_OTHERS).find_map(|other| {
        let text = other.value.expose();
        let trimmed = search.key(text.trim()).filter(|_| text.trim() != text);
        [search.key(text), trimmed].into_iter().flatten().find_map(|key| {
            let hit = search.hit(&request, &key)?;
            Some(search.found(
                hit,
                "other_bin_secret",
                &format!("The signature was made with the secret “{}” of the bin “{}”.", other.label, other.bin),
                "Add that secret to this bin, or send to the other bin's URL.",
            ))
        })
    })
}

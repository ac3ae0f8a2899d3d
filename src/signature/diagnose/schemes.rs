//! Other known schemes: the request may be right by one of them, only not by the scheme in force.

use super::search::{Search, key_of};
use super::{Case, Finding};
use crate::model::SignatureStatus;
use crate::signature::examine::{LabelledSecret, examine};
use crate::signature::key::Key;
use crate::signature::received::{groups, texts};
use crate::signature::request::View;
use crate::signature::rules::share_a_place;
use crate::signature::scheme::Scheme;
use crate::signature::source::Source;

/// The most other schemes that are examined in full: more never find their signature in one request.
const MAX_SCHEMES: usize = 24;

/// The largest body that is searched for signatures, once per scheme that has its signature in the body.
const MAX_BODY_READ: usize = 64 << 10;

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let case = search.case;
    let view = View::new(&case.request, case.config);
    let mut left = MAX_SCHEMES;
    let is_small = case.request.body.len() <= MAX_BODY_READ;
    // Where the scheme's own place has a signature, one in another place does not explain why this one is wrong.
    let has_own = search.tokens.iter().any(|token| token.fault.is_none() && !search.algorithms.is_empty());
    let reads_body = |scheme: &Scheme| scheme.from.iter().any(Source::in_body);
    for scheme in case.catalogue.schemes().iter().filter(|scheme| scheme.id != case.scheme.id) {
        if reads_body(scheme) && !is_small || has_own && !share_a_place(case.scheme, scheme) {
            continue;
        }
        let texts = texts(scheme, &view);
        // A token that equals a secret proves nothing about the scheme's name.
        if texts.is_empty()
            || scheme.algorithm == crate::signature::Algorithm::Equal
            || groups(scheme, &texts).is_empty()
        {
            continue;
        }
        let Some(less) = left.checked_sub(1) else { break };
        left = less;
        let cost = case.request.body.len().saturating_mul(case.secrets.len().max(1) * scheme.signed.len());
        if !search.spend(cost) {
            break;
        }
        if let Some(label) = verifies(case, scheme, &view) {
            return Some(Finding {
                code: "other_scheme",
                sentence: format!(
                    "The signature is right by the scheme {} with the secret “{label}”; the bin's is {}.",
                    scheme.name, case.scheme.name
                ),
                fix: format!("Set the bin's scheme to `{}`.", scheme.id),
                verifies: true,
                custom_scheme: None,
            });
        }
    }
    None
}

fn verifies(case: &Case<'_>, scheme: &Scheme, view: &View<'_>) -> Option<String> {
    let held: Vec<LabelledSecret> = case
        .secrets
        .iter()
        .map(|secret| LabelledSecret { label: secret.label.clone(), value: secret.value.clone() })
        .collect();
    let keys: Vec<Option<Key>> = case
        .secrets
        .iter()
        .map(|secret| Key::new(scheme.algorithm, &key_of(scheme, secret.value.expose())?.bytes))
        .collect();
    let outcome = examine(scheme, &keys, &held, view);
    if outcome.status != SignatureStatus::Valid {
        return None;
    }
    outcome.secret.and_then(|at| held.get(at)).map(|secret| secret.label.clone())
}

//! Batches: the first wrong item is diagnosed.

use super::{Case, Diagnosed, diagnosed};
use crate::model::SignatureStatus;
use crate::signature::examine::{LabelledSecret, examine};
use crate::signature::key::Key;
use crate::signature::request::View;

/// `None` if the scheme signs no items, or there are none.
pub(super) fn diagnosed_item(case: &Case<'_>, share: usize) -> Option<Diagnosed> {
    let list = case.scheme.list()?;
    let view = View::new(&case.request, case.config);
    let count = view.items(list).len();
    let held: Vec<LabelledSecret> = case
        .secrets
        .iter()
        .map(|secret| LabelledSecret { label: secret.label.clone(), value: secret.value.clone() })
        .collect();
    let key = |text: &str| Key::new(case.scheme.algorithm, &case.scheme.key(text)?);
    let keys: Vec<Option<Key>> = case.secrets.iter().map(|secret| key(secret.value.expose())).collect();
    let outcome = examine(case.scheme, &keys, &held, &view);
    if count == 0 || outcome.status == SignatureStatus::Valid {
        return None;
    }
    let scheme = case.scheme.for_item(outcome.item);
    let mut found = diagnosed(&Case { scheme: &scheme, ..*case }, share);
    if let Some(first) = found.findings.first_mut().filter(|_| count > 1) {
        first.sentence = format!("Item {} of {count} ({list}/{}): {}", outcome.item + 1, outcome.item, first.sentence);
    }
    Some(found)
}

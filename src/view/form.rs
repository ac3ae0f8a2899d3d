//! `application/x-www-form-urlencoded`: pairs in order, repeats kept.

use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};
use crate::http::form;

/// Pairs that are shown; the rest is counted.
const MAX_PAIRS: usize = 2_000;

pub(super) const MEMBER: Member = Member { id: "form", label: "Form", fit, render };

/// A form's pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormView {
    /// The first pairs, in order.
    pub pairs: Vec<FormPair>,
    /// Pairs of the whole form, those that are not shown among them.
    pub total: usize,
}

/// One pair, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormPair {
    /// The name, decoded; cut when the view has no more room.
    pub name: String,
    /// The value, cut when it is long.
    pub value: String,
    /// Whether it is cut.
    pub truncated: bool,
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    body.content_type
        .as_ref()
        .is_some_and(|declared| declared.essence == "application/x-www-form-urlencoded")
        .then_some(Fit::Declared)
}

fn render(body: &Body<'_>, options: &RenderOptions) -> ViewModel {
    let mut model = ViewModel::new(&MEMBER);
    let mut left = options.text_bytes;
    let mut total = 0;
    let mut pairs = Vec::new();
    for encoded in body.bytes().split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        total += 1;
        if total > MAX_PAIRS || left == 0 {
            continue;
        }
        // An encoded byte takes three characters; a value longer than the limit is cut before it is decoded.
        let most = left.saturating_mul(3).min(encoded.len());
        for (name, value) in form::pairs(&encoded[..most]) {
            let (name, name_cut) = crate::http::text::cut(&name, left);
            left -= name.len();
            let (value, value_cut) = crate::http::text::cut(&value, left);
            left -= value.len();
            let truncated = name_cut || value_cut || most < encoded.len();
            model.truncated |= truncated;
            pairs.push(FormPair { name: name.to_owned(), value: value.to_owned(), truncated });
        }
    }
    if total > pairs.len() {
        model.truncated = true;
        model.notes.push(format!("The first {} of {total} pairs are shown.", pairs.len()));
    }
    model.content = ViewContent::Form(FormView { pairs, total });
    model
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::render as render_view;
    use crate::view::{BodyInput, ViewKind};

    fn form(bytes: &[u8], text_bytes: usize) -> (FormView, bool) {
        let input = BodyInput { content_type: None, content_encoding: None, bytes };
        let model = render_view(ViewKind(&MEMBER), input, &RenderOptions { text_bytes, ..RenderOptions::default() });
        match model.content {
            ViewContent::Form(form) => (form, model.truncated),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pairs_are_decoded_in_order_with_repeats() {
        let (form, truncated) = form(b"a=1+2&b&a=%C3%A9%zz&&=x", 1_000);
        let pairs: Vec<_> = form.pairs.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
        assert_eq!(pairs, [("a", "1 2"), ("b", ""), ("a", "é%zz"), ("", "x")]);
        assert!(!truncated);
    }

    #[test]
    fn many_pairs_and_long_values_are_cut() {
        let (many, truncated) = form("a=1&".repeat(100_000).as_bytes(), 1_000_000);
        assert_eq!((many.pairs.len(), many.total, truncated), (MAX_PAIRS, 100_000, true));
        let (long, truncated) = form(format!("a={}&b=2", "%C3%A9".repeat(1_000)).as_bytes(), 101);
        assert!(truncated && long.pairs[0].truncated && long.pairs[0].value.len() <= 100);
        assert_eq!(long.total, 2);
    }
}

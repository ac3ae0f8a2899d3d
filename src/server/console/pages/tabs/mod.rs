//! The views of a request, one file each.

mod body;
mod code;
mod compare;
mod deliver;
mod event;
mod raw;
mod request;
mod signature;
mod tree;

use std::sync::Arc;

use super::address::{DetailParams, ListParams};
use super::shell::BinLinks;
use crate::server::console::extract::State;
use crate::store::BinState;

pub(super) use body::{BodyBox, BodyChoice, BodyPlaces, codings, open_body};
pub(super) use code::CodeTab;
pub(super) use compare::CompareTab;
pub(super) use deliver::DeliverTab;
pub(super) use event::EventTab;
pub(super) use raw::RawTab;
pub(super) use request::RequestTab;
pub(super) use signature::SignatureTab;
pub(super) use signature::{signed_bytes, try_secret};
pub(super) use tree::TreePart;

/// What a view needs in addition to the request.
pub(super) struct TabContext {
    pub state: State,
    pub bin: Arc<BinState>,
    pub links: BinLinks,
    pub list: ListParams,
    /// The view's parameters.
    pub params: DetailParams,
    /// The request's page.
    pub page: String,
    pub api: String,
    /// The view's address with a `?` or `&` at its end.
    pub href: String,
}

impl TabContext {
    /// The hidden fields of a form in that view, which keep the list's parameters.
    fn hidden(&self, tab: &str) -> Vec<(&'static str, String)> {
        let mut hidden = vec![("tab", tab.to_owned())];
        if !self.list.filter_text().is_empty() {
            hidden.push(("q", self.list.filter_text().to_owned()));
        }
        hidden.extend(self.list.before.map(|before| ("before", before.to_string())));
        hidden
    }
}

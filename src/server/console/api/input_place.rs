//! Where a composed request goes below the URL that it is sent to.

use super::input_replay::checked_target;
use crate::deliver::engine::{TargetUrl, path_and_query};
use crate::http::Head;
use crate::model::BinId;
use crate::server::console::problem::Problem;

/// What is added to the URL that a composed request is sent to.
pub(super) struct Place {
    pub(super) bin: BinId,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
}

impl Place {
    fn query(&self) -> Option<&str> {
        self.query.as_deref().filter(|query| !query.is_empty())
    }

    /// As a request of the bin has it.
    pub(super) fn in_bin(&self) -> Vec<u8> {
        let query = self.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("/{}{}{query}", self.bin, self.path.as_deref().unwrap_or_default()).into()
    }

    /// The target with it.
    pub(super) fn joined(&self, target: &TargetUrl) -> Result<TargetUrl, Problem> {
        if self.path.is_none() && self.query.is_none() {
            return Ok(target.clone());
        }
        let line = [b"POST ", &self.in_bin()[..], b" HTTP/1.1\r\n\r\n"].concat();
        let path = path_and_query(&Head::new(line.into()), target, false);
        checked_target(&target.with_path(&path), "path")
    }

    /// A URL of the bin with it.
    pub(super) fn added(&self, mut url: String) -> String {
        url.push_str(self.path.as_deref().unwrap_or_default());
        if let Some(query) = self.query() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(query);
        }
        url
    }
}

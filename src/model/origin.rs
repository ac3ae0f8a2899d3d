//! Where a captured request comes from.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// The origin of a request. Only `wire` is evidence about a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Origin {
    /// A sender sent it over the network.
    #[default]
    Wire,
    /// A simulated sender of Creel's own.
    Simulated,
    /// Creel sent a captured request again.
    Replayed,
    /// Creel forwarded it from another bin.
    Forwarded,
    /// It was read from a file.
    Imported,
    /// It was composed here and sent to a target. It never arrived.
    Composed,
}

/// A request that Creel has sent on this often is not sent on again, and one that arrives with more hops is turned
/// away: it is in a loop.
pub(crate) const MAX_HOPS: u8 = 8;

impl Origin {
    /// The name that API and filter use; the database keeps a number.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_the_name_that_it_is_stored_under() {
        for origin in Origin::VARIANTS {
            assert_eq!(serde_json::to_value(origin).unwrap(), origin.name());
        }
        assert_eq!(Origin::default().name(), "wire");
    }
}

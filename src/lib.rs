//! Creel: a local webhook inspector.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod capture;
pub mod config;
pub mod model;
/// The rim. Mounted in parts until all of it is there.
pub mod server {
    pub mod capture;
}
pub mod store;
pub mod telemetry;

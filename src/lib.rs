//! Creel: a local webhook inspector.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod capture;
pub mod config;
pub mod live;
pub mod model;
pub mod server;
pub mod shapes;
pub mod store;
pub mod telemetry;

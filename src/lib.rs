//! Creel: a local webhook inspector.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod diff;
pub mod export;
pub mod model;
pub mod view;

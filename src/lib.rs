//! Creel, a local webhook inspector: catches HTTP requests on bin URLs, keeps exactly what was sent, says whether the
//! signature is right and why not, and shows everything live.
//!
//! # The parts
//!
//! | part | what it is |
//! |---|---|
//! | [`model`] | the domain: bins, heads, captured requests, filters, time. Plain data and parsing |
//! | [`signature`] | schemes as data, verdicts, diagnosis, signing, handshakes. Pure |
//! | [`provider`] | what a platform's events mean. Pure |
//! | [`view`], [`export`], [`diff`] | bodies for people, exporters and importers, comparison. Pure |
//! | [`shapes`] | the JSON shapes that API, stream and command line share |
//! | [`store`] | the only place that knows SQL |
//! | [`live`] | the hub that streams what was committed |
//! | [`capture`] | the product's verb: judge, store, answer. Free of any framework |
//! | [`server`] | the only place that knows actix and askama: the capture listener and the console |
//! | [`cli`], [`config`], [`telemetry`] | the command line, its settings, the log |
//!
//! Imports only go down: `main → cli → server → { capture, live } → store → model`; the pure parts import `model` alone (`export` and `diff` also `view`).
//! `tests/it/tidy.rs` holds this.
//!
//! # The life of a request
//!
//! A sender calls a bin URL. The capture listener's recorder (`server/capture`) keeps the head's bytes as they arrive; the
//! handler streams the body under its limits. [`capture::Capture::receive`] computes the verdict and the event's facts and
//! hands everything to [`store::Store::capture`]; the writing thread commits a batch, publishes it to [`live::Hub`] and
//! answers everybody in it. Only then does the sender get the bin's answer: a 200 means stored, and what the console
//! announces can be opened.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod capture;
pub mod cli;
pub mod config;
pub mod diff;
pub mod export;
pub mod live;
pub mod model;
pub mod provider;
pub mod server;
pub mod shapes;
pub mod signature;
pub mod store;
pub mod telemetry;
pub mod view;

//! The integration tests: one binary, a module per feature. Each boots the real application on port 0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs, unreachable_pub)]

mod answers;
mod api_bins;
mod api_requests;
mod archives;
mod cli;
mod crash;
mod deliver;
mod documents;
mod events;
mod exporters;
mod fidelity;
mod helpers;
mod hostile_capture;
mod imports;
mod mcp;
mod memory;
mod openapi;
mod pages;
mod readme;
mod receiver;
mod security;
mod seeds;
mod sessions;
mod signature_vectors;
mod snapshots;
mod store_faults;
mod stream;
mod tidy;
mod ui;

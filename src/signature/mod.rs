//! Signatures.

mod diagnose;
pub mod handshake;

//! Signatures.

pub mod handshake;

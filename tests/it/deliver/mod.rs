//! Sending: replays, their attempts, what may be sent where.

mod exactness;
mod replay;
pub mod target;

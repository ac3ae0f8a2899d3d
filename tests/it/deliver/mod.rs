//! Sending: replays, their attempts, what may be sent where.

mod exactness;
mod forward;
mod replay;
pub mod target;

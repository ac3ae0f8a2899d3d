//! Sending: replays, their attempts, what may be sent where.

mod exactness;
mod forward;
mod hold;
mod on_match;
pub mod replay;
mod rounds;
pub mod target;

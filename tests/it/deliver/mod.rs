//! Sending: replays, their attempts, what may be sent where.

mod answers;
pub mod check;
mod compose;
mod echo;
mod exactness;
mod forward;
mod hold;
mod lanes;
mod lease;
mod memory;
mod on_match;
mod passed_on;
pub mod receiver;
pub mod replay;
mod rounds;
mod send;
pub mod target;

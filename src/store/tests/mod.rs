//! Tests of the store as a whole.

mod attempts;
mod bins;
mod core;
mod faults;
mod filters;
mod help;
mod retention;
mod sessions;
mod speed;
mod waiting;

pub(in crate::store) use help::post;

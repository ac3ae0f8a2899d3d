//! Tests of the store as a whole.

mod core;
mod filters;
mod help;
mod speed;

//! Tests of the store as a whole.

mod core;
mod help;

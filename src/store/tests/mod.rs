//! Tests of the store as a whole.

mod attempts;
mod bins;
mod changes;
mod core;
mod damage;
mod faults;
mod filters;
mod forward;
mod help;
mod idle;
mod limits;
mod opening;
mod reading;
mod retention;
mod sessions;
mod speed;
mod timeline;
mod waiting;

pub(in crate::store) use help::{Deaf, Fixture, post, start};

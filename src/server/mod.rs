//! The rim: the only place that knows actix and askama.

pub mod capture;

//! The pages: a struct for each template beside the handler that fills it.

pub mod detail;
pub mod format;
pub mod home;
pub mod inspector;
pub mod list;
#[cfg(test)]
mod preview;
pub mod row;
pub mod shell;
pub mod tabs;

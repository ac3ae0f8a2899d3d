//! Where the bytes of a message go: into a hash, or into memory.

/// Feeds a message piece by piece, so that a body is never copied.
pub(crate) type Sink<'s> = dyn FnMut(&[u8]) + 's;

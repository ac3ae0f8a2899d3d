//! it

mod signature_vectors;

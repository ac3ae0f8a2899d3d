//! The capture listener: nothing but bin URLs. It is the half that may be exposed, and it shows nothing that was captured.

mod framing;
mod recorder;

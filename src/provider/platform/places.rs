//! Where the events of a platform hold readable content.

/// The JSON pointers to the readable content of a platform's events.
pub(in crate::provider) struct Places {
    /// The array of messages.
    pub transcript: Option<&'static str>,
    /// An object of values collected in the conversation.
    pub variables: Option<&'static str>,
    /// The URL of the recording.
    pub recording: Option<&'static str>,
}

//! What a platform's document says to those who set it up.

use serde_json::json;

use super::by_id;
use crate::provider::finding::Says;

/// What a platform's document says to those who set it up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hints {
    /// Where to set the URL, and what happens without it.
    pub empty: Says,
    /// What to know if a signature came and the bin has no secret.
    pub no_secret: Option<Says>,
    /// The body of the response that the document's own receiver gives, with placeholders; JSON.
    pub response: Option<&'static str>,
    /// The settings to paste at the platform, and what the document says of them.
    pub(super) setup: Option<(Setup, Says)>,
}

/// Settings that are pasted at a platform.
#[derive(Debug, Clone, Copy)]
pub(super) enum Setup {
    /// Pathors' `postSessionWebhook`.
    PostSessionWebhook,
}

/// What that platform's document says to those who set it up.
pub(crate) fn hints(provider: &str) -> Option<Hints> {
    by_id(provider).map(|platform| platform.hints)
}

impl Hints {
    /// The settings to paste at the platform, for this URL and these events; `has_secret` is whether a header proves
    /// the source.
    pub(crate) fn setup(&self, url: &str, events: &[String], has_secret: bool) -> Option<(String, Says)> {
        let (Setup::PostSessionWebhook, says) = self.setup?;
        // The value is the user's secret, which no page shows.
        let headers =
            if has_secret { json!([{"key": "Authorization", "value": "the secret of this bin"}]) } else { json!([]) };
        let settings = json!({"postSessionWebhook": {"url": url, "headers": headers, "events": events}});
        Some((serde_json::to_string_pretty(&settings).unwrap_or_default(), says))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_at_pathors_is_its_own_settings() {
        let events = ["session.ended".to_owned(), "session.finalized".to_owned()];
        let (text, says) = hints("pathors").unwrap().setup("https://h.example/b", &events, true).unwrap();
        let setup: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(setup["postSessionWebhook"]["url"], "https://h.example/b");
        assert_eq!(setup["postSessionWebhook"]["events"], json!(events));
        assert_eq!(setup["postSessionWebhook"]["headers"][0]["key"], "Authorization");
        assert!(says.text.contains("Update agent"), "{says:?}");
        assert!(hints("callaider").unwrap().setup("https://h.example/b", &events, true).is_none());
        assert!(hints("callaider").unwrap().empty.text.contains("events are not sent"));
        assert!(hints("github").is_none());
    }
}

//! How to fix a receiver: a sentence, and a snippet for each framework.

use std::sync::LazyLock;

/// What to fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fix {
    /// Verify the signature over the raw bytes, in constant time.
    Verify,
    /// Compare the user's own header.
    Header,
    /// Answer an unparsable body with 400.
    Parsing,
    /// Take every event.
    Events,
    /// Ignore unknown events.
    Unknown,
    /// Ignore repeated events.
    Duplicates,
    /// Answer first, work later.
    Fast,
    /// Accept large bodies.
    Size,
    /// Depend on no order.
    Order,
    /// Wait for slow bodies.
    Slow,
}

/// A framework that snippets are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Framework {
    pub id: &'static str,
    pub name: &'static str,
}

/// The frameworks, in the order in which they are shown.
pub(crate) const FRAMEWORKS: [Framework; 5] = [
    Framework { id: "express", name: "Express" },
    Framework { id: "fastapi", name: "FastAPI" },
    Framework { id: "go", name: "Go" },
    Framework { id: "laravel", name: "Laravel" },
    Framework { id: "rails", name: "Rails" },
];

impl Fix {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::Verify,
        Self::Header,
        Self::Parsing,
        Self::Events,
        Self::Unknown,
        Self::Duplicates,
        Self::Fast,
        Self::Size,
        Self::Order,
        Self::Slow,
    ];

    /// Its name in the file of snippets.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Header => "header",
            Self::Parsing => "parsing",
            Self::Events => "events",
            Self::Unknown => "unknown",
            Self::Duplicates => "duplicates",
            Self::Fast => "fast",
            Self::Size => "size",
            Self::Order => "order",
            Self::Slow => "slow",
        }
    }

    /// What to do, in a sentence or two.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::Verify => {
                "Compute the HMAC over the raw bytes of the body, before anything parses them, compare bytes of equal length in constant time, and answer 401 when they differ."
            }
            Self::Header => {
                "Compare the header with the value that you have set at Pathors, in constant time, and answer 401 when it is absent or differs."
            }
            Self::Parsing => {
                "Catch what the JSON parser throws, log it with the event of the header, and answer 400: a 5xx says that the fault is yours."
            }
            Self::Events => "Branch on the event, and answer each of them with 2xx.",
            Self::Unknown => "Answer events that you do not know with 2xx and leave them alone: new ones may come.",
            Self::Duplicates => {
                "Store sessionId and event under a unique key, leave out what is there already, and answer 2xx all the same."
            }
            Self::Fast => "Put the event into a queue, answer 2xx, and work on it afterwards.",
            Self::Size => {
                "Raise the limit of the body to what your transcripts need (10 MiB is ample), in the framework and in the proxy before it, and answer 413 above it."
            }
            Self::Order => "Depend on no order: make the session's record with whichever event comes first.",
            Self::Slow => "Give the body of a request some seconds to arrive before the connection is closed.",
        }
    }

    /// The snippet for a framework, by its id; `None` when there is none for it.
    pub(crate) fn snippet(self, framework: &str) -> Option<&'static str> {
        SNIPPETS.iter().find(|(fix, of, _)| *fix == self.name() && *of == framework).map(|(.., text)| *text)
    }
}

/// The file of snippets: each begins with a line `=== fix framework`.
static SNIPPETS: LazyLock<Vec<(&'static str, &'static str, &'static str)>> = LazyLock::new(|| {
    let parts = include_str!("snippets.txt").split("\n=== ").skip(1);
    let read = |part: &'static str| {
        let (title, text) = part.split_once('\n')?;
        let (fix, framework) = title.split_once(' ')?;
        Some((fix, framework, text.trim_end()))
    };
    parts.filter_map(read).collect()
});

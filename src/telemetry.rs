//! Structured logs on stderr. Captured content, secrets and tokens are never logged.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// How the log looks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Warnings of all crates, and information of this one. Without the parser's own messages: it logs every rejected
/// request as a connection error, and a sender must not fill the log.
const DEFAULT_FILTER: &str = "warn,creel=info,actix_http=off";

/// Starts logging, in colour if `colours` is set. `RUST_LOG` sets the level; without it, warnings of all crates and
/// information of this one are logged.
pub(crate) fn start(format: Format, colours: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter);
    // Fails only when logging was started before, which is harmless.
    let _ = match format {
        Format::Text => {
            registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(colours)).try_init()
        }
        Format::Json => registry.with(fmt::layer().with_writer(std::io::stderr).json()).try_init(),
    };
}

//! What every page has: title, theme, scripts.

use actix_web::HttpRequest;
use actix_web::http::header;

use std::sync::Arc;

use super::commands;
use super::error::PageError;
use crate::model::Bin;
use crate::server::console::{ConsoleState, assets};
use crate::store::BinState;

/// The cookie that remembers the switch between dark and light; the script that owns the switch writes it.
const THEME_COOKIE: &str = "creel_theme";

/// The frame around a page.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's own title.
    pub title: String,
    /// `dark`, `light`, or empty for the system's wish.
    pub theme: &'static str,
    /// The script modules, to be fetched together.
    pub modules: Vec<&'static str>,
}

impl Shell {
    /// The frame for a page that knows nothing of the request that asked for it.
    #[must_use]
    pub fn plain(title: impl Into<String>) -> Self {
        Self { title: title.into(), theme: "", modules: assets::modules() }
    }

    /// The frame for a page of this title.
    #[must_use]
    pub fn new(request: &HttpRequest, title: impl Into<String>) -> Self {
        Self { title: title.into(), theme: theme(request), modules: assets::modules() }
    }

    /// The commands as JSON, for the scripts.
    #[must_use]
    #[expect(clippy::unused_self, reason = "templates call it on the shell they have")]
    pub fn commands(&self) -> &'static str {
        &commands::JSON
    }

    /// The key of a command.
    #[must_use]
    #[expect(clippy::unused_self, reason = "templates call it on the shell they have")]
    pub fn key(&self, command: &str) -> &'static str {
        commands::key_of(command)
    }

    /// The address of a file of `static/`.
    #[must_use]
    #[expect(clippy::unused_self, reason = "templates call it on the shell they have")]
    pub fn asset(&self, file: &str) -> &'static str {
        assets::url(file)
    }
}

fn theme(request: &HttpRequest) -> &'static str {
    let cookies = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let chosen = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == THEME_COOKIE)
        .map(|(_, value)| value);
    match chosen {
        Some("dark") => "dark",
        Some("light") => "light",
        _ => "",
    }
}

/// A bin as pages name it.
#[derive(Debug, Clone)]
pub struct BinRef {
    /// Its id.
    pub id: String,
    /// Its name, or its id.
    pub label: String,
    /// Its page: `/bins/…`.
    pub base: String,
    /// Its API: `/api/v1/bins/…`.
    pub api: String,
    /// The URL that senders use.
    pub capture_url: String,
}

impl BinRef {
    /// From a bin and the capture listener's URL without a slash at the end.
    #[must_use]
    pub fn new(bin: &Bin, capture_base: &str) -> Self {
        let label = bin.handle();
        Self {
            id: bin.id.to_string(),
            base: format!("/bins/{label}"),
            api: format!("/api/v1/bins/{label}"),
            capture_url: bin.settings.public_url.clone().unwrap_or_else(|| format!("{capture_base}/{label}")),
            label,
        }
    }
}

/// The bin of that id or name.
pub(super) fn bin_of(state: &ConsoleState, name: &str) -> Result<Arc<BinState>, PageError> {
    state.store.bin(name).ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        PageError::not_found(format!("There is no bin '{}'. It may have been deleted.", super::format::plain(&shown)))
    })
}

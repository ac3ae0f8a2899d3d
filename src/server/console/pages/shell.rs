//! What every page has: title, theme, scripts.

use actix_web::HttpRequest;

use super::commands;
use super::notices::notices;
use crate::model::Bin;
use crate::server::console::assets;
use crate::server::console::extract::State;

/// The cookie that remembers the switch between dark and light; the script that owns the switch writes it.
const THEME_COOKIE: &str = "creel_theme";

/// The frame around a page.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's own title.
    pub title: String,
    /// `dark`, `light`, or empty for the system's choice.
    pub theme: &'static str,
    /// The script modules, to be fetched together.
    pub modules: Vec<&'static str>,
    /// What does not work, in sentences.
    pub notices: Vec<String>,
}

#[expect(clippy::unused_self, reason = "templates reach these through the shell that every page has")]
impl Shell {
    /// The frame for a page of this title.
    pub fn new(request: &HttpRequest, title: impl Into<String>) -> Self {
        // The login page is for people who have not shown who they are yet.
        let notices = State::of(request).ok().filter(|_| request.path() != "/login").map(|state| notices(&state));
        Self {
            title: title.into(),
            theme: theme(request),
            modules: assets::modules(),
            notices: notices.unwrap_or_default(),
        }
    }

    /// The commands as JSON, for the scripts.
    pub fn commands(&self) -> &'static str {
        &commands::JSON
    }

    /// The key of a command.
    pub fn key(&self, command: &str) -> &'static str {
        commands::key_of(command)
    }

    /// The address of a file of `static/`.
    pub fn asset(&self, file: &str) -> &'static str {
        assets::url(file)
    }
}

fn theme(request: &HttpRequest) -> &'static str {
    let cookie = request.cookies_raw().ok().and_then(|cookies| {
        let chosen = cookies.iter().find(|cookie| cookie.name() == THEME_COOKIE)?;
        Some(chosen.value().to_owned())
    });
    match cookie.as_deref() {
        Some("dark") => "dark",
        Some("light") => "light",
        _ => "",
    }
}

/// A bin's names and addresses, for pages.
#[derive(Debug, Clone)]
pub struct BinLinks {
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

impl BinLinks {
    /// From a bin and the capture listener's URL without a slash at the end.
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

//! The parts of every page: title, theme, scripts.

use actix_web::HttpRequest;

use super::commands;
use super::notices::{Notice, notices};
use crate::model::Bin;
use crate::server::console::extract::State;
use crate::server::console::{ConsoleState, assets};
use crate::server::reach::Reach;
use crate::server::url_of;

/// The cookie with the choice of dark or light; the switch's script writes it.
const THEME_COOKIE: &str = "creel_theme";

/// The frame around a page.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    /// The page's own title.
    pub title: String,
    /// `dark`, `light`, or empty for the system's choice.
    pub theme: &'static str,
    /// The script modules, to be fetched together.
    pub modules: Vec<&'static str>,
    pub notices: Vec<Notice>,
}

#[expect(clippy::unused_self, reason = "templates reach these through the shell that every page has")]
impl Shell {
    /// The frame for a page of this title.
    pub(crate) fn new(request: &HttpRequest, title: impl Into<String>) -> Self {
        // None on the login page: its visitors are not logged in.
        let notices = State::of(request).ok().filter(|_| request.path() != "/login").map(|state| notices(&state));
        Self {
            title: title.into(),
            theme: theme(request),
            modules: assets::modules(),
            notices: notices.unwrap_or_default(),
        }
    }

    /// The commands as JSON, for the scripts.
    pub(crate) fn commands(&self) -> &'static str {
        &commands::JSON
    }

    /// The page's description, for search engines and link previews.
    pub(crate) fn description(&self) -> String {
        format!(
            "{}: Creel catches webhooks, keeps them exactly as sent, and says whether their signatures are right.",
            self.title
        )
    }

    /// The key of a command.
    pub(crate) fn key(&self, command: &str) -> &'static str {
        commands::key_of(command)
    }

    /// The address of a file of `static/`.
    pub(crate) fn asset(&self, file: &str) -> &'static str {
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
pub(crate) struct BinLinks {
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
    /// Who can reach that URL.
    pub reach: Reach,
    /// The capture listener's URL on this machine.
    pub listener: String,
}

impl BinLinks {
    /// A bin's names and addresses on this server.
    pub(crate) fn new(bin: &Bin, state: &ConsoleState) -> Self {
        let label = bin.handle();
        let capture_url =
            bin.settings.public_url.clone().unwrap_or_else(|| format!("{}/{label}", state.capture.base_url()));
        Self {
            id: bin.id.to_string(),
            base: format!("/bins/{label}"),
            api: format!("/api/v1/bins/{label}"),
            reach: Reach::of(&capture_url, state.listener),
            listener: url_of(state.listener),
            capture_url,
            label,
        }
    }

    /// Who can reach the URL, in a sentence.
    pub(crate) fn who(&self) -> String {
        self.reach.who(&self.listener)
    }

    /// What to do when the sender is elsewhere; `None` when the URL is public. The URL is set at `place`.
    pub(crate) fn way_out(&self, place: &str) -> Option<String> {
        self.reach.way_out(&self.listener, &format!("set its address as the bin's Public URL {place}"))
    }
}

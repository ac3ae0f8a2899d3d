//! The user's browser.

use super::output;

/// Opens a URL. Where no browser can be started, that is said, and nothing fails: the URL is there to be opened by hand.
pub(super) fn show(url: &str) {
    let started = if has_display() {
        open::that_detached(url).map_err(|error| format!("no browser could be started ({error})"))
    } else {
        Err("there is no display for a browser".to_owned())
    };
    if let Err(why) = started {
        output::note(&format!("{why}; open {url} by hand"));
    }
}

/// Whether there is something for a browser to be shown on. Without it the system's opener would look for a browser that
/// runs in a terminal, where nobody sees it.
fn has_display() -> bool {
    const SAY_SO: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"];
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || SAY_SO.into_iter().any(is_set)
}

//! The user's browser.

use super::output;

/// Opens a URL. If no browser can be started, prints a note and does not fail: the user can open the URL by hand.
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

/// Whether there is a display. Without one, the system's opener would start a browser in the terminal, where it is of
/// no use.
fn has_display() -> bool {
    const SAY_SO: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"];
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || SAY_SO.into_iter().any(is_set)
}

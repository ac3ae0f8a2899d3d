//! The pages' commands with their keys: one list for Help, tooltips and the scripts' palette. The scripts implement the
//! commands.

use std::sync::LazyLock;

use serde::Serialize;

/// A key: its name in the browser's key events, and its label.
#[derive(Debug, Serialize)]
pub(super) struct Key(&'static str, pub &'static str);

/// A command.
#[derive(Debug, Serialize)]
pub(super) struct Command {
    /// Its name in scripts and buttons (`data-do`).
    pub id: &'static str,
    /// What it does, for people.
    pub label: &'static str,
    /// The keys that run it.
    pub keys: &'static [Key],
}

/// Commands that belong together.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// Where they work.
    pub name: &'static str,
    /// The commands.
    pub commands: &'static [Command],
}

const fn key(name: &'static str) -> Key {
    Key(name, name)
}

const fn command(id: &'static str, label: &'static str, keys: &'static [Key]) -> Command {
    Command { id, label, keys }
}

/// Every command. The order is that of Help; the palette has the order of the scripts' implementations.
pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "List",
        commands: &[
            command("older", "Next request (older)", &[key("j"), Key("ArrowDown", "↓")]),
            command("newer", "Previous request (newer)", &[key("k"), Key("ArrowUp", "↑")]),
            command("open", "Read the chosen request", &[key("Enter")]),
            command("to-list", "Back to the list", &[Key("Escape", "Esc")]),
            command("filter", "Filter the list", &[key("/")]),
            command("newest", "Go to the newest", &[key("g")]),
            command("live", "Pause the stream or go on", &[key("l")]),
            command("copy-url", "Copy the bin's URL", &[key("y")]),
            command("read-all", "Mark everything as read", &[]),
            command("clear", "Delete everything that matches", &[]),
            command("notify", "Notify me of new requests", &[]),
            command("sound", "Play a sound for new requests", &[]),
            command("import", "Import requests", &[]),
            command("sessions", "Sessions of this bin", &[]),
            command("timeline", "Timeline of this bin", &[]),
            command("answers", "Answers before and after a change", &[]),
            command("contract", "Events of this bin and their shapes", &[]),
            command("checklist", "Checklist of this bin", &[]),
            command("send", "Send: simulate a platform, check a receiver", &[]),
            command("compose", "Compose a request", &[]),
        ],
    },
    Group {
        name: "Request",
        commands: &[
            command("copy-curl", "Copy the request as curl", &[key("c")]),
            command("compare", "Compare with another request", &[key("x")]),
            command("replay", "Send the request again", &[key("r")]),
            command("note", "Write a note, set tags", &[key("n")]),
            command("pin", "Pin or unpin", &[key("p")]),
            command("unread", "Mark as unread", &[key("u")]),
            command("delete", "Delete the request", &[key("d"), Key("Delete", "Delete")]),
            command("undo", "Undo the deletion", &[key("z")]),
            command("tab-request", "Show request", &[key("1")]),
            command("tab-signature", "Show signature", &[key("2")]),
            command("tab-event", "Show event", &[key("3")]),
            command("tab-deliver", "Show deliver", &[key("4")]),
            command("tab-compare", "Show compare", &[key("5")]),
            command("tab-code", "Show code", &[key("6")]),
            command("tab-raw", "Show raw", &[key("7")]),
        ],
    },
    Group {
        name: "Everywhere",
        commands: &[
            // The scripts handle this one separately: its key is pressed together with Control.
            command("palette", "Show all commands", &[key("Ctrl K")]),
            command("help", "Keyboard help", &[key("?")]),
            command("theme", "Switch between dark and light", &[key("t")]),
            command("theme-system", "Dark or light as the system says", &[]),
            command("home", "All bins", &[key("b")]),
            command("settings", "Settings of this bin", &[key(",")]),
        ],
    },
    Group { name: "All bins", commands: &[command("new-bin", "Make a bin", &[key("b")])] },
    Group {
        name: "Settings",
        commands: &[
            command("to-requests", "Back to the requests", &[Key("Escape", "Esc")]),
            command("delete-bin", "Delete this bin", &[]),
        ],
    },
];

/// The groups as JSON, embedded in each page for the scripts.
pub(super) static JSON: LazyLock<String> = LazyLock::new(|| serde_json::to_string(GROUPS).unwrap_or_default());

/// The label of a command's first key, for tooltips; empty without a key.
pub(super) fn key_of(id: &str) -> &'static str {
    let commands = GROUPS.iter().flat_map(|group| group.commands);
    commands.filter(|command| command.id == id).find_map(|command| command.keys.first()).map_or("", |key| key.1)
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::server::console::pages::address::TabId;

    #[test]
    fn each_tab_has_a_command_and_the_key_of_its_place() {
        let tabs: Vec<_> =
            GROUPS.iter().flat_map(|group| group.commands).filter(|c| c.id.starts_with("tab-")).collect();
        assert_eq!(tabs.len(), TabId::VARIANTS.len());
        for (place, (command, tab)) in tabs.into_iter().zip(TabId::VARIANTS).enumerate() {
            assert_eq!(command.id, format!("tab-{}", tab.id()));
            assert_eq!(command.keys[0].0, (place + 1).to_string());
        }
    }

    #[test]
    fn no_command_is_there_twice() {
        let mut ids = std::collections::BTreeSet::new();
        for command in GROUPS.iter().flat_map(|group| group.commands) {
            assert!(ids.insert(command.id), "{}", command.id);
        }
        assert_eq!((key_of("older"), key_of("palette"), key_of("clear"), key_of("none")), ("j", "Ctrl K", "", ""));
    }
}

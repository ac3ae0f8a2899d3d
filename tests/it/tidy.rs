//! Holds the house: who may import whom, which framework lives where, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().into_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// A file's code without its tests and without comments. What follows the declaration of tests in another file
/// (`mod tests;`) is code.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The product's own files: those that hold only tests are left out.
fn src() -> Vec<(String, String)> {
    let mut files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    files.retain(|(file, _)| !file.contains("/tests/") && !file.ends_with("tests.rs"));
    files
}

/// Words that only files below one of these places may hold.
const FENCES: &[(&str, &[&str])] = &[
    // The log names the parser to keep it quiet.
    ("actix_", &["src/server/", "src/telemetry.rs"]),
    ("askama", &["src/server/"]),
    ("rusqlite", &["src/store/sqlite/"]),
    ("clap::", &["src/cli/"]),
    ("clap_", &["src/cli/"]),
    ("reqwest", &["src/client/"]),
    ("rustls", &["src/deliver/engine/", "src/client/"]),
    ("TcpStream::connect", &["src/deliver/engine/", "src/client/"]),
    ("tokio_tungstenite", &["src/client/"]),
    ("SystemTime::now", &["src/model/clock.rs"]),
    ("println!", &["src/cli/output.rs"]),
    ("std::io::stdout", &["src/cli/output.rs"]),
    ("std::io::stderr", &["src/cli/output.rs", "src/telemetry.rs"]),
    ("rmcp", &["src/mcp/"]),
    ("indicatif", &["src/cli/output.rs"]),
    ("jsonschema", &["src/provider/own_schema/"]),
];

#[test]
fn frameworks_stay_behind_their_fences() {
    for (file, text) in src() {
        let code = code(&text);
        for (word, places) in FENCES {
            assert!(
                !code.contains(word) || places.iter().any(|place| file.starts_with(place)),
                "{file} names {word}, which belongs in {places:?}"
            );
        }
    }
}

/// What each part of the house may import of ours; parts that are not listed (server, cli, main, lib) may import
/// everything below them.
const ARROWS: &[(&str, &[&str])] = &[
    ("src/http/", &[]),
    ("src/json/", &["http"]),
    ("src/model/", &["http", "json"]),
    ("src/signature/", &["http", "json", "model"]),
    ("src/provider/", &["http", "json", "model"]),
    ("src/view/", &["http", "json", "model"]),
    ("src/export/", &["http", "json", "model", "view"]),
    ("src/diff/", &["http", "json", "model", "view"]),
    ("src/store/", &["http", "json", "model"]),
    ("src/shapes/", &["http", "model", "signature"]),
    ("src/client/", &["model", "shapes"]),
    ("src/mcp/", &["client", "http", "json", "view", "export", "diff", "signature"]),
    ("src/live/", &["model", "shapes", "store"]),
    ("src/capture/", &["http", "json", "model", "signature", "provider", "store"]),
    ("src/deliver/engine/", &["http", "model"]),
    ("src/deliver/", &["http", "json", "model", "signature", "provider", "store", "live"]),
    ("src/config/", &["deliver", "model", "provider", "signature", "store"]),
    ("src/telemetry.rs", &[]),
    (
        "src/server/",
        &[
            "http",
            "json",
            "model",
            "shapes",
            "signature",
            "provider",
            "view",
            "export",
            "diff",
            "store",
            "live",
            "capture",
            "deliver",
            "config",
            "mcp",
            "client",
        ],
    ),
];

#[test]
fn imports_only_go_down() {
    for (file, text) in src() {
        let Some((place, allowed)) = ARROWS.iter().find(|(place, _)| file.starts_with(place)) else {
            continue;
        };
        let own = place.trim_start_matches("src/").trim_end_matches('/').trim_end_matches(".rs");
        for rest in code(&text).split("crate::").skip(1) {
            let module: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            assert!(
                module.is_empty() || module == own || allowed.contains(&module.as_str()),
                "{file} imports crate::{module}; it may import only {allowed:?}"
            );
        }
    }
}

/// A file that has grown beyond this asks for a second look; it is no law of nature.
const LONG: usize = 400;

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for (file, text) in src() {
        let lines = code(&text).lines().count();
        assert!(lines <= LONG, "{file} has {lines} lines of code; split it, or argue here why it is one thing");
    }
}

/// The formatter leaves comments as they are. Tables cannot be wrapped.
#[test]
fn no_comment_is_wider_than_the_code() {
    for folder in ["src", "tests"] {
        for (file, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            let comments = text.lines().filter(|line| line.trim_start().starts_with("//") && !line.contains("//! |"));
            for line in comments {
                assert!(line.chars().count() <= 120, "{file} has a comment of more than 120 columns: {line}");
            }
        }
    }
}

/// Both would hide where a module is, or tie the tree to one machine.
#[test]
fn no_file_names_a_folder_of_a_developers_machine_or_the_path_of_a_module() {
    // In two halves, so that this file passes its own test.
    let words =
        [["/wo", "rk/"], ["/tm", "p/"], ["/ro", "ot/"], ["/ho", "me/"], ["#[pa", "th"]].map(|halves| halves.concat());
    for folder in ["src", "tests"] {
        for (file, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            for word in &words {
                assert!(!text.contains(word.as_str()), "{file} holds {word}");
            }
        }
    }
}

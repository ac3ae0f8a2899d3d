//! Holds the house: who may import whom, which framework lives where, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
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

/// All files of the product and of its tests.
fn all() -> Vec<(String, String)> {
    ["src", "tests"].iter().flat_map(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))).collect()
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
    for (file, text) in all() {
        let comments = text.lines().filter(|line| line.trim_start().starts_with("//") && !line.contains("//! |"));
        for line in comments {
            assert!(line.chars().count() <= 120, "{file} has a comment of more than 120 columns: {line}");
        }
    }
}

/// Both would hide where a module is, or tie the tree to one machine.
#[test]
fn no_file_names_a_folder_of_a_developers_machine_or_the_path_of_a_module() {
    // In two halves, so that this file passes its own test.
    let words =
        [["/wo", "rk/"], ["/tm", "p/"], ["/ro", "ot/"], ["/ho", "me/"], ["#[pa", "th"]].map(|halves| halves.concat());
    for (file, text) in all() {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{file} holds {word}");
        }
    }
}

/// The product's modules, by their paths: `/capture/hold` for `src/capture/hold.rs`.
struct Modules {
    code: BTreeMap<String, String>,
    /// Where an item is that a module takes from below it by `use`, and so offers under its own path.
    taken: BTreeMap<String, String>,
}

impl Modules {
    fn read() -> Self {
        let module = |file: &str| {
            let path = file.trim_start_matches("src").trim_end_matches(".rs");
            path.strip_suffix("/mod").or(path.strip_suffix("/lib")).unwrap_or(path).to_owned()
        };
        let code: BTreeMap<_, _> = src().iter().map(|(file, text)| (module(file), code(text))).collect();
        let mut taken = BTreeMap::new();
        for (module, text) in &code {
            for path in text.split("use ").skip(1).flat_map(|mut rest| paths(&mut rest)) {
                if path.len() > 1 && code.contains_key(&format!("{module}/{}", path[0])) {
                    let name = path[path.len() - 1];
                    taken.insert(format!("{module}/{name}"), format!("{module}/{}", path.join("/")));
                }
            }
        }
        Self { code, taken }
    }

    /// The deepest file on a path that begins in a module.
    fn file(&self, mut module: String, path: &[&str]) -> String {
        for name in path {
            module = format!("{module}/{name}");
            while let (false, Some(place)) = (self.code.contains_key(&module), self.taken.get(&module)) {
                module.clone_from(place);
            }
            if !self.code.contains_key(&module) {
                break;
            }
        }
        while !self.code.contains_key(&module) {
            module.truncate(module.rfind('/').unwrap());
        }
        module
    }

    /// The other files of its room that a file uses, without those above and below it.
    fn used_by(&self, module: &str) -> BTreeSet<String> {
        let text = &self.code[module];
        let is_start = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let starts = ["crate::", "super::"].into_iter().flat_map(|start| text.match_indices(start));
        let starts = starts.filter(|(at, _)| is_start(*at));
        let used = starts.flat_map(|(at, _)| paths(&mut &text[at..])).map(|path| {
            let above = path.iter().take_while(|name| **name == "super").count();
            let from = if above == 0 { "" } else { module.rsplitn(above + 1, '/').last().unwrap() };
            self.file(from.to_owned(), &path[above.max(1)..])
        });
        let is_below = |lower: &str, upper: &str| format!("{lower}/").starts_with(&format!("{upper}/"));
        let room = |module: &str| module.split('/').nth(1).map(str::to_owned);
        used.filter(|used| room(used) == room(module) && !is_below(used, module) && !is_below(module, used)).collect()
    }
}

/// Reads a path, or each path of a group in braces.
fn paths<'t>(rest: &mut &'t str) -> Vec<Vec<&'t str>> {
    *rest = rest.trim_start();
    let mut all = Vec::new();
    if rest.starts_with('{') {
        while !rest.is_empty() && !rest.starts_with('}') {
            *rest = &rest[1..];
            all.extend(paths(rest));
            *rest = &rest[rest.find([',', '}']).unwrap_or(rest.len())..];
        }
        *rest = rest.strip_prefix('}').unwrap_or(rest);
        return all;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    let Some(further) = after.strip_prefix("::") else { return vec![vec![name]] };
    *rest = further;
    paths(rest).into_iter().map(|path| [vec![name], path].concat()).collect()
}

/// A file and those it uses can be read, and changed, one after the other: below first.
#[test]
fn no_two_files_of_one_room_import_each_other() {
    let modules = Modules::read();
    let used: BTreeMap<&String, _> = modules.code.keys().map(|file| (file, modules.used_by(file))).collect();
    assert!(modules.used_by("/capture/hold").contains("/capture/outgoing"), "an item that `mod.rs` takes is followed");
    let reached = |file: &String| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
        while let Some(file) = next.pop() {
            next.extend(used[file].iter().filter(|used| reached.insert((*used).clone())));
        }
        reached
    };
    let reach: BTreeMap<_, _> = used.keys().map(|file| (*file, reached(file))).collect();
    let in_circle = |file: &String, other: &String| reach[file].contains(other) && reach[other].contains(file);
    let steps = used.iter().flat_map(|(file, used)| used.iter().map(move |used| (*file, used)));
    let circles: Vec<_> =
        steps.filter(|(file, used)| in_circle(file, used)).map(|(a, b)| format!("{a} uses {b}")).collect();
    assert!(circles.is_empty(), "files that import each other in circles:\n{}", circles.join("\n"));
}

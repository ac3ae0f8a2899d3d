//! Runs every command of the README as a newcomer would, in order, and looks for the output that it promises.

use std::path::Path;
use std::process::{Command, Output};

use crate::helpers::TestApp;

/// The id that the README's first bin has; a real one is drawn at random.
const FIRST_BIN: &str = "h3k9m2x7q4c8v5tz";

/// A fenced block: its language and its text.
fn blocks(readme: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in readme.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Runs a script as a newcomer would, with `creel` in the path.
fn shell(folder: &Path, console: &str, script: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_creel")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).current_dir(folder).env("no_proxy", "*").env("PATH", path);
    command.env("CREEL_SERVER", console).env("XDG_DATA_HOME", folder.join("data")).output().unwrap()
}

/// The tests of other languages, each run by that language. Where pytest or Vitest is not installed, the functions are
/// called by what comes with the language.
#[tokio::test(flavor = "multi_thread")]
async fn every_recipe_in_another_language_passes() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let blocks = blocks(include_str!("../../README.md"));
    let block = |wanted: &str| blocks.iter().find(|(language, _)| language == wanted).unwrap().1.clone();
    std::fs::write(folder.path().join("test_order.py"), block("python")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vitest = root.join("target/vitest/node_modules/vitest/vitest.mjs");
    let vitest = vitest.exists().then(|| format!("node '{}' run --root .", vitest.display()));
    let test = block("js");
    if vitest.is_some() {
        std::os::unix::fs::symlink(root.join("target/vitest/node_modules"), folder.path().join("node_modules"))
            .unwrap();
    }
    let of_node = test.replace(
        "import { expect, test } from \"vitest\";",
        "import assert from \"node:assert\";\nimport test from \"node:test\";\n\
         const expect = (value) => ({ toBe: (wanted) => assert.equal(value, wanted) });",
    );
    assert_ne!(of_node, test);
    let (name, text) = if vitest.is_some() { ("order.test.js", test) } else { ("order.test.mjs", of_node) };
    std::fs::write(folder.path().join(name), text).unwrap();
    let jobs: Vec<String> = block("yaml")
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("run: "))
        .filter(|line| !line.starts_with("cargo ") && !line.ends_with('&'))
        .map(|line| line.replace("127.0.0.1:4665", &app.capture.to_string()))
        .collect();
    let console = app.started.console_url.clone();
    let python = "python3 -c 'import test_order; test_order.test_an_order_is_announced()'";
    let python = format!("if python3 -c 'import pytest' 2> /dev/null; then python3 -m pytest -q; else {python}; fi");
    let node = vitest.unwrap_or_else(|| "node --test order.test.mjs".to_owned());
    let scripts = [python, node, format!("set -e\n{}", jobs.join("\n"))];
    tokio::task::spawn_blocking(move || {
        for script in scripts {
            let output = shell(folder.path(), &console, &script);
            let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{script}\n{stdout}{stderr}");
        }
        assert!(folder.path().join("report.xml").exists() && folder.path().join("pipeline.har").exists());
    })
    .await
    .unwrap();
}

/// What the example of `creel.toml` names beside itself.
const NAMED: [(&str, &str); 2] = [
    ("schemas/ended.json", r#"{"type": "object"}"#),
    ("samples/made.json", r#"{"type": "made", "conversation": {"id": "c-1"}}"#),
];

#[test]
fn every_configuration_file_of_the_readme_is_right() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in NAMED {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let blocks = blocks(include_str!("../../README.md"));
    let files: Vec<&String> = blocks.iter().filter(|(language, _)| language == "toml").map(|(_, text)| text).collect();
    assert!(!files.is_empty(), "the README shows a configuration file");
    for text in files {
        std::fs::write(folder.path().join("creel.toml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CREEL_")) {
            command.env_remove(name);
        }
        command.env("XDG_DATA_HOME", folder.path().join("data")).env("CALLAIDER_SECRET", "whsec_of_the_readme");
        let output = command.args(["config", "check", "creel.toml"]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_readme_does_what_it_promises() {
    let readme = include_str!("../../README.md");
    let app = TestApp::start().await;
    let mut script = String::from("set -euo pipefail\n");
    let mut promises: Vec<(String, Vec<String>)> = Vec::new();
    for (language, text) in blocks(readme) {
        match language.as_str() {
            "sh" => {
                script.push_str(&format!("{text}\necho; echo '=== end of block'\n"));
                promises.push((text, Vec::new()));
            }
            "output" => {
                promises.last_mut().expect("output follows a command").1.extend(text.lines().map(str::to_owned));
            }
            _ => {}
        }
    }
    assert!(promises.len() > 10, "the README shows commands");
    let script = script
        .replace("127.0.0.1:4665", &app.capture.to_string())
        .replace("127.0.0.1:4666", &app.console.to_string())
        .replace(FIRST_BIN, &app.started.bin);
    let folder = tempfile::tempdir().unwrap();
    let console = app.started.console_url.clone();
    let output = tokio::task::spawn_blocking(move || shell(folder.path(), &console, &script)).await.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let outputs: Vec<&str> = stdout.split("=== end of block").collect();
    for (index, (command, promised)) in promises.iter().enumerate() {
        let Some(mut rest) = outputs.get(index).copied().filter(|_| index + 1 < outputs.len()) else {
            panic!("the command failed:\n{command}\n{}\n{stdout}", String::from_utf8_lossy(&output.stderr));
        };
        for line in promised {
            match rest.find(line.as_str()) {
                Some(at) => rest = &rest[at + line.len()..],
                None => panic!("{command}\npromises\n  {line}\nbut it printed\n{}", outputs[index]),
            }
        }
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What is between these two lines of a file is written by the test below, never by hand.
const MADE: (&str, &str) = ("<!-- schemes: made by tests/it/readme.rs -->\n", "<!-- end of schemes -->");

#[test]
fn what_is_said_about_the_schemes_is_the_catalogues() {
    use std::fmt::Write as _;

    const PROOFS: [&str; 3] =
        ["published vectors", "provider's source or documentation", "from documentation, not proven"];
    let mut table = String::from("| id | provider | signature in | algorithm | proof |\n|---|---|---|---|---|\n");
    let mut counts = [0; PROOFS.len()];
    for scheme in creel::inside::Catalogue::default().schemes() {
        let record = scheme.record();
        let proof = match record["basis"].as_str() {
            Some("A") => 0,
            Some("B") => 1,
            _ => 2,
        };
        counts[proof] += 1;
        // A pipe would end the cell.
        let name = scheme.name.replace('|', "/");
        let algorithm = record["algorithm"].as_str().unwrap();
        let (place, proof) = (scheme.signature_place(), PROOFS[proof]);
        writeln!(table, "| `{}` | {name} | {place} | {algorithm} | {proof} |", scheme.id).unwrap();
    }
    let [proven, read, unproven] = counts;
    let line = format!(
        "Creel knows {} schemes: {proven} proven by published vectors, {read} read in the provider's source or documentation, {unproven} from other documentation \
         and not proven (a verdict by them says so). [All of them](src/signature/schemes/README.md), or `GET /api/v1/schemes`.\n",
        counts.iter().sum::<i32>()
    );
    for (name, made) in [("README.md", line), ("src/signature/schemes/README.md", table)] {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = std::fs::read_to_string(&file).unwrap();
        let start = text.find(MADE.0).unwrap() + MADE.0.len();
        let end = text.find(MADE.1).unwrap();
        if std::env::var_os("UPDATE_README").is_some() {
            std::fs::write(&file, format!("{}{made}{}", &text[..start], &text[end..])).unwrap();
        } else {
            assert!(text[start..end] == made, "{name} is out of date: run UPDATE_README=1 cargo test --test it readme");
        }
    }
}

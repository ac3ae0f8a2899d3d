//! Runs every command of the README as a newcomer would, in order, and looks for the output that it promises.

use std::process::Command;

use crate::helpers::TestApp;

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
    let script =
        script.replace("127.0.0.1:4665", &app.capture.to_string()).replace("127.0.0.1:4666", &app.console.to_string());
    let folder = tempfile::tempdir().unwrap();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash").arg("-c").arg(script).current_dir(folder.path()).env("no_proxy", "*").output().unwrap()
    })
    .await
    .unwrap();
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

/// The lines of the README between two comments that only this test writes.
const TABLE: (&str, &str) = ("<!-- schemes: made by tests/it/readme.rs -->\n", "<!-- end of schemes -->");

#[test]
fn the_table_of_schemes_is_the_catalogues() {
    use std::fmt::Write as _;

    let mut table = String::from("| id | provider | signature in | algorithm | proof |\n|---|---|---|---|---|\n");
    for scheme in creel::signature::Catalogue::default().schemes() {
        let record = scheme.record();
        let proof = match record["basis"].as_str() {
            Some("A") => "published vectors",
            Some("B") => "provider's source or documentation",
            _ => "from documentation, not proven",
        };
        // A pipe would end the cell.
        let name = scheme.name.replace('|', "/");
        let algorithm = record["algorithm"].as_str().unwrap();
        writeln!(table, "| `{}` | {name} | {} | {algorithm} | {proof} |", scheme.id, scheme.signature_place()).unwrap();
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let start = readme.find(TABLE.0).unwrap() + TABLE.0.len();
    let end = readme.find(TABLE.1).unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&file, format!("{}{table}{}", &readme[..start], &readme[end..])).unwrap();
        return;
    }
    assert!(
        readme[start..end] == table,
        "the table is out of date: run UPDATE_README=1 cargo test --test it table_of_schemes"
    );
}

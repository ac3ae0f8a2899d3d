//! The table of the platforms' sentences (`src/provider/README.md`) names the test behind each: every one of them is
//! there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions of the tree that are tests.
fn tests(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                let line = line.strip_prefix("async ").unwrap_or(line);
                if line.starts_with("#[test]") || line.contains("::test]") {
                    is_test = true;
                } else if let Some(name) = line.strip_prefix("fn ") {
                    if std::mem::take(&mut is_test) {
                        names.insert(name.split('(').next().unwrap().to_owned());
                    }
                } else if !line.starts_with("#[") && !line.starts_with("//") {
                    is_test = false;
                }
            }
        }
    }
}

#[test]
fn every_sentence_of_the_platforms_documents_has_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for folder in ["src", "tests/it"] {
        tests(&root.join(folder), &mut names);
    }
    let text = fs::read_to_string(root.join("src/provider/README.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| test |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{row}");
        let named: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            assert!(names.contains(name), "there is no test {name}: {row}");
        }
        count += 1;
    }
    assert!(count >= 55, "{count} sentences");
}

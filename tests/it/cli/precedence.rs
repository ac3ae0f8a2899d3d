//! What `creel.toml` may say of `[serve]`, and what wins over what.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{creel, outcome};

/// A named file that `creel serve` refuses, and what is said about it: `line:column: …`.
const REFUSED: &[(&str, &str)] = &[
    ("[serve]\ntoken = 'short'\n", "2:9: serve.token: has 5 characters: give at least 16"),
    ("[serve]\nconsole = '0.0.0.0:4666'\n", "2:11: serve.console: 0.0.0.0:4666 can be reached from other machines"),
    ("[serve]\ncapture = '127.0.0.1:4666'\n", "2:11: serve.capture: --capture and --console are both 127.0.0.1:4666"),
    ("[serve]\npublic-url = 'https://h/?q'\n", "2:14: serve.public-url: https://h/?q: give an http or https URL"),
    ("[serve]\ncacert = 'missing.pem'\n", "2:10: serve.cacert: missing.pem: "),
    ("[serve]\nmax-body = '2GiB'\n", "2:12: serve.max-body: 2147483648 is more than the database"),
    ("[serve]\nschemes = 'missing.json'\n", "2:11: serve.schemes: missing.json: "),
    ("[serve]\nephemeral = true\ndb = 'x.db'\n", "2:1: serve.ephemeral: this cannot be used with db"),
    ("[serve]\ntrusted-proxy = ['10.0.0.0/8', 'x']\n", "2:32: serve.trusted-proxy[1]: invalid value 'x'"),
    ("[serve]\nallow-target = ['*.a.example', '']\n", "2:32: serve.allow-target[1]: "),
    ("[serve]\ncapture = ['127.0.0.1:0', '127.0.0.1:0']\n", "2:11: serve.capture: give one value"),
    ("[serve]\ndurability = 'ful'\n", "2:14: serve.durability: invalid value 'ful'; did you mean 'full'?"),
    ("[serve]\nlog = 'jsn'\n", "2:7: serve.log: invalid value 'jsn'; did you mean 'json'?"),
    ("[serve]\nlog = 'xml'\n", "2:7: serve.log: invalid value 'xml'; there are text, json"),
];

#[test]
fn what_the_start_refuses_is_no_right_file_and_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (text, wanted) in REFUSED {
        std::fs::write(folder.path().join("creel.toml"), text).unwrap();
        for line in [&["config", "check", "creel.toml"][..], &["serve", "--config", "creel.toml"]] {
            let (code, stdout, stderr) = outcome(creel().args(line).current_dir(folder.path()));
            let wanted = format!("creel: creel.toml:{wanted}");
            assert_eq!((code, stdout.as_str()), (2, ""), "{line:?}: {text}");
            assert!(stderr.starts_with(&wanted), "{line:?}: {text}\nwanted {wanted}\ngot    {stderr}");
        }
    }
}

#[test]
fn a_file_of_the_usual_name_is_checked_as_one_that_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    let check = |arguments: &[&str]| outcome(creel().args(arguments).current_dir(folder.path()));
    let (code, _, stderr) = check(&["config", "check"]);
    assert!(code == 2 && stderr.contains("there is no creel.toml here"), "{stderr}");
    std::fs::write(&file, "[serve]\ndb = 'x.db'\n").unwrap();
    let (code, _, stderr) = check(&["config", "check"]);
    assert!(code == 2 && stderr.contains("creel.toml:2:1: serve.db: a file that is found cannot set this"), "{stderr}");
    assert_eq!(check(&["config", "check", "creel.toml"]).0, 0, "named, it may");
    let (code, stdout, _) = check(&["doctor", "--json", "--server", "http://127.0.0.1:1"]);
    let found = stdout.lines().find(|line| line.contains("\"what\":\"file\"")).unwrap();
    assert!(code == 1 && found.contains("\"wrong\"") && found.contains("creel.toml:2:1"), "{found}");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let (code, _, stderr) = check(&["config", "check"]);
    assert!(code == 2 && stderr.contains("is not used: others may write it"), "{stderr}");
}

#[test]
fn the_environment_makes_a_file_neither_right_nor_wrong_but_may_hold_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, variable: (&str, &str)| {
        std::fs::write(folder.path().join("creel.toml"), text).unwrap();
        let arguments = ["config", "check", "creel.toml"];
        outcome(creel().args(arguments).current_dir(folder.path()).envs([variable])).0
    };
    assert_eq!(check("[serve]\ndb = 'x.db'\n", ("CREEL_EPHEMERAL", "true")), 0);
    assert_eq!(check("[serve]\nmax-requests = 5\n", ("CREEL_MAX_BODY", "1k")), 0);
    assert_eq!(check("[serve]\nmax-body = 'much'\n", ("CREEL_MAX_BODY", "1k")), 2);
    assert_eq!(check("[serve]\nconsole = '0.0.0.0:0'\n", ("CREEL_TOKEN", "0123456789abcdef")), 0);
}

/// Starts and stops a server in a folder; where it keeps its requests.
fn kept_in(folder: &Path, flags: &[&str], environment: &[(&str, &str)]) -> String {
    let mut child = creel()
        .args(["serve", "--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0"])
        .args(flags)
        .current_dir(folder)
        .env("XDG_DATA_HOME", folder.join("data"))
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    child.wait().unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let path = Path::new(told["database"].as_str().unwrap());
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn of_a_database_and_none_the_nearer_word_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, file) = (folder.path(), folder.path().join("f.toml"));
    let is_temporary = |name: &str| !["line.db", "variable.db", "file.db"].contains(&name);
    let named = ["--config", "f.toml"];
    assert!(is_temporary(&kept_in(folder, &["--ephemeral"], &[("CREEL_DB", "variable.db")])));
    assert_eq!(kept_in(folder, &["--db", "line.db"], &[("CREEL_EPHEMERAL", "true")]), "line.db");
    std::fs::write(&file, "[serve]\ndb = 'file.db'\n").unwrap();
    assert_eq!(kept_in(folder, &named, &[]), "file.db");
    assert!(is_temporary(&kept_in(folder, &named, &[("CREEL_EPHEMERAL", "true")])));
    assert!(is_temporary(&kept_in(folder, &["--config", "f.toml", "--ephemeral"], &[])));
    std::fs::write(&file, "[serve]\nephemeral = true\n").unwrap();
    assert!(is_temporary(&kept_in(folder, &named, &[])));
    assert_eq!(kept_in(folder, &named, &[("CREEL_DB", "variable.db")]), "variable.db");
    assert_eq!(kept_in(folder, &["--config", "f.toml", "--db", "line.db"], &[]), "line.db");
    let both = [("CREEL_DB", "x.db"), ("CREEL_EPHEMERAL", "true")];
    let (code, _, stderr) = outcome(creel().arg("serve").envs(both));
    assert!(code == 2 && stderr.contains("CREEL_EPHEMERAL cannot be used with CREEL_DB"), "{stderr}");
}

#[test]
fn what_holds_is_shown_with_whose_word_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let row = |environment: &[(&str, &str)], setting: &str| -> Option<(String, String)> {
        let mut command = creel();
        command.args(["config", "--json", "--config", "c.toml"]).current_dir(folder.path());
        let (code, stdout, stderr) = outcome(command.env("XDG_DATA_HOME", "/data").envs(environment.iter().copied()));
        assert_eq!((code, stderr.as_str()), (0, ""));
        let rows = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        let row = rows.into_iter().find(|row| row["setting"] == setting)?;
        Some((text(&row, "value"), text(&row, "from")))
    };
    let is = |value: &str, from: &str| Some((value.to_owned(), from.to_owned()));
    std::fs::write(folder.path().join("c.toml"), "[serve]\nephemeral = true\nwatch = true\n").unwrap();
    assert_eq!(row(&[], "ephemeral"), is("true", "c.toml:2"));
    assert_eq!(row(&[], "watch"), is("true", "c.toml:3"));
    assert_eq!(row(&[], "db"), None);
    let variable = [("CREEL_DB", "v.db")];
    assert_eq!(row(&variable, "ephemeral"), is("false", "CREEL_DB"));
    assert_eq!(row(&variable, "db"), is("v.db", "CREEL_DB"));
    std::fs::write(folder.path().join("c.toml"), "").unwrap();
    assert_eq!(row(&[], "ephemeral"), is("false", "default"));
    assert_eq!(row(&[], "db"), is("/data/creel/creel.db", "default"));
}

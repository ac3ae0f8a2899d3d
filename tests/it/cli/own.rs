//! Schemes and platforms of one's own for commands that need no server.

use super::{creel, outcome};

const FILE: &str = "\
[bins.a]
secret = { env = 'NOT_SET_HERE' }

[schemes.my-own]
header = 'X-My-Signature'
algorithm = 'hmac-sha256'
prefix = 'sha256='

[providers.my-platform]
name = 'My Platform'
scheme = 'my-own'
event = '/type'
";

#[test]
fn what_creel_toml_declares_is_known_to_the_commands_that_need_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    std::fs::write(&file, FILE).unwrap();
    std::fs::write(folder.path().join("body"), "hello").unwrap();
    let run = |line: &str| outcome(creel().args(line.split(' ')).current_dir(folder.path()));
    let ok = |line: &str| {
        let (code, stdout, stderr) = run(line);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line}: {stdout}");
        stdout
    };
    assert!(ok("schemes my-own").contains("X-My-Signature"));
    assert!(ok("providers").contains("My Platform"));
    assert!(ok("providers my-platform").contains("my-own"));
    let signed = ok("sign --scheme my-own --secret k3y --body body --as request");
    assert!(signed.contains("X-My-Signature: sha256="), "{signed}");
    std::fs::write(folder.path().join("request"), &signed).unwrap();
    for scheme in ["my-own", "auto"] {
        assert!(ok(&format!("verify --scheme {scheme} --secret k3y --head request")).contains("valid"));
    }
    let sent = ok("send --from request --scheme my-own --secret k3y --to http://127.0.0.1:1/ --dry-run");
    assert!(sent.contains("X-My-Signature"), "{sent}");

    // Elsewhere it is named; what others may write is passed over, and that is told.
    std::fs::rename(&file, folder.path().join("team.toml")).unwrap();
    assert_eq!(run("schemes my-own").0, 2);
    assert!(ok("schemes my-own --config-file team.toml").contains("X-My-Signature"));
    std::fs::rename(folder.path().join("team.toml"), &file).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let (code, _, stderr) = run("schemes my-own");
    assert!(code == 2 && stderr.contains("others may write it"), "{stderr}");
    let (code, _, stderr) = run("schemes stripe");
    assert!(code == 0 && stderr.contains("others may write it"), "{stderr}");
}

#[test]
fn the_schemes_that_the_file_names_are_read_from_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("set-up")).unwrap();
    std::fs::write(folder.path().join("set-up/c.toml"), "[serve]\nschemes = 's.json'\n").unwrap();
    std::fs::write(folder.path().join("set-up/s.json"), r#"[{"id": "acme", "header": "X-Acme"}]"#).unwrap();
    let arguments = ["schemes", "acme", "--config-file", "set-up/c.toml"];
    let (code, stdout, stderr) = outcome(creel().args(arguments).current_dir(folder.path()));
    assert!(code == 0 && stdout.contains("X-Acme"), "{stderr}");
}

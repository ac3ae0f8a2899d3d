//! What needs no server: `verify` and `sign`.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{creel, outcome};

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/published-vectors.json")).unwrap()
}

fn texts<'v>(vector: &'v Value, name: &str) -> Vec<&'v str> {
    vector[name].as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// `creel verify` for a published vector, on files in this folder.
fn verify(folder: &Path, vector: &Value) -> Command {
    let of = |name: &str| vector[name].as_str().unwrap();
    let mut head = format!("{} / HTTP/1.1\r\n", of("method"));
    for field in vector["headers"].as_array().unwrap() {
        head.push_str(&format!("{}: {}\r\n", field[0].as_str().unwrap(), field[1].as_str().unwrap()));
    }
    std::fs::write(folder.join("head"), head + "\r\n").unwrap();
    std::fs::write(folder.join("body"), STANDARD.decode(of("body_base64")).unwrap()).unwrap();
    let mut command = creel();
    command.args(["verify", "--json", "--scheme", of("scheme"), "--url", of("url"), "--secret", of("secret")]);
    command.args(["--head", "head", "--body", "body"]).current_dir(folder);
    for more in texts(vector, "extra_secrets") {
        command.args(["--secret", more]);
    }
    if let Some(at) = vector["verify_at_unix"].as_i64() {
        command.args(["--at", &at.to_string()]);
        if let Some(tolerance) = vector["tolerance_s"].as_u64() {
            command.args(["--tolerance", &tolerance.to_string()]);
        }
    }
    command
}

#[test]
fn every_published_vector_has_its_published_verdict_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for vector in vectors() {
        let (code, stdout, stderr) = outcome(&mut verify(folder.path(), &vector));
        if (code == 0) != vector["valid"].as_bool().unwrap() || code > 1 {
            wrong.push(format!("{}: {code} {stdout}{stderr}", vector["id"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_verdict_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let vector = vectors().into_iter().find(|vector| vector["scheme"] == "github" && vector["valid"] == true).unwrap();
    let secret = format!("{}\n", vector["secret"].as_str().unwrap());
    let run = |change: &dyn Fn(&mut Command)| {
        let mut command = verify(folder.path(), &vector);
        change(&mut command);
        outcome(&mut command)
    };
    let (_, found, _) = run(&|_| {});
    assert_eq!(serde_json::from_str::<Value>(&found).unwrap()["status"], "valid");
    // The right secret, pasted with a line break, in place of the right one.
    let mut vector = vector.clone();
    vector["secret"] = secret.into();
    let mut command = verify(folder.path(), &vector);
    let arguments: Vec<_> =
        command.get_args().filter(|argument| *argument != "--json").map(ToOwned::to_owned).collect();
    command = creel();
    let (code, stdout, stderr) = outcome(command.args(arguments).current_dir(folder.path()));
    assert_eq!((code, stderr.as_str()), (1, ""));
    insta::assert_snapshot!("verify_invalid", stdout);
}

#[test]
fn a_time_that_is_yet_to_come_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("body"), "{}").unwrap();
    let run = |line: &str| {
        let (_, stdout, stderr) = outcome(creel().args(line.split(' ')).current_dir(folder.path()));
        assert_eq!(stderr, "");
        stdout
    };
    let signed = run("sign --scheme stripe --secret whsec --body body --as request --at 1760000100");
    std::fs::write(folder.path().join("request"), signed).unwrap();
    let early = run("verify --scheme stripe --secret whsec --head request --at 1760000000");
    assert!(early.contains("100 s in the future") && !early.contains("-100"), "{early}");
    let late = run("verify --scheme stripe --secret whsec --head request --at 1760000107");
    assert!(late.contains("7 s old"), "{late}");
}

#[test]
fn what_verify_and_sign_cannot_use_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    std::fs::write(folder.path().join("head"), "POST / HTTP/1.1\nHost: h\n\nbody").unwrap();
    for (line, words) in [
        ("verify --secret s", "--head"),
        ("verify --head head", "--secret"),
        ("verify --secret s --head no-file", "no-file"),
        ("verify --secret s --head empty", "request line"),
        ("verify --secret s --head head --body head", "--body"),
        ("verify --secret s --head - --body -", "standard input"),
        ("verify --secret s --head head --scheme githup", "did you mean 'github'?"),
        ("verify --secret s --head head --scheme github --at 1 --tolerance 5", "no timestamp"),
        ("verify --secret s --head head --tolerance 5", "--at"),
        ("sign --secret s --scheme githup", "did you mean 'github'?"),
        ("sign --secret s --scheme github --header nothing", "Name: value"),
        ("sign --secret s --scheme github --config nothing", "name=value"),
        ("sign --secret nonsense --scheme discord", "cannot be signed"),
        ("sign --secret dGhpcyB0ZXh0IGlzIG5vIGtleSBhdCBhbGw= --scheme sendgrid", "cannot be signed"),
        ("sign --secret s --scheme stripe --at 9223372036854775807", "give Unix seconds"),
        ("verify --secret s --head head --at 999999999999999", "give Unix seconds"),
        ("sign --secret s --scheme github --method A:B", "--method 'A:B' is no HTTP method"),
    ] {
        let (code, stdout, stderr) = outcome(creel().args(line.split(' ')).current_dir(folder.path()));
        assert_eq!((code, stdout.as_str()), (2, ""), "{line}: {stderr}");
        assert!(stderr.contains(words), "{line}: {stderr}");
    }
}

/// As `openssl ecparam -name prime256v1 -genkey` writes it, and `openssl ec -pubout`.
const EC_PRIVATE: &str = "-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIIFkyp46FWwNnyvkyH2lnT9VY3fVCRgwExOn6R+rjhGvoAoGCCqGSM49
AwEHoUQDQgAErKZV9p1PCyhuKM9Nc5I6s76XQFddTgyADGCP57kp93+Up91kXrfN
YWCngPjDZUTixMFA+IUyQRa7zuVoQAOIrQ==
-----END EC PRIVATE KEY-----
";
const EC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErKZV9p1PCyhuKM9Nc5I6s76XQFdd
TgyADGCP57kp93+Up91kXrfNYWCngPjDZUTixMFA+IUyQRa7zuVoQAOIrQ==
-----END PUBLIC KEY-----
";

#[test]
fn a_key_as_openssl_writes_it_signs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("body"), "[]").unwrap();
    let line = ["sign", "--scheme", "sendgrid", "--body", "body", "--as", "request", "--secret", EC_PRIVATE];
    let (code, request, stderr) = outcome(creel().args(line).current_dir(folder.path()));
    assert_eq!(code, 0, "{stderr}");
    std::fs::write(folder.path().join("request"), request).unwrap();
    let line = ["verify", "--scheme", "sendgrid", "--head", "request", "--secret", EC_PUBLIC];
    let (code, stdout, stderr) = outcome(creel().args(line).current_dir(folder.path()));
    assert_eq!(code, 0, "{stdout}{stderr}");
}

const RSA_PRIVATE: &str = include_str!("../../../src/signature/tests/keys/rsa-private.pem");
const RSA_PUBLIC: &str = include_str!("../../../src/signature/tests/keys/rsa-public.pem");

/// The texts of a secret that signs and of the one that verifies.
fn keys(record: &Value) -> (String, String) {
    let pipeline = record["secret"].to_string();
    let text = |bytes: Vec<u8>| {
        if pipeline.contains("hex") { hex::encode(bytes) } else { STANDARD.encode(bytes) }
    };
    let algorithm = record["algorithm"].as_str().unwrap();
    let one_alg = record["alg"].as_array().filter(|algs| algs.len() == 1).and_then(|algs| algs[0].as_str());
    match (algorithm, one_alg) {
        ("jws", Some("ES256")) => {
            use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
            let private = p256::SecretKey::from_slice(&[7; 32]).unwrap();
            let public = private.public_key().to_public_key_pem(LineEnding::LF).unwrap();
            return (private.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(), public);
        }
        ("jws", Some("EdDSA")) => {
            // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to the key.
            const SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
            let pair = ed25519_dalek::SigningKey::from_bytes(&[b'k'; 32]);
            return ("k".repeat(32), STANDARD.encode([SPKI, pair.verifying_key().as_bytes()].concat()));
        }
        ("jws", _) => return (RSA_PRIVATE.to_owned(), RSA_PUBLIC.to_owned()),
        _ if algorithm.starts_with("rsa-") => return (RSA_PRIVATE.to_owned(), RSA_PUBLIC.to_owned()),
        _ => {}
    }
    match algorithm {
        "ecdsa-p256-sha256" | "ecdsa-p256-sha1" => {
            use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
            let private = p256::SecretKey::from_slice(&[7; 32]).unwrap();
            let public = private.public_key().to_public_key_der().unwrap();
            (STANDARD.encode(private.to_pkcs8_der().unwrap().as_bytes()), STANDARD.encode(public.as_bytes()))
        }
        "ed25519" => {
            let both = text(ed25519_dalek::SigningKey::from_bytes(&[7; 32]).to_keypair_bytes().to_vec());
            (both.clone(), both)
        }
        _ if pipeline.contains("hex") || pipeline.contains("base64") => {
            let key = text(b"a key of twenty-eight bytes.".to_vec());
            (key.clone(), key)
        }
        _ => ("a plain secret".to_owned(), "a plain secret".to_owned()),
    }
}

/// Signs by a scheme and verifies what came out, adding what the scheme says it lacks.
fn round_trip(id: &str, record: &Value) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = keys(record);
    let text = record.to_string();
    let is_form = text.contains("form:") || text.contains("{form");
    let kind = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
    let mut form = "b=2&a=1+1&payload=%7B%7D".to_owned();
    let mut json = serde_json::json!({"event": "x", "n": 1});
    let mut url = "https://hook.example/in/path?x=1".to_owned();
    let mut fields = vec![format!("Content-Type: {kind}")];
    let nested = regex::Regex::new("The JSON member /([a-z_]+)/([a-z_]+) of the form field ([a-z]+)").unwrap();
    let lacking = regex::Regex::new("The (header|form field|query parameter|JSON member) /?([A-Za-z0-9._-]+)").unwrap();
    for _ in 0..6 {
        std::fs::write(folder.path().join("body"), if is_form { form.clone() } else { json.to_string() }).unwrap();
        let mut command = creel();
        command.args(["sign", "--as", "request", "--scheme", id, "--secret", &private, "--at", "1760000000"]);
        command.args(["--url", &url, "--config", "app_key=APP", "--config", "webhook_id=WH-1", "--body", "body"]);
        for field in &fields {
            command.args(["--header", field]);
        }
        let output = command.current_dir(folder.path()).output().unwrap();
        if !output.status.success() {
            let told = String::from_utf8(output.stderr).unwrap();
            if let Some(found) = nested.captures(&told) {
                if !json[&found[1]].is_object() {
                    json[&found[1]] = serde_json::json!({});
                }
                json[&found[1]][&found[2]] = "12".into();
                let inner: String = form_urlencoded::byte_serialize(json.to_string().as_bytes()).collect();
                form = format!("b=2&{}={inner}", &found[3]);
                continue;
            }
            let Some(found) = lacking.captures(&told) else { return Err(told) };
            let name = &found[2];
            match &found[1] {
                "header" => fields.push(format!("{name}: 12")),
                "form field" => form.push_str(&format!("&{name}=12")),
                "query parameter" => url.push_str(&format!("&{name}=12")),
                _ => json[name] = "12".into(),
            }
            continue;
        }
        std::fs::write(folder.path().join("request"), output.stdout).unwrap();
        let mut command = creel();
        command.args(["verify", "--scheme", id, "--secret", &public, "--at", "1760000000", "--head", "request"]);
        command.args(["--config", "app_key=APP", "--config", "webhook_id=WH-1"]);
        let (code, stdout, stderr) = outcome(command.current_dir(folder.path()));
        return if code == 0 { Ok(()) } else { Err(format!("{stdout}{stderr}")) };
    }
    Err(format!("something is always lacking: {fields:?} {form} {json} {url}"))
}

#[test]
fn what_is_signed_verifies_for_every_scheme() {
    let catalogue = creel::inside::Catalogue::default();
    let schemes: Vec<(&str, &Value)> =
        catalogue.schemes().iter().map(|scheme| (scheme.id.as_str(), scheme.record())).collect();
    assert!(schemes.len() > 150);
    let parts: Vec<String> = std::thread::scope(|scope| {
        let each = |part: &'static usize| {
            let schemes = schemes.iter().skip(*part).step_by(4);
            schemes.filter_map(|(id, record)| round_trip(id, record).err().map(|why| format!("{id}: {why}")))
        };
        let threads: Vec<_> =
            [0, 1, 2, 3].iter().map(|part| scope.spawn(move || each(part).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(parts.is_empty(), "{} fail:\n{}", parts.len(), parts.join("\n"));
}

/// What names a file is not waited for without end, and one that is too long is refused, not cut.
#[test]
fn a_file_that_cannot_be_read_whole_is_refused_with_its_name() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    mknodat(CWD, at("pipe.json"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    // As long as no machine has memory; nothing of it is on the disk.
    std::fs::File::create(at("huge")).unwrap().set_len(1 << 40).unwrap();
    std::fs::write(at("own.toml"), "[providers.mine]\nevent = '/type'\nsamples = 'pipe.json'\n").unwrap();
    let serve = ["serve", "--ephemeral", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0"];
    let on = |words: &[&str]| outcome(creel().args(words).current_dir(folder.path()));
    let sign = ["--scheme", "github", "--secret", "k"];
    for (words, told) in [
        (&["config", "check", "own.toml"][..], "pipe.json: it is no plain file"),
        (&[&["sign"][..], &sign, &["--body", "huge"]].concat(), "huge: it is larger than 1.0 GiB"),
        (&[&["verify"][..], &sign, &["--head", "huge"]].concat(), "huge: it is larger than 1.0 GiB"),
        (&["send", "--from", "huge", "--to", "http://127.0.0.1:1/"], "huge: it is larger than 1.0 GiB"),
        (&[&serve[..], &["--config", "huge"]].concat(), "it is larger than 1.0 MiB"),
        (&[&serve[..], &["--schemes", "huge"]].concat(), "--schemes huge: it is larger than 4.0 MiB"),
        (&[&serve[..], &["--cacert", "huge"]].concat(), "--cacert huge: it is larger than 4.0 MiB"),
        (&[&serve[..], &["--schemes", "."]].concat(), "--schemes .: it is a folder"),
    ] {
        let (code, _, stderr) = on(words);
        assert!(code == 2 && stderr.contains(told), "{words:?}: {code} {stderr}");
    }
    // Nobody ever writes to these; side by side, since each waits for a while.
    std::thread::scope(|scope| {
        for words in [
            [&serve[..], &["--config", "pipe.json"]].concat(),
            [&serve[..], &["--schemes", "pipe.json"]].concat(),
            [&serve[..], &["--cacert", "pipe.json"]].concat(),
            [&["verify"][..], &sign, &["--head", "pipe.json"]].concat(),
        ] {
            let on = &on;
            scope.spawn(move || {
                let (code, _, stderr) = on(&words);
                assert!(code == 2 && stderr.contains("it is a pipe, and nothing was written"), "{words:?}: {stderr}");
            });
        }
    });
}

#[test]
fn the_output_of_a_command_can_stand_for_a_file() {
    let sign = |body: &str| {
        let script = format!("{} sign --scheme github --secret k --body {body}", env!("CARGO_BIN_EXE_creel"));
        outcome(Command::new("bash").args(["-c", &script]))
    };
    let (code, stdout, stderr) = sign("<(sleep 0.2; printf x)");
    assert!(code == 0 && !stdout.is_empty(), "{stderr}");
    assert_eq!(sign("- < <(printf x)").1, stdout);
    assert_ne!(sign("<(printf y)").1, stdout);
}

//! The receiver check: what it finds, and that it finds nothing else.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::receiver::{self, AUTHORIZATION, Mistake, SECRET};
use super::replay::{post, until};
use crate::helpers::TestApp;

/// Runs the command: exit code and report.
fn check(arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
    let output = command.args(["check", "--json"]).args(arguments).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    (output.status.code().unwrap(), report)
}

/// The ids of the cases that ended in this way.
fn ids(report: &Value, state: &str) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap().iter().filter(|case| case["result"] == state);
    cases.map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

fn callaider(url: &str) -> (i32, Value) {
    check(&[url, "--provider", "callaider", "--secret", SECRET])
}

#[test]
fn a_right_receiver_passes_every_case() {
    let right = receiver::start(Mistake::Nothing, false);
    let (code, report) = callaider(&right);
    assert_eq!((code, ids(&report, "failed")), (0, Vec::new()), "{report}");
    assert_eq!(ids(&report, "note"), ["upper_case_hex", "deduplication"]);
    assert!(ids(&report, "skipped").is_empty());
    assert_eq!(
        (&report["ok"], &report["total"], &report["passed"], &report["failed"]),
        (&json!(true), &json!(report["cases"].as_array().unwrap().len()), &report["counts"]["passed"], &json!(0))
    );

    let url = receiver::start(Mistake::Nothing, true);
    for proof in [["--secret", AUTHORIZATION], ["--header", &format!("Authorization: {AUTHORIZATION}")]] {
        let (code, report) = check(&[&[url.as_str(), "--provider", "pathors"][..], &proof].concat());
        assert_eq!((code, ids(&report, "failed")), (0, Vec::new()), "{report}");
        assert_eq!(ids(&report, "note"), ["deduplication"]);
    }
}

#[test]
fn each_seeded_mistake_is_named_and_nothing_else() {
    let refusals: &[&str] = &[
        "wrong_signature",
        "tampered_body",
        "missing_signature",
        "reserialised_json",
        "signature_cut",
        "signature_not_ascii",
    ];
    let seeded: &[(Mistake, &[&str])] = &[
        (Mistake::Forbids, refusals),
        (Mistake::WritesAgain, &["reserialised_json", "not_ascii"]),
        (Mistake::FailsNotAscii, &["signature_not_ascii"]),
        (Mistake::RefusesDuplicates, &["duplicate"]),
        (Mistake::RefusesUnknown, &["unknown_event"]),
        (Mistake::FailsMalformed, &["malformed_json"]),
        (Mistake::FailsEmpty, &["empty_body"]),
        (Mistake::FailsLarge, &["transcript_5mib", "transcript_10mib"]),
        (Mistake::IsLate, &["valid_event"]),
        (Mistake::ReadsLatin, &["not_ascii"]),
        (Mistake::WantsOrder, &["out_of_order"]),
        (Mistake::IsCrowded, &["parallel"]),
        (Mistake::IsImpatient, &["slow_sender"]),
        (Mistake::TakesBeginnings, &["signature_cut"]),
        (Mistake::Trims, &["not_ascii"]),
        (Mistake::KnowsOneEvent, &["each_event", "out_of_order"]),
    ];
    let find = |(mistake, expected): &(Mistake, &[&str])| {
        let (code, report) = callaider(&receiver::start(*mistake, false));
        assert_eq!(
            (code, ids(&report, "failed")),
            (1, expected.iter().map(|id| (*id).to_owned()).collect()),
            "{mistake:?}"
        );
        for case in report["cases"].as_array().unwrap().iter().filter(|case| case["result"] == "failed") {
            assert!(!case["says"].as_str().unwrap().is_empty() && case["fix"].is_string(), "{case}");
            assert_eq!(case["snippets"].as_array().unwrap().len(), 5, "{case}");
            assert!(!case["requests"].as_array().unwrap().is_empty(), "{case}");
        }
    };
    // A few at a time: each takes seconds, most of them waiting.
    std::thread::scope(|scope| {
        for part in seeded.chunks(seeded.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(find));
        }
    });
    let (code, report) = callaider(&receiver::start(Mistake::TakesUnsigned, false));
    assert_eq!((code, ids(&report, "failed")), (0, Vec::new()));
    assert!(ids(&report, "note").contains(&"missing_signature".to_owned()), "{report}");
    let url = receiver::start(Mistake::IgnoresHeader, true);
    let (code, report) = check(&[&url, "--provider", "pathors", "--secret", AUTHORIZATION]);
    assert_eq!(
        (code, ids(&report, "failed")),
        (1, ["header_absent", "header_different", "header_cut"].map(str::to_owned).to_vec())
    );
    let url = receiver::start(Mistake::TakesBeginnings, true);
    let (code, report) = check(&[&url, "--provider", "pathors", "--secret", AUTHORIZATION]);
    assert_eq!((code, ids(&report, "failed")), (1, vec!["header_cut".to_owned()]));
}

/// A receiver that Node runs with Express.
pub struct Express(Child);

impl Express {
    /// Starts the program of that name; answers with its port.
    pub fn start(name: &str, program: &str) -> (Self, String) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/express");
        assert!(
            folder.join("node_modules/express").exists() && folder.join("node_modules/tsx").exists(),
            "Express is there; tests/run fetches it: npm install --prefix target/express express@5 tsx@4"
        );
        std::fs::write(folder.join(name), program).unwrap();
        let mut child = Command::new("node")
            .args(["--import", "tsx", name])
            .current_dir(&folder)
            .env("CALLAIDER_WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::piped())
            // It logs what it throws.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let stdout = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut port).unwrap();
        (Self(child), port.trim().to_owned())
    }
}

impl Drop for Express {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_guides_receiver_lacks_what_it_lacks_and_the_snippets_mend_it() {
    let (_guide, port) = Express::start("guide.mts", include_str!("../fixtures/guide-receiver.mts"));
    let (code, report) = callaider(&format!("http://127.0.0.1:{port}/assistant-webhook"));
    assert_eq!(code, 1);
    assert_eq!(ids(&report, "failed"), ["signature_not_ascii", "malformed_json", "empty_body"], "{report}");
    let large = ["transcript_1mib", "transcript_5mib", "transcript_10mib"];
    assert_eq!(ids(&report, "note"), [&["upper_case_hex", "deduplication"][..], &large].concat(), "{report}");
    for case in report["cases"].as_array().unwrap() {
        let (id, statuses) = (case["id"].as_str().unwrap(), case["requests"].as_array().unwrap());
        for request in statuses {
            match id {
                "signature_not_ascii" | "malformed_json" | "empty_body" => assert_eq!(request["status"], 500, "{case}"),
                _ if large.contains(&id) => assert_eq!(request["status"], 413, "{case}"),
                _ => {}
            }
        }
    }

    // What the report shows of Express, put together.
    let snippet = |id: &str| {
        let case = report["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap();
        let snippet = case["snippets"].as_array().unwrap().iter().find(|one| one["framework"] == "express").unwrap();
        snippet["code"].as_str().unwrap().to_owned()
    };
    let parsed = format!("{}\nres.json({{ ok: true, event: payload.event }});", snippet("malformed_json"));
    let program = format!(
        "import crypto from 'node:crypto';\nimport express from 'express';\nconst app = express();\n{}\n\
         const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));\n",
        snippet("signature_not_ascii").replace("// …", &parsed)
    );
    let (_mended, port) = Express::start("mended.mts", &program);
    let (code, report) = callaider(&format!("http://127.0.0.1:{port}/webhook"));
    assert_eq!((code, ids(&report, "failed")), (0, Vec::new()), "{report}");
    assert_eq!(ids(&report, "note"), ["upper_case_hex", "deduplication"]);
}

#[test]
fn reports_are_written_for_people_tickets_and_pipelines() {
    let url = receiver::start(Mistake::FailsMalformed, false);
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(["check", &url, "--secret", SECRET, "--framework", "go", "--junit", "j.xml", "--markdown", "m.md"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for words in [
        "FAIL  Answers malformed JSON with 4xx",
        "Got 500, expected 4xx.",
        "Log parsing failures separately for session.started and session.ended.",
        "json.Unmarshal",
        "18 passed, 1 failed, 2 notes, 0 skipped",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let junit = std::fs::read_to_string(folder.path().join("j.xml")).unwrap();
    assert!(junit.contains("tests=\"21\" failures=\"1\" errors=\"0\" skipped=\"0\""), "{junit}");
    assert!(junit.contains("<failure message=\"Got 500, expected 4xx.\">"), "{junit}");
    let mut reader = quick_xml::Reader::from_str(&junit);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    let markdown = std::fs::read_to_string(folder.path().join("m.md")).unwrap();
    assert!(
        markdown.contains("| FAIL | Answers malformed JSON with 4xx |") && markdown.contains("```\nvar payload"),
        "{markdown}"
    );
}

#[test]
fn what_cannot_be_reached_is_exit_code_3_and_what_is_wrong_2() {
    let (code, report) = check(&["http://127.0.0.1:9/", "--secret", SECRET]);
    assert_eq!((code, &report["error"]), (3, &json!("Nothing listens on 127.0.0.1:9.")));
    for arguments in [
        &["nothing"][..],
        &["http://127.0.0.1:9/", "--provider", "stripe"],
        &["http://127.0.0.1:9/", "--framework", "x"],
        &[],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_creel")).arg("check").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    // Without a secret only what needs none is tried.
    let url = receiver::start(Mistake::Nothing, true);
    let (code, report) = check(&[&url, "--provider", "pathors"]);
    assert_eq!(code, 1);
    assert_eq!(ids(&report, "skipped"), ["header_absent", "header_different", "header_cut"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_the_fixed_names_and_only_the_cases_that_are_asked_for() {
    let app = TestApp::start().await;
    let url = receiver::start(Mistake::FailsMalformed, false);
    let cases = ["malformed_json", "valid_event", "deduplication"];
    // Without a bin a text is the secret itself.
    let input = json!({"target": url, "provider": "callaider", "secret": SECRET, "cases": cases});
    let (status, begun) = post(&app, "/check", input).await;
    assert_eq!((status, &begun["total"]), (202, &json!(3)), "{begun}");
    let report = until(&app, &format!("/check/{}", begun["id"]), |check| check["finished"] == true).await;
    assert_eq!((&report["target"], &report["provider"]), (&json!(url), &json!("callaider")));
    assert_eq!((&report["ok"], &report["passed"], &report["failed"]), (&json!(false), &json!(1), &json!(1)));
    let told: Vec<_> =
        report["cases"].as_array().unwrap().iter().map(|case| json!([case["id"], case["result"]])).collect();
    let expected = json!([["valid_event", "passed"], ["deduplication", "note"], ["malformed_json", "failed"]]);
    assert_eq!(json!(told), expected, "in the battery's order");
    let failed = &report["cases"][2];
    assert!(failed["fix"].is_string() && failed["duty"].is_string() && failed["sentence"].is_string(), "{failed}");
    let attempt = &failed["attempt"];
    assert_eq!((&attempt["why"], &attempt["response"]["status"]), (&json!("check"), &json!(500)), "{attempt}");
    assert!(attempt["sent"]["head"].as_str().unwrap().starts_with("POST /"), "{attempt}");
    assert!(attempt["times_us"]["total"].is_u64() && attempt["target"] == url.as_str(), "{attempt}");

    let (code, report) = check(&[&url, "--secret", SECRET, "--case", "malformed_json"]);
    assert_eq!((code, ids(&report, "failed"), &report["total"]), (1, vec!["malformed_json".to_owned()], &json!(1)));
    let output = Command::new(env!("CARGO_BIN_EXE_creel")).args(["check", &url, "--case", "no_such"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && stderr.contains("--case no_such: there are valid_event"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_checks_with_progress_for_allowed_targets_and_can_be_stopped() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "in", "provider": "callaider", "secret": SECRET})).await;
    let url = receiver::start(Mistake::RefusesUnknown, false);
    let (status, begun) = post(&app, "/check", json!({"bin": "in", "target": url})).await;
    assert_eq!((status, &begun["finished"]), (202, &json!(false)), "{begun}");
    let path = format!("/check/{}", begun["id"]);
    let some = until(&app, &path, |check| !check["cases"].as_array().unwrap().is_empty()).await;
    assert_eq!(some["cases"][0]["id"], "valid_event");
    let whole = until(&app, &path, |check| check["finished"] == true).await;
    assert_eq!((ids(&whole, "failed"), &whole["ok"]), (vec!["unknown_event".to_owned()], &json!(false)));

    let (_, begun) =
        post(&app, "/check", json!({"provider": "callaider", "secret": {"value": SECRET}, "target": url})).await;
    let path = format!("/check/{}", begun["id"]);
    assert!(app.client.delete(app.api(&path)).send().await.unwrap().status().is_success());
    let stopped = until(&app, &path, |check| check["finished"] == true).await;
    assert_eq!((&stopped["error"], &stopped["ok"]), (&json!("It was stopped."), &json!(false)));

    for (input, code, field) in [
        (json!({}), "invalid_field", "target"),
        (json!({"target": url}), "invalid_field", "provider"),
        (json!({"target": url, "provider": "stripe"}), "invalid_field", "provider"),
        (json!({"target": url, "bin": "nobody"}), "not_found", "bin"),
        (json!({"target": url, "bin": "in", "secret": "label"}), "invalid_field", "secret"),
        (json!({"target": url, "bin": "in", "cases": []}), "invalid_field", "cases"),
        (json!({"target": url, "bin": "in", "cases": ["duplicate", "no_such"]}), "invalid_field", "cases[1]"),
        (json!({"target": "http://192.0.2.1/", "provider": "callaider"}), "target_not_allowed", "target"),
        (json!({"target": app.started.console_url, "provider": "callaider"}), "target_not_allowed", "target"),
    ] {
        let (_, problem) = post(&app, "/check", input.clone()).await;
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str()),
            (Some(code), Some(field)),
            "{input}: {problem}"
        );
    }
    let slow = receiver::start(Mistake::IsLate, false);
    let input = json!({"provider": "callaider", "secret": {"value": SECRET}, "target": slow});
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(post(&app, "/check", input.clone()).await.0);
    }
    assert_eq!(statuses, [202, 202, 429]);
}

//! What is sent is what was captured: every request of the fidelity suite, byte by byte.

use std::io::Write as _;

use serde_json::json;

use super::replay::until;
use super::target::{Arrived, Target};
use crate::fidelity::{Case, cases, head_for};
use crate::helpers::TestApp;
use crate::helpers::captured::{bin, only};
use crate::helpers::raw::{connect, read_head};

/// What must arrive, made from what was sent by the rules alone, in another way than Creel does it.
fn expected(sent: &[u8], bin: &str, body: usize, target: &str) -> Vec<u8> {
    let lines: Vec<&[u8]> = sent.split_inclusive(|byte| *byte == b'\n').collect();
    let (first, fields) = lines.split_first().unwrap();
    let at = first.windows(bin.len()).position(|part| part == bin.as_bytes()).unwrap() + bin.len();
    let method = first.split(|byte| *byte == b' ').next().unwrap();
    let mut out = [method, b" /hook", &first[at..]].concat();
    let name = |line: &[u8]| String::from_utf8_lossy(line.split(|byte| *byte == b':').next().unwrap()).to_lowercase();
    let end = |line: &[u8]| if line.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let named: Vec<String> = fields
        .iter()
        .filter(|line| name(line) == "connection")
        .flat_map(|line| {
            String::from_utf8_lossy(line)
                .split_once(':')
                .unwrap()
                .1
                .to_lowercase()
                .split(',')
                .map(|one| one.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    if !fields.iter().any(|line| name(line) == "host") {
        out.extend_from_slice(format!("Host: {target}\r\n").as_bytes());
    }
    for line in fields {
        let name = name(line);
        match name.as_str() {
            "host" => {
                let written = String::from_utf8_lossy(line).split(':').next().unwrap().to_owned();
                out.extend_from_slice(format!("{written}: {target}{}", end(line)).as_bytes());
            }
            "transfer-encoding" => out.extend_from_slice(format!("Content-Length: {body}{}", end(line)).as_bytes()),
            "connection" | "keep-alive" | "te" | "trailer" | "upgrade" | "expect" => {}
            _ if name.starts_with("proxy-") || named.contains(&name) => {}
            // A length with zeros before it says the same.
            _ => out.extend_from_slice(line),
        }
    }
    out
}

fn assert_exact(arrived: &Arrived, case: &Case, head: &[u8], bin: &str, target: &Target) {
    let name = case.name;
    let wanted = expected(head, bin, case.body.len(), &target.address.to_string());
    assert!(
        arrived.head == wanted,
        "{name}: arrived\n{}\nwanted\n{}",
        arrived.head.escape_ascii(),
        wanted.escape_ascii()
    );
    assert!(arrived.body == case.body, "{name}");
}

/// Those that two programs may read in two ways.
const UNFIT: [&str; 4] = ["bare line feeds", "mixed line ends", "double slashes and dots", "TRACE"];

#[tokio::test]
async fn a_forward_differs_from_the_capture_by_the_rules_only() {
    let app = TestApp::start().await;
    let target = Target::start();
    let mut unfit = Vec::new();
    for case in cases() {
        let name = case.name;
        let bin = bin(&app, json!({})).await;
        let forward = json!({"routes": [{"to": target.url("/hook")}]});
        let set = app.client.put(app.api(&format!("/bins/{bin}/forward"))).json(&forward).send().await.unwrap();
        assert_eq!(set.status(), 200, "{name}");
        let head = head_for(&case, bin);
        let mut socket = connect(app.capture);
        socket.write_all(&[&head[..], &case.wire].concat()).unwrap();
        assert_eq!(read_head(&mut socket).unwrap().status, 200, "{name}");
        let over = until(&app, &format!("/bins/{bin}/requests/latest"), |one| !one["forwarded"].is_null()).await;
        match over["forwarded"].as_str() {
            Some("skipped_unfit") => unfit.push(name),
            Some("delivered") => assert_exact(&target.next(), &case, &head, bin.as_str(), &target),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(unfit, UNFIT);
}

#[tokio::test]
async fn a_replay_differs_from_the_capture_by_the_rules_only() {
    let app = TestApp::start().await;
    let target = Target::start();
    let mut unfit = Vec::new();
    let all = cases();
    assert!(all.len() >= 61);
    for case in all {
        let name = case.name;
        let bin = bin(&app, json!({})).await;
        let head = head_for(&case, bin);
        let mut socket = connect(app.capture);
        socket.write_all(&[&head[..], &case.wire].concat()).unwrap();
        assert_eq!(read_head(&mut socket).unwrap().status, 200, "{name}");
        let captured = only(&app, bin).await;
        let url = app.api(&format!("/bins/{bin}/requests/{}/replay", captured.summary.id));
        let ask = |as_is: bool| app.client.post(&url).json(&json!({"target": target.url("/hook"), "as_is": as_is}));
        let mut answer = ask(false).send().await.unwrap();
        if answer.status() == 422 {
            let problem: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "unfit_to_send", "{name}: {problem}");
            unfit.push(name);
            answer = ask(true).send().await.unwrap();
        }
        assert_eq!(answer.status(), 200, "{name}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        let arrived = target.next();
        assert_exact(&arrived, &case, &head, bin.as_str(), &target);
        let attempt = &answer["attempts"][0];
        assert_eq!((&attempt["outcome"], &attempt["response"]["status"]), (&json!("answered"), &json!(200)), "{name}");
        assert_eq!(attempt["sent"]["head"], String::from_utf8_lossy(&arrived.head).as_ref(), "{name}");
    }
    assert_eq!(unfit, UNFIT);
}

//! `creel wait`: conditions, time, what came instead, reports.

use std::process::Stdio;
use std::time::Instant;

use super::server::Server;

fn with_bin() -> Server {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    server
}

#[test]
fn conditions_are_met_or_not_and_the_exit_code_says_so() {
    let server = with_bin();
    server.send("/b/paid", "", "1");
    server.send("/b/paid", "", "2");
    server.send("/b/refunded", "", "3");
    for (line, code) in [
        ("--filter path:/paid", 0),
        ("--filter path:/paid --at-least 2", 0),
        ("--filter path:/paid --at-least 3 --timeout 300ms", 1),
        ("--filter path:/none --timeout 300ms", 1),
        ("--filter path:/paid --at-most 2 --timeout 300ms", 0),
        ("--filter path:/paid --at-most 1 --timeout 10s", 1),
        ("--filter path:/none --at-most 0 --timeout 300ms", 0),
        ("--filter path:/paid --exactly 2 --timeout 300ms", 0),
        ("--filter path:/paid --exactly 1 --timeout 10s", 1),
        ("--filter path:/paid --exactly 3 --timeout 300ms", 1),
        ("--exactly 3 --none-for 200ms --timeout 10s", 0),
        ("--none-for 200ms --timeout 10s", 0),
        ("--after now --timeout 300ms", 1),
        ("--after now --at-most 0 --timeout 0.3", 0),
    ] {
        let words: Vec<&str> = ["wait", "b"].into_iter().chain(line.split(' ')).collect();
        let began = Instant::now();
        let (found, _, stderr) = server.run(&words);
        assert_eq!(found, code, "{line}: {stderr}");
        assert!(began.elapsed().as_secs() < 9, "{line} ends as soon as the outcome is known");
    }
}

#[test]
fn what_matched_goes_to_stdout_and_what_came_instead_to_stderr() {
    let server = with_bin();
    server.send("/b/paid", "", "1");
    server.send("/b/other", "", "2");
    let (code, stdout, stderr) =
        server.run(&["wait", "b", "-f", "path:/paid", "--at-least", "2", "--timeout", "300ms"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("/paid") && !stdout.contains("/other"), "{stdout}");
    assert!(stderr.contains("not met within 300 ms: 1 request matched, at least 2 wanted"), "{stderr}");
    assert!(stderr.contains("/other"), "{stderr}");
}

#[test]
fn a_condition_that_is_not_met_is_told_as_it_was_asked() {
    let server = with_bin();
    server.send("/b/refunded", "", "1");
    for (condition, words) in [
        ("--at-most", "not met: 1 request matched, at most 0 wanted"),
        ("--exactly", "not met: 1 request matched, exactly 0 wanted"),
    ] {
        let line = ["wait", "b", condition, "0", "--timeout", "10s", "--junit", "report.xml"];
        let (code, _, stderr) = server.run(&line);
        assert!(code == 1 && stderr.contains(words), "{stderr}");
        let report = std::fs::read_to_string(server.folder().join("report.xml")).unwrap();
        assert!(report.contains(words), "{report}");
    }
}

#[test]
fn a_wait_ends_when_the_request_comes() {
    let server = with_bin();
    let waiting = server.creel(&["wait", "b", "--json", "--timeout", "60s"]).stdout(Stdio::piped()).spawn().unwrap();
    server.send("/b/late", "", "x");
    let done = waiting.wait_with_output().unwrap();
    assert!(done.status.success());
    assert!(String::from_utf8(done.stdout).unwrap().contains("\"path\":\"/late\""));
}

#[test]
fn the_report_is_one_that_pipelines_read() {
    let server = with_bin();
    server.send("/b/<script>\u{7}", "", "x");
    let (code, ..) = server.run(&["wait", "b", "-f", "path:/paid", "--timeout", "200ms", "--junit", "report.xml"]);
    assert_eq!(code, 1);
    let report = std::fs::read_to_string(server.folder().join("report.xml")).unwrap();
    let time = regex::Regex::new("time=\"[0-9.]+\"").unwrap();
    let seq = regex::Regex::new(">[0-9]+ POST").unwrap();
    let steady = seq.replace(&time.replace_all(&report, "time=\"T\""), ">N POST").into_owned();
    insta::assert_snapshot!("junit", steady);
    let (code, ..) = server.run(&["wait", "b", "--junit", "report.xml"]);
    assert_eq!(code, 0);
    assert!(std::fs::read_to_string(server.folder().join("report.xml")).unwrap().contains("failures=\"0\""));
}

#[test]
fn a_wait_goes_on_when_the_server_comes_back_and_says_so_when_it_does_not() {
    let mut server = with_bin();
    let report = |server: &Server| std::fs::read_to_string(server.folder().join("report.xml")).unwrap();
    let waiting = |server: &Server, timeout: &str| {
        let url = format!("http://{}", server.console);
        let line = ["wait", "b", "--timeout", timeout, "--junit", "report.xml", "--server", &url];
        let child = server.creel(&line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The call is on its way once the server has the connection: the listener's and the caller's end.
        let calls = || {
            let port = format!(":{:04X} ", server.console.port());
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            table.lines().filter(|line| line.contains(&port) && line.contains(" 01 ")).count()
        };
        let began = Instant::now();
        while calls() < 2 {
            assert!(began.elapsed().as_secs() < 20, "the call never came");
            std::thread::yield_now();
        }
        child
    };
    let child = waiting(&server, "60s");
    server.stop("-KILL");
    server.start_again(&[]);
    server.send("/b/late", "", "x");
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8(done.stdout).unwrap().contains("/late") && report(&server).contains("errors=\"0\""));

    server.ok(&["delete", "b", "--all"]);
    let child = waiting(&server, "2s");
    server.stop("-KILL");
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(3), "{}", String::from_utf8_lossy(&done.stderr));
    let text = report(&server);
    assert!(text.contains("errors=\"1\"") && text.contains("<error message=\"no server answers at "), "{text}");
}

#[test]
fn a_wait_that_cannot_be_has_a_report_too() {
    let server = with_bin();
    for (line, code) in [
        (vec!["wait", "none", "--timeout", "200ms"], 2),
        (vec!["wait", "b", "--filter", "sig:perhaps", "--timeout", "200ms"], 2),
        (vec!["wait", "b", "--none-for", "9s", "--timeout", "1s"], 2),
        (vec!["wait", "b", "--server", "http://127.0.0.1:1", "--timeout", "1s"], 3),
    ] {
        let words: Vec<&str> = line.into_iter().chain(["--junit", "report.xml"]).collect();
        let (found, _, stderr) = server.run(&words);
        assert_eq!(found, code, "{words:?}: {stderr}");
        let file = server.folder().join("report.xml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("failures=\"0\" errors=\"1\"") && text.contains("<error message="), "{text}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_pipeline_in_a_shell_script_passes_with_the_event_and_fails_without_it() {
    let server = Server::start();
    let script = r#"
        creel ready --timeout 10s > /dev/null
        URL=$(creel bin create checkout --status 500,200)
        # The sender under test: it tries again after a failure.
        (for try in 1 2; do curl -s -o /dev/null "$URL/paid" -d "order=7"; done) &
        creel wait checkout --filter 'path:/paid order=7' --exactly 2 --none-for 300ms --timeout 20s --junit report.xml
        creel export checkout --as har --output checkout.har
        creel bin delete checkout"#;
    let (code, stdout, stderr) = server.shell(script);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let har: serde_json::Value =
        serde_json::from_slice(&std::fs::read(server.folder().join("checkout.har")).unwrap()).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 2);
    let (code, _, stderr) = server.shell(&script.replace("--exactly 2", "--exactly 3").replace("20s", "1s"));
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("2 requests matched, exactly 3 wanted"), "{stderr}");
}

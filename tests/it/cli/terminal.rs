//! What reaches a terminal, and what reaches a pipe.

use serde_json::Value;

use super::server::Server;

/// A server with requests that would play tricks on a terminal.
fn hostile() -> Server {
    let server = Server::start();
    server.ok(&["bin", "create", "b"]);
    let body = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}txt";
    let json = format!("{{\"event\": \"session.ended\", \"text\": \"{body}\", \"long\": \"{}\"}}", "x".repeat(300));
    server.send("/b/a%1b[31m?\u{1b}[2J", "X-Odd: \u{1b}[31mred\r\nContent-Type: text/plain\r\n", body);
    server.send("/b/json", "Content-Type: application/json\r\n", &json);
    server
}

/// Runs a command in a terminal of that many columns; what the terminal gets.
fn in_terminal(server: &Server, columns: usize, command: &str) -> String {
    let script = format!("script -qec \"stty cols {columns} rows 40; {command}\" typescript < /dev/null");
    let (code, stdout, stderr) = server.shell(&script);
    assert_eq!(code, 0, "{command}: {stdout}{stderr}");
    stdout.replace("\r\n", "\n")
}

fn without_colours(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

const COMMANDS: &[&str] = &[
    "creel ls",
    "creel ls b",
    "creel show b",
    "creel show b --raw",
    "creel show b --body",
    "creel search b method:POST",
    "creel bin show b",
    "creel tail b --since start --count 2",
    "creel tail b --since start --count 2 --full",
    "creel wait b --at-least 2",
    "creel export b --as csv --secrets",
    "creel export b --as jsonl --secrets",
    "creel export b --as har --secrets",
    "creel ls b --json",
    "creel show b --json",
    "creel show b --signature --json",
    "creel search b method:POST --json",
    "creel tail b --since start --count 2 --json",
    "creel wait b --at-least 2 --json",
    "creel bin show b --json",
    "creel schemes",
    "creel providers",
];

#[test]
fn no_byte_of_a_stranger_moves_the_cursor_of_a_terminal() {
    let server = hostile();
    for command in COMMANDS {
        let shown = without_colours(&in_terminal(&server, 100, command));
        let turns = ['\u{202e}', '\u{2066}', '\u{200f}'];
        let odd = shown.chars().find(|c| (c.is_control() && *c != '\n' && *c != '\t') || turns.contains(c));
        assert_eq!(odd, None, "{command}: {shown:?}");
    }
}

#[test]
fn json_is_inert_wherever_it_goes_and_reads_as_it_was_and_other_bytes_go_to_files_as_they_are() {
    let server = hostile();
    let odd =
        |text: &str| text.chars().any(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{202e}' | '\u{2066}' | '\u{200f}'));
    let read = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let piped = server.ok(&["export", "b", "--as", "jsonl", "--secrets"]);
    assert_eq!(server.run(&["export", "b", "--as", "jsonl", "--secrets", "--output", "exact.jsonl"]).0, 0);
    let (_, file, _) = server.shell("cat exact.jsonl");
    assert!(odd(&file) && !odd(&piped), "{piped}");
    assert_eq!(read(&piped), read(&file));
    let holds = |record: &Value| {
        record["body_base64"].is_string() || record["body"].as_str().is_some_and(|body| body.contains('\u{9b}'))
    };
    assert!(read(&piped).iter().any(holds), "{piped}");
    // In a terminal, too, it is still JSON.
    assert_eq!(read(&in_terminal(&server, 100, "creel export b --as jsonl --secrets")), read(&file));
    assert!(odd(&server.ok(&["show", "b", "--body"])), "a pipe gets the body's bytes");
}

#[test]
fn a_list_fits_the_terminal_whatever_its_width() {
    let server = hostile();
    for columns in [20, 30, 40, 57, 72, 100, 200] {
        for command in [
            "creel ls",
            "creel ls b",
            "creel tail b --since start --count 2",
            "creel schemes",
            "creel providers",
            "creel config",
            "creel check --list",
            "creel send --list",
        ] {
            let shown = without_colours(&in_terminal(&server, columns, command));
            let too_long = shown.lines().find(|line| line.chars().count() > columns);
            assert_eq!(too_long, None, "{command} in {columns} columns");
        }
    }
    insta::assert_snapshot!("narrow", server.steady(&without_colours(&in_terminal(&server, 60, "creel ls b"))));
}

#[test]
fn what_is_told_beside_the_data_is_laid_out_for_where_it_goes() {
    let server = hostile();
    let wait = "creel wait b --filter nope --timeout 100ms";
    let shown = in_terminal(&server, 40, &format!("{wait} 2>&1 > out || true"));
    let list = without_colours(shown.split("what came instead:").nth(1).unwrap());
    assert!(list.contains("POST") && list.lines().all(|line| line.chars().count() <= 40), "{list}");
    let (_, _, stderr) = server.shell(&format!("{wait} || true"));
    assert!(!stderr.contains('\u{1b}'), "{stderr}");
}

#[test]
fn colours_are_for_terminals_of_people_who_want_them() {
    let server = hostile();
    let is_coloured = |text: &str| text.contains("\u{1b}[");
    assert!(is_coloured(&in_terminal(&server, 100, "creel ls b")));
    assert!(is_coloured(&in_terminal(&server, 100, "NO_COLOR= creel show b")), "set to nothing it does not count");
    assert!(!is_coloured(&in_terminal(&server, 100, "NO_COLOR=1 creel ls b")));
    assert!(!is_coloured(&in_terminal(&server, 100, "creel show b --no-color")));
    assert!(!is_coloured(&in_terminal(&server, 100, "TERM=dumb creel ls b")));
    assert!(!is_coloured(&server.ok(&["ls", "b"])));
}

#[test]
fn a_mistake_in_the_line_is_told_without_colours_where_none_are_wanted() {
    let server = hostile();
    let told = |line: &str| in_terminal(&server, 100, &format!("{line} || true"));
    assert!(told("creel list --nope").contains("\u{1b}["));
    let plain = told("creel list --no-color --nope");
    assert!(plain.contains("--nope") && !plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn without_a_terminal_nothing_is_cut() {
    let server = hostile();
    let path = format!("/b/{}", "long".repeat(60));
    server.send(&path, "", "");
    assert!(server.ok(&["ls", "b"]).contains(&path[2..]));
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let server = hostile();
    for number in 0..200 {
        server.send(&format!("/b/{number}"), "", &"x".repeat(2_000));
    }
    for command in [
        "creel schemes",
        "creel schemes --json",
        "creel ls b --limit 200",
        "creel export b --secrets",
        "creel tail b --since start --full",
        "creel completions bash",
        "creel man",
        "creel --help",
    ] {
        let (code, _, stderr) = server.shell(&format!("{command} | head -n 1 > /dev/null"));
        assert_eq!((code, stderr.as_str()), (0, ""), "{command}");
    }
}

#[test]
fn progress_and_notes_leave_standard_output_alone() {
    let server = hostile();
    let (code, stdout, stderr) = server.run(&["export", "b", "--output", "b.jsonl"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert!(stderr.contains("bytes written to b.jsonl"), "{stderr}");
}

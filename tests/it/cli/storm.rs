//! `creel tail` and `creel forward` while the server dies and comes back under load: nothing lost, nothing twice.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::server::Server;

/// Senders at once.
const SENDERS: usize = 8;
/// Between two requests of one: 500 a second in all, as far as the machine can.
const PAUSE: Duration = Duration::from_millis(16);
/// Deaths, in turn by `kill -9` and in order.
const DEATHS: usize = 6;
/// What follows the server has this long for what is left.
const PATIENCE: Duration = Duration::from_secs(90);

/// Sends one request; whether it was acknowledged.
fn send(to: SocketAddr, path: &str) -> std::io::Result<bool> {
    let mut socket = TcpStream::connect_timeout(&to, Duration::from_secs(1))?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(socket, "POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200 "))
}

/// The lines that a command prints, as they come.
fn lines_of(child: &mut Child) -> Arc<Mutex<Vec<String>>> {
    let (lines, out) = (Arc::new(Mutex::new(Vec::new())), child.stdout.take().unwrap());
    let kept = Arc::clone(&lines);
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            kept.lock().unwrap().push(line);
        }
    });
    lines
}

/// A target that answers 200 at once; the paths that it got.
fn target() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, got) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(socket);
                let mut first = String::new();
                if reader.read_line(&mut first).unwrap_or(0) == 0 {
                    return;
                }
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    line.clear();
                }
                let mut body = [0];
                if reader.read_exact(&mut body).is_ok() {
                    kept.lock().unwrap().push(first.split(' ').nth(1).unwrap().to_owned());
                    let _ = reader
                        .get_mut()
                        .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                }
            });
        }
    });
    (address, got)
}

/// The paths that a list has, each once.
fn each_once(what: &str, paths: &[String]) -> BTreeSet<String> {
    let set: BTreeSet<String> = paths.iter().cloned().collect();
    let twice: Vec<&String> =
        paths.iter().filter(|path| paths.iter().filter(|other| other == path).count() > 1).take(5).collect();
    assert!(twice.is_empty(), "{what} has twice: {twice:?}");
    set
}

#[test]
fn what_was_kept_is_told_and_sent_on_once_however_often_the_server_dies_under_load() {
    let mut server = Server::start_with(&["--max-requests", "0"]);
    server.ok(&["bin", "create", "b"]);
    let (address, got) = target();
    let to = format!("http://{address}/t");
    let begin = |line: &[&str]| server.creel(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut tail = begin(&["tail", "b", "--since", "start", "--json"]);
    let mut forward = begin(&["forward", "b", "--to", &to, "--since", "start", "--parallel", "4", "--json"]);
    let (tailed, forwarded) = (lines_of(&mut tail), lines_of(&mut forward));
    let (capture, over, acknowledged) = (server.capture, AtomicBool::new(false), Mutex::new(BTreeSet::new()));
    let number = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let path = format!("/{}", number.fetch_add(1, Ordering::Relaxed));
                    if send(capture, &format!("/b{path}")).unwrap_or(false) {
                        acknowledged.lock().unwrap().insert(path);
                    }
                    std::thread::sleep(PAUSE);
                }
            });
        }
        for death in 0..DEATHS {
            // Some come in before it dies.
            let before = acknowledged.lock().unwrap().len();
            let began = Instant::now();
            while acknowledged.lock().unwrap().len() < before + 60 && began.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(10));
            }
            server.stop(if death % 2 == 0 { "-KILL" } else { "-TERM" });
            server.start_again(&["--max-requests", "0"]);
        }
        over.store(true, Ordering::Relaxed);
    });
    let export = server.ok(&["export", "b", "--as", "jsonl"]);
    let path = |line: &str| {
        let read: Value = serde_json::from_str(line).unwrap();
        read["path"].as_str().map(str::to_owned)
    };
    let total: usize = {
        let page = server.ok(&["bin", "show", "b", "--json"]);
        let bin: Value = serde_json::from_str(&page).unwrap();
        usize::try_from(bin["counts"]["requests"].as_u64().unwrap()).unwrap()
    };
    assert_eq!(export.lines().count(), total);
    let began = Instant::now();
    while tailed.lock().unwrap().len() < total || forwarded.lock().unwrap().len() < total {
        let (tailed, forwarded) = (tailed.lock().unwrap().len(), forwarded.lock().unwrap().len());
        assert!(began.elapsed() < PATIENCE, "{total} were kept, {tailed} told, {forwarded} sent on");
        std::thread::sleep(Duration::from_millis(50));
    }
    for child in [&mut tail, &mut forward] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let told: Vec<String> = tailed.lock().unwrap().iter().filter_map(|line| path(line)).collect();
    let told = each_once("tail", &told);
    let arrived: Vec<String> =
        got.lock().unwrap().iter().map(|path| path.trim_start_matches("/t").to_owned()).collect();
    let arrived = each_once("the target", &arrived);
    assert_eq!((told.len(), arrived.len()), (total, total));
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    assert!(told.is_superset(&acknowledged), "what was acknowledged is told");
    assert_eq!(told, arrived);
}

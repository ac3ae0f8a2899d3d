#!/usr/bin/env python3
"""Builds receivers from nothing but the snippets that `creel check` prints, and checks them with it; `run` calls this.

check.py CREEL FOLDER [FRAMEWORK…]: FOLDER has the tools. Writes the table of README.md when every framework was tried.
"""

import http.client
import http.server
import importlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "frameworks"), str(HERE.parent)]
import table  # noqa: E402

CREEL, TOOLS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
ONLY = sys.argv[3:]
SECRET = "whsec-receivers"
KINDS = {"callaider: events": "callaider", "callaider: queue": "callaider", "pathors: queue": "pathors"}
FRAMEWORKS = {
    "express": ("Express", "node"),
    "fastapi": ("FastAPI", "python3"),
    "go": ("Go", "go"),
    "laravel": ("Laravel", "php"),
    "rails": ("Rails", "puma"),
}
# A case that shows the snippet, by what the snippet mends.
SHOWN = {
    "verify": "missing_signature",
    "header": "header_absent",
    "parsing": "malformed_json",
    "events": "each_event",
    "unknown": "unknown_event",
    "duplicates": "duplicate",
    "fast": "valid_event",
    "size": "transcript_1mib",
    "order": "out_of_order",
    "slow": "slow_sender",
}
# What a right receiver is told all the same.
NOTES = {"upper_case_hex", "deduplication"}


class Broken(http.server.BaseHTTPRequestHandler):
    """Fails every case, so that every snippet is shown."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers.get("content-length") or 0)
        while left > 0:
            read = self.rfile.read(min(left, 1 << 16))
            if not read:
                return
            left -= len(read)
        self.send_response(500)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def check(url, provider):
    """The report of `creel check`, and its exit code."""
    command = [CREEL, "check", url, "--provider", provider, "--secret", SECRET, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if not done.stdout:
        raise SystemExit(f"creel check: {done.stderr}")
    return json.loads(done.stdout), done.returncode


def printed():
    """Every snippet, by framework and by what it mends, as `creel check` prints it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = {}
    for provider in ("callaider", "pathors"):
        report, _ = check(f"http://127.0.0.1:{server.server_port}/", provider)
        cases = {case["id"]: case for case in report["cases"]}
        for fix, case in SHOWN.items():
            for snippet in cases.get(case, {}).get("snippets", []):
                found.setdefault(snippet["framework"], {}).setdefault(fix, snippet["code"])
    server.shutdown()
    for name in FRAMEWORKS:
        missing = SHOWN.keys() - found.get(name, {}).keys()
        if missing:
            raise SystemExit(f"{name}: creel check shows no snippet for {missing}")
    return found


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process):
    for _ in range(300):
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def send(port, kind, event, size=0):
    """One signed event: status and body of the response."""
    data = {
        "event": event,
        "timestamp": "2026-05-28T12:34:56.789Z",
        "sessionId": "probe-1",
        "assistantId": 1,
        "data": {"pad": "x" * size},
    }
    body = json.dumps(data).encode()
    headers = {"Content-Type": "application/json"}
    if KINDS[kind] == "pathors":
        headers["Authorization"] = SECRET
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            command = [CREEL, "sign", "--scheme", "callaider", "--secret", SECRET, "--body", file.name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        headers.update(line.split(": ", 1) for line in done.stdout.splitlines())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/webhook", body, headers)
    except (BrokenPipeError, ConnectionResetError):
        # It said no before it had read all.
        pass
    response = connection.getresponse()
    return response.status, response.read().decode(errors="replace")


def probes(port, kind, program):
    """What `creel check` cannot see or does not ask for: a second event is left out; 11 MiB are too many."""
    wrong = []
    first, second = (send(port, kind, "session.started") for _ in range(2))
    if first[0] != 200 or second[0] != 200:
        wrong.append(f"twice the same event: {first}, {second}")
    # Go's snippets say nothing but the status.
    if "duplicate" in program and first[1] and ("duplicate" in first[1] or "duplicate" not in second[1]):
        wrong.append(f"the second of two equal events: {first}, {second}")
    if "413" in program or "MaxBytes" in program or "10mb" in program:
        status, _ = send(port, kind, "session.started", 11 << 20)
        if status != 413:
            wrong.append(f"11 MiB: {status} in place of 413")
    return wrong


def stop(process):
    """Ends a receiver and its workers, which are a group of their own."""
    for signal in (15, 9):
        try:
            os.killpg(process.pid, signal)
            process.wait(10)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


def tried(name, kind, snippets):
    """What is wrong with a receiver of this kind, and the counts of the check."""
    framework = importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        port = free_port()
        command, environment = framework.command(kind, snippets, folder, TOOLS)
        command = [word.replace("PORT", str(port)) for word in command]
        environment = {
            **os.environ,
            "PORT": str(port),
            "CALLAIDER_WEBHOOK_SECRET": SECRET,
            "PATHORS_AUTHORIZATION": SECRET,
            **environment,
        }
        with open(folder / "log", "w+") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                if not wait_for(port, process):
                    log.seek(0)
                    return [f"it does not start: {log.read()[-3000:]}"], {}
                report, code = check(f"http://127.0.0.1:{port}/webhook", KINDS[kind])
                cases = report["cases"]
                wrong = [f"{case['id']}: {case['sentence']}" for case in cases if case["result"] == "failed"]
                wrong += [
                    f"a note: {case['id']}" for case in cases if case["result"] == "note" and case["id"] not in NOTES
                ]
                if not wrong and code:
                    wrong.append(f"exit code {code}: {report['error']}")
                wrong += probes(port, kind, framework.program(kind, snippets))
                if wrong:
                    log.seek(0)
                    wrong += [line[:300] for line in log.read().splitlines()[-20:]]
                return wrong, report["counts"]
            finally:
                stop(process)


def main():
    snippets, rows, failed = printed(), [], 0
    for name, (title, tool) in FRAMEWORKS.items():
        if ONLY and name not in ONLY:
            continue
        if not shutil.which(tool):
            print(f"skip  {title}: {tool} is not here")
            rows.append((title, "", "", "not tried"))
            continue
        for kind in KINDS:
            wrong, counts = tried(name, kind, snippets[name])
            print(
                f"{'FAIL' if wrong else 'ok  '}  {title:8} {kind:18} {counts}",
                *wrong,
                sep="\n      " if wrong else "",
                flush=True,
            )
            failed += bool(wrong)
            outcome = (
                f"{counts.get('passed', 0)} passed, {counts.get('failed', 0)} failed, notes: {counts.get('notes', 0)}"
            )
            rows.append(
                (title, importlib.import_module(name).version(TOOLS), kind, f"**{outcome}**" if wrong else outcome)
            )
    if not ONLY:
        write(rows)
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


def write(rows):
    lines = ["| framework | version | receiver | `creel check` |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    table.write(HERE / "README.md", lines)


if __name__ == "__main__":
    main()

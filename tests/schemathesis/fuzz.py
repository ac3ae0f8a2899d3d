#!/usr/bin/env python3
"""Starts a Creel, has Schemathesis try its API in two rounds, and tells what is new; `run` calls this."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CREEL, FOLDER, SECONDS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
# Answers that do not end, or end when something comes.
ENDLESS = "/(events-stream|stream|wait)$"
# What takes the bin or its requests away.
TAKES_AWAY = ["delete_bins_bin", "delete_bins_bin_requests", "delete_bins_bin_requests_id"]
PARAMETERS = {"path.bin": "probe", "path.id": "latest", "path.session": "s-1"}
# What is no finding, with the reason; README.md says more.
ACCEPTED = {
    "ST202": "a document cannot say all that a value has to be: a URL, a filter, two fields that exclude each other"
}


def document(api, work):
    """The OpenAPI document, as a file; without the format of unsigned numbers, which OpenAPI has no name for."""
    with urllib.request.urlopen(f"{api}/openapi.json", timeout=30) as response:
        text = response.read()

    def clean(member):
        if member.get("format") == "int64" and member.get("minimum") == 0:
            del member["format"]
        return member

    file = work / "openapi.json"
    file.write_text(json.dumps(json.loads(text, object_hook=clean)))
    return file


def post(url, value, headers=()):
    request = urllib.request.Request(
        url, json.dumps(value).encode(), {"Content-Type": "application/json", **dict(headers)}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read()


def started(work):
    log = open(work / "log", "w")
    command = [CREEL, "--db", work / "creel.db", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    return process, json.loads(process.stdout.readline())


def round_(name, options, parameters):
    """One round on a fresh server: whether the server lives, and where the report is."""
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        process, urls = started(work)
        try:
            api = f"{urls['console_url']}/api/v1"
            post(f"{api}/bins", {"name": "probe", "provider": "callaider", "secret": "whsec-probe"})
            event = {"event": "session.ended", "sessionId": "s-1", "assistantId": 1, "data": {"messages": []}}
            post(f"{urls['capture_url']}/probe", event, {"X-Callaider-Event": "session.ended"}.items())
            config = work / "schemathesis.toml"
            lines = [f'"{key}" = {json.dumps(value)}' for key, value in parameters.items()]
            config.write_text("[parameters]\n" + "\n".join(lines) + "\n" if lines else "")
            report = FOLDER / name
            shutil.rmtree(report, ignore_errors=True)
            command = [
                FOLDER / "venv/bin/schemathesis",
                "--config-file",
                config,
                "run",
                document(api, work),
                "--url",
                urls["console_url"],
                "--phases",
                "examples,coverage,fuzzing",
                "--max-time",
                str(SECONDS),
                "--request-timeout",
                "10",
                "--continue-on-failure",
                "--checks",
                "all",
                "--seed",
                "1",
                "--exclude-path-regex",
                ENDLESS,
                "--report",
                "json",
                "--report-json-path",
                report / "report.json",
                "--no-color",
                *options,
            ]
            report.mkdir(parents=True)
            with open(report / "output", "w") as output:
                subprocess.run(command, cwd=work, stdout=output, stderr=output, timeout=SECONDS * 2 + 300)
            alive = process.poll() is None
            shutil.copy(work / "log", report / "server.log")
            return alive, report
        finally:
            process.terminate()
            process.wait(30)


def main():
    failed = 0
    for name, options, parameters in (
        ("known", [word for one in TAKES_AWAY for word in ("--exclude-operation-id", one)], PARAMETERS),
        ("any", [], {}),
    ):
        begun = time.monotonic()
        alive, folder = round_(name, options, parameters)
        report = json.loads((folder / "report.json").read_text())
        cases, operations = report["test_cases"]["generated"], report["operations"]["tested"]
        print(
            f"{name}: {cases} requests of {operations} operations in {time.monotonic() - begun:.0f} s; {folder}/output"
        )
        wrong = [
            f"the server {why}"
            for why, is_so in (
                ("ended", not alive),
                ("panicked: see server.log", "panicked" in (folder / "server.log").read_text()),
            )
            if is_so
        ]
        wrong += [f"could not be tried: {error}" for error in report["errors"]]
        for failure in report["failures"]:
            text = f"{failure['code']} {failure['title']}: {', '.join(failure['operations'])}"
            if failure["code"] in ACCEPTED:
                print(f"  no finding: {text} ({ACCEPTED[failure['code']]})")
            else:
                wrong.append(text)
        for text in wrong:
            print(f"  FOUND: {text}")
        failed += bool(wrong)
    print(f"{2 - failed} passed, {failed} failed")
    sys.exit(bool(failed))


main()

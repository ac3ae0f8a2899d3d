#!/usr/bin/env python3
"""Signs with `creel sign`, and has the providers' own packages judge it; `run` calls this.

check.py CREEL FOLDER [SCHEME…]: FOLDER has the packages. Writes the table of README.md when every scheme was tried.
"""

import base64
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import table  # noqa: E402

CREEL, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
ONLY = sys.argv[3:]
# With what does not fit into ASCII: a package that decodes wrongly shows here.
PLAIN = {
    "method": "POST",
    "url": "https://example.com/hooks",
    "headers": [["Content-Type", "application/json"]],
    "body": '{"type":"ping","note":"mark-0 é☃","amount":1130}',
    "secret": "whsec-a+b/c=d_0123456789",
    # The one byte that differs in the tampered request, and where it is.
    "change": ["mark-0", "mark-1"],
    "changed": "body",
}


def plain(case):
    """What a case says, over what it does not; NOW and NOW_MS are filled in, a `form` becomes the body."""
    now = time.time()

    def fill(text):
        return text.replace("NOW_MS", str(int(now * 1000))).replace("NOW", str(int(now)))

    case = {**PLAIN, **case}
    if "form" in case:
        case["body"] = urllib.parse.urlencode(case["form"])
    case["url"], case["body"] = fill(case["url"]), fill(case["body"]).encode()
    return case


def keys(case):
    """The private key to sign with, and the public one as a receiver has it."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if "key" not in case:
        return case["secret"], case["secret"]
    made = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }
    key = made[case["key"]]()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()
    if case["key"] == "ed25519":
        raw = key.public_key().public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
        return pem, raw.hex() if case["public"] == "hex" else base64.b64encode(raw).decode()
    der = key.public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    return pem, base64.b64encode(der).decode()


def creel(*arguments):
    return subprocess.run([CREEL, *arguments], capture_output=True, timeout=30)


def signed(case, secret, work):
    """The request as it goes on the wire."""
    body = work / "body"
    body.write_bytes(case["body"])
    arguments = ["--scheme", case["scheme"], "--secret", secret, "--url", case["url"], "--method", case["method"]]
    for name, value in case["headers"]:
        arguments += ["--header", f"{name}: {value}"]
    if "id" in case:
        arguments += ["--id", case["id"]]
    done = creel("sign", *arguments, "--body", str(body), "--as", "request")
    if done.returncode:
        raise SystemExit(f"{case['scheme']}: creel sign: {done.stderr.decode()}")
    return done.stdout


def tampered(case, wire):
    """The same with one byte changed."""
    before, after = (text.encode() for text in case["change"])
    at = wire.rfind(before) if case["changed"] == "body" else wire.find(before)
    if at < 0 or (at > wire.find(b"\r\n\r\n")) != (case["changed"] == "body"):
        raise SystemExit(f"{case['scheme']}: {case['change'][0]} is not in the {case['changed']} of {wire}")
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    return wire[:at] + after + wire[at + len(before) :]


def parts(wire):
    """Method, URL, header fields and body."""
    head, body = wire.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    method, rest = first.split(" ", 1)
    headers = [line.split(": ", 1) for line in lines]
    host = next(value for name, value in headers if name.lower() == "host")
    url = f"https://{host}{rest.rsplit(' ', 1)[0]}"
    return {"method": method, "url": url, "headers": headers, "body": base64.b64encode(body).decode()}


def verified(case, secret, wire, work):
    """Whether `creel verify` takes it, the moment included."""
    head = work / "request"
    head.write_bytes(wire)
    url = parts(wire)["url"]
    done = creel(
        "verify",
        "--scheme",
        case["scheme"],
        "--secret",
        secret,
        "--head",
        str(head),
        "--url",
        url,
        "--at",
        str(int(time.time())),
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{case['scheme']}: creel verify: {done.stderr.decode()}")
    return done.returncode == 0


class Judges:
    """A program that knows the packages of one language."""

    def __init__(self, language, command, version):
        self.language, self.version = language, version
        self.log = tempfile.TemporaryFile("w+")
        self.program = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.cases = self.read()

    def read(self):
        line = self.program.stdout.readline()
        if not line:
            self.log.seek(0)
            raise SystemExit(f"the judges in {self.language} ended:\n{self.log.read()[-2000:]}")
        return json.loads(line)

    def ask(self, number, secret, wire):
        self.program.stdin.write(json.dumps({"case": number, "secret": secret, **parts(wire)}) + "\n")
        self.program.stdin.flush()
        return self.read()


def npm_version(name):
    return json.loads((FOLDER / "node_modules" / name / "package.json").read_text())["version"]


def main():
    rows, faults = [], []
    python = [sys.executable, "libraries.py"]
    node = ["node", "libraries.mjs", str(FOLDER)]
    for judges in (Judges("Python", python, importlib.metadata.version), Judges("JavaScript", node, npm_version)):
        for number, case in enumerate(judges.cases):
            if ONLY and case["scheme"] not in ONLY:
                continue
            case = plain(case)
            private, public = keys(case)
            with tempfile.TemporaryDirectory() as work:
                work = pathlib.Path(work)
                right = signed(case, private, work)
                wrong = tampered(case, right)
                yes, no = judges.ask(number, public, right), judges.ask(number, public, wrong)
                own = verified(case, public, right, work), verified(case, public, wrong, work)
            found = {"accepted": yes["accepted"], "refused": not no["accepted"], "creel": own == (True, False)}
            rows.append((case["scheme"], case["package"], judges, case["changed"], found))
            good = all(found.values())
            print(f"{'ok  ' if good else 'FAIL'}  {case['scheme']:24} {case['package']}", flush=True)
            if not good:
                faults.append(f"{case['scheme']} by {case['package']}: right {yes}, tampered {no}, creel verify {own}")
        judges.program.stdin.close()
        judges.program.wait(timeout=30)
    for fault in faults:
        print(fault)
    if not rows:
        raise SystemExit("no such scheme is tried here")
    if not ONLY:
        write(rows)
    schemes = len({row[0] for row in rows})
    print(f"{schemes} schemes, {len(rows) - len(faults)} passed, {len(faults)} failed")
    sys.exit(bool(faults))


def write(rows):
    lines = [
        "| scheme | package | version | accepted | changed in | then refused | `creel verify` agrees |",
        "|---|---|---|---|---|---|---|",
    ]
    for scheme, package, judges, changed, found in sorted(rows, key=lambda row: (row[0], row[1])):
        yes = {name: "yes" if value else "**no**" for name, value in found.items()}
        version = judges.version(package)
        lines.append(
            f"| `{scheme}` | {package} ({judges.language}) | {version} | {yes['accepted']} | {changed} "
            f"| {yes['refused']} | {yes['creel']} |"
        )
    table.write(HERE / "README.md", lines)


if __name__ == "__main__":
    main()

"""What the judges in Python have in common: a request as it came off the wire, and the loop that asks them.

The driver (check.py) writes one JSON line a request and reads one JSON line an answer; judge.mjs speaks the same.
"""

import base64
import json
import sys
import urllib.parse

CASES = []


class Headers(dict):
    """Header fields by name, whatever the case: frameworks give them like this."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self._lower = {name.lower(): value for name, value in pairs}

    def __getitem__(self, name):
        return self._lower[name.lower()]

    def get(self, name, default=None):
        return self._lower.get(name.lower(), default)


class Request:
    def __init__(self, line):
        self.method, self.url = line["method"], line["url"]
        self.headers = Headers([tuple(pair) for pair in line["headers"]])
        self.body = base64.b64decode(line["body"])
        # What the receiver holds: the secret, or the public key.
        self.secret = line["secret"]

    def __getitem__(self, header):
        return self.headers[header]

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url).query, keep_blank_values=True))

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.text, keep_blank_values=True))


def case(scheme, package, **how):
    """A scheme, the package that judges it, and what differs from the plain request (see `plain` in check.py)."""

    def add(judge):
        CASES.append(({"scheme": scheme, "package": package, **how}, judge))
        return judge

    return add


def serve():
    """Each judge returns something true for a request that is right; false, or an exception, for one that is not."""
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps([case for case, _ in CASES]), file=out, flush=True)
    for line in sys.stdin:
        line = json.loads(line)
        try:
            answer = {"accepted": bool(CASES[line["case"]][1](Request(line)))}
        except Exception as error:
            answer = {"accepted": False, "error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(answer), file=out, flush=True)

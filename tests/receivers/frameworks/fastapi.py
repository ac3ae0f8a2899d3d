"""FastAPI: the snippets as a Python module, under uvicorn."""

import subprocess

from assemble import indented

GLUE = '''import hashlib
import hmac
import json
import logging
import os
import sqlite3

import uvicorn
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request

app = FastAPI()
log = logging.getLogger("receiver")


class Database:
    """What the snippets leave to the reader: a database with the unique index, and asyncpg's `execute`."""

    def __init__(self):
        self.rows = sqlite3.connect(":memory:", check_same_thread=False)
        self.rows.execute("CREATE TABLE webhook_events (session_id, event, UNIQUE (session_id, event))")
        self.rows.execute("CREATE TABLE sessions (id PRIMARY KEY, started_at, ended_at)")

    async def execute(self, text, *values):
        done = self.rows.execute(text, {str(at): value for at, value in enumerate(values, 1)})
        return f"INSERT 0 {done.rowcount}"


db = Database()


def handle(payload):
    pass

'''
TIMES = """started_at = payload["timestamp"] if payload["event"] == "session.started" else None
ended_at = payload["timestamp"] if payload["event"] == "session.ended" else None"""
TAIL = """

uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""


def program(kind, snippets):
    if kind == "callaider: events":
        rest = [snippets["parsing"], snippets["duplicates"], TIMES, snippets["order"], snippets["events"]]
        return GLUE + snippets["verify"] + "\n" + indented("\n".join(rest), 4) + TAIL
    # The snippet of the queue asks for the parameter.
    asked = "background_tasks: BackgroundTasks"
    assert asked in snippets["fast"]
    if kind == "callaider: queue":
        cases = 'match payload["event"]:\n    case "session.started" | "session.ended": pass\n'
        rest = [snippets["parsing"], cases + indented(snippets["unknown"], 4), snippets["fast"]]
        verify = snippets["verify"].replace("(request: Request)", f"(request: Request, {asked})")
        head, body = verify.split("\n    raw = ", 1)
        return (
            GLUE
            + head
            + "\n"
            + indented(snippets["size"], 4)
            + "\n    raw = "
            + body
            + "\n"
            + indented("\n".join(rest), 4)
            + TAIL
        )
    head = f'@app.post("/webhook")\nasync def webhook(request: Request, {asked}):\n'
    raw = "raw = await request.body()"
    rest = [snippets["header"], snippets["size"], raw, snippets["parsing"], snippets["duplicates"], snippets["fast"]]
    return GLUE + head + indented("\n".join(rest), 4) + TAIL


def command(kind, snippets, folder, tools):
    (folder / "receiver.py").write_text(program(kind, snippets))
    return [str(tools / "venv/bin/python"), "receiver.py"], {}


def version(tools):
    code = "import fastapi, platform; print(f'{fastapi.__version__}, Python {platform.python_version()}')"
    return subprocess.run([tools / "venv/bin/python", "-c", code], capture_output=True, text=True).stdout.strip()

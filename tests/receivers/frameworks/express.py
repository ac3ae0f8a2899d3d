"""Express: the snippets as a JavaScript module."""

import json
import subprocess

from assemble import indented

GLUE = """import crypto from 'node:crypto';
import express from 'express';

const app = express();
// Snippets listen where they like.
const listen = app.listen.bind(app);
app.listen = () => listen(Number(process.env.PORT), '127.0.0.1');

// What the snippets leave to the reader: a database with the unique index that they ask for, and a queue.
const seen = new Set();
const db = {
  async query(text, values) {
    if (!text.startsWith('INSERT INTO webhook_events')) return { rowCount: 1 };
    const key = JSON.stringify(values);
    if (seen.has(key)) return { rowCount: 0 };
    seen.add(key);
    return { rowCount: 1 };
  },
};
const queue = { async add() {} };
"""

TIMES = """const startedAt = payload.event === 'session.started' ? payload.timestamp : undefined;
const endedAt = payload.event === 'session.ended' ? payload.timestamp : undefined;"""


def verified(snippets, rest):
    assert "  // …\n" in snippets["verify"]
    return snippets["verify"].replace("  // …\n", indented(rest, 2) + "\n")


def program(kind, snippets):
    if kind == "callaider: events":
        rest = [snippets["parsing"], snippets["duplicates"], TIMES, snippets["order"], snippets["events"]]
        return GLUE + verified(snippets, "\n".join(rest)) + "\n" + snippets["slow"]
    if kind == "callaider: queue":
        cases = "switch (payload.event) {\ncase 'session.started':\ncase 'session.ended':\n  break;\n"
        rest = [snippets["parsing"], cases + snippets["unknown"] + "\n}", snippets["fast"]]
        return GLUE + verified(snippets, "\n".join(rest)) + "\napp.listen();\n"
    rest = [
        snippets["header"],
        "const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);",
        snippets["parsing"],
        snippets["duplicates"],
        snippets["fast"],
    ]
    handler = "const handler = async (req, res) => {\n" + indented("\n".join(rest), 2) + "\n};\n"
    return GLUE + handler + snippets["size"] + "\n" + snippets["slow"]


def command(kind, snippets, folder, tools):
    (folder / "receiver.mjs").write_text(program(kind, snippets))
    # Node finds packages beside the program, or above it.
    (folder / "node_modules").symlink_to(tools / "node_modules")
    return ["node", "receiver.mjs"], {}


def version(tools):
    package = json.loads((tools / "node_modules/express/package.json").read_text())
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{package['version']}, Node {node.removeprefix('v')}"

"""JSON, forms and text forms as Python writes them."""
import json
import pprint
import sys
from urllib.parse import quote, urlencode

WRITERS = {
    "python": {},
    "python-compact": {"separators": (",", ":")},
    "python-utf8": {"ensure_ascii": False},
    "python-sorted": {"sort_keys": True},
    "python-indent-1": {"indent": 1},
    "python-indent-2": {"indent": 2},
    "python-indent-3": {"indent": 3},
    "python-indent-tab": {"indent": "\t"},
    "python-colon-space": {"separators": (",", ": ")},
    "python-comma-space": {"separators": (", ", ":")},
    "python-indent-4-sorted-utf8": {"indent": 4, "sort_keys": True, "ensure_ascii": False},
}

inputs = json.load(sys.stdin)
forms = [[tuple(pair) for pair in pairs] for pairs in inputs["forms"]]
table = {name: [json.dumps(json.loads(text), **how) for text in inputs["json"]] for name, how in WRITERS.items()}
table["python-str"] = [str(json.loads(text)) for text in inputs["json"]]
table["form-python"] = [urlencode(pairs) for pairs in forms]
table["form-python-quote"] = [urlencode(pairs, quote_via=quote) for pairs in forms]
table["python-pformat"] = [pprint.pformat(json.loads(text)) for text in inputs["json"]]
table["form-python-latin1"] = [urlencode(pairs, encoding="latin-1", errors="replace") for pairs in forms]
table["form-python-safe"] = [urlencode(pairs, safe="/:") for pairs in forms]
json.dump(table, sys.stdout)

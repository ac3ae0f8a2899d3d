"""Go: the snippets in a handler of net/http."""

import subprocess

from assemble import indented

GLUE = """package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// Event is what the snippets leave to the reader, like the database with the unique index, and the queue.
type Event struct {
	Event     string
	SessionID string
	Timestamp string
}

type rows int64

func (r rows) RowsAffected() (int64, error) { return int64(r), nil }

type database struct {
	lock sync.Mutex
	seen map[[2]any]bool
}

func (d *database) Exec(text string, values ...any) (rows, error) {
	if !strings.HasPrefix(text, "INSERT INTO webhook_events") {
		return 1, nil
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	key := [2]any{values[0], values[1]}
	if d.seen[key] {
		return 0, nil
	}
	d.seen[key] = true
	return 1, nil
}

var db = &database{seen: map[[2]any]bool{}}
var queue = make(chan Event, 1000)

// Each receiver uses some of these.
var _, _, _, _, _ = hmac.Equal, sha256.New, hex.EncodeToString, subtle.ConstantTimeCompare, time.Second

func webhook(w http.ResponseWriter, r *http.Request) {
"""
TIMES = """var startedAt, endedAt *string
if payload.Event == "session.started" {
	startedAt = &payload.Timestamp
} else {
	endedAt = &payload.Timestamp
}"""
MAIN = """
}

func main() {
	go func() {
		for range queue {
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/webhook", webhook)
	SERVER
	// Snippets listen where they like.
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}
"""


def program(kind, snippets):
    server = "server := &http.Server{Handler: mux}"
    if kind == "callaider: events":
        server = snippets["slow"]
        rest = [
            snippets["verify"],
            snippets["parsing"],
            snippets["duplicates"],
            TIMES,
            snippets["order"],
            snippets["events"],
        ]
    elif kind == "callaider: queue":
        known = 'switch payload.Event {\ncase "session.started", "session.ended":\n'
        rest = [snippets["verify"], snippets["parsing"], known + snippets["fast"] + "\n" + snippets["unknown"] + "\n}"]
    else:
        rest = [snippets["header"], snippets["size"], snippets["parsing"], snippets["duplicates"], snippets["fast"]]
    return GLUE + indented("\n".join(rest), 1, "\t") + MAIN.replace("SERVER", server)


def command(kind, snippets, folder, tools):
    (folder / "main.go").write_text(program(kind, snippets))
    (folder / "go.mod").write_text("module receiver\n\ngo 1.19\n")
    subprocess.run(["go", "vet", "."], cwd=folder, check=True)
    subprocess.run(["go", "build", "-o", "receiver", "."], cwd=folder, check=True)
    return ["./receiver"], {}


def version(tools):
    return subprocess.run(["go", "version"], capture_output=True, text=True).stdout.split()[2].removeprefix("go")

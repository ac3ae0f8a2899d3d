// Importing a file, with its progress: first sending it, then what the server says.

import { make } from "./dom.js";
import { field, formDialog } from "./dialog.js";
import { toast } from "./toast.js";

export function importFile(binApi) {
  const file = make("input", {
    type: "file", class: "input", id: "import-file", required: true,
    accept: ".jsonl,.ndjson,.har,.json,application/json",
  });
  const state = make("p", { class: "hint", role: "status" }, "JSON lines or HAR, as exported here or by a browser.");
  const bar = make("progress", { max: "1", value: "0", "aria-label": "Upload", hidden: true });
  const upload = new Upload(state, bar);
  const parts = [field("File", file), state, bar];
  const send = async (element) => {
    bar.hidden = false;
    const text = await file.files[0].text();
    upload.send(`${binApi}/import`, text, () => element.close());
  };
  const { back } = formDialog({ label: "Import requests", parts, submit: "Import" }, send);
  back.addEventListener("click", () => upload.request.abort());
  file.focus();
}

/** An upload that shows how far it is. Only XMLHttpRequest tells that. */
class Upload {
  constructor(state, bar) {
    this.state = state;
    this.bar = bar;
    this.request = new XMLHttpRequest();
  }

  send(url, text, done) {
    const { request } = this;
    request.open("POST", url);
    request.setRequestHeader("content-type", "application/json");
    request.upload.onprogress = (progress) => this.progress(progress);
    request.onload = () => this.loaded(done);
    request.onerror = () => this.failed("The server cannot be reached.");
    request.send(text);
  }

  progress({ lengthComputable, loaded, total }) {
    if (!lengthComputable) return;
    this.bar.max = total;
    this.bar.value = loaded;
    this.state.textContent = loaded < total ? `Sending ${Math.round((100 * loaded) / total)} %` : "Storing…";
    // Without a value the bar says that it is not known how long it takes.
    if (loaded === total) this.bar.removeAttribute("value");
  }

  loaded(done) {
    let result = {};
    try { result = JSON.parse(this.request.responseText); } catch { /* The status says enough. */ }
    const { status } = this.request;
    if (status >= 400) return this.failed(result.detail ?? `The server answered ${status}.`);
    done();
    toast(`Imported ${result.imported ?? result.count ?? ""} requests.`);
  }

  failed(sentence) {
    this.state.textContent = sentence;
    this.state.className = "error-text";
    this.bar.hidden = true;
  }
}

// Importing a file, with its progress: sending it, then the server's answer.

import { make } from "./dom.js";
import { dialog } from "./commands.js";
import { toast } from "./toast.js";

export function importFile(binApi) {
  const file = make("input", { type: "file", class: "input", id: "import-file", accept: ".jsonl,.ndjson,.har,.json,application/json", required: true });
  const bar = make("progress", { max: "1", value: "0", "aria-label": "Upload", hidden: true });
  const state = make("p", { class: "hint", role: "status" }, "JSON lines or HAR, as exported here or by a browser.");
  const cancel = make("button", { class: "btn", type: "button" }, "Cancel");
  const form = make("form", { class: "dialog-body" }, make("h2", {}, "Import requests"),
    make("div", { class: "field" }, make("label", { for: "import-file" }, "File"), file), state, bar,
    make("div", { class: "dialog-foot" }, cancel, make("button", { class: "btn primary" }, "Import")));
  const element = dialog("", "Import requests", form);
  const request = new XMLHttpRequest();
  cancel.addEventListener("click", () => { request.abort(); element.close(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    bar.hidden = false;
    const text = await file.files[0].text();
    // Only XMLHttpRequest tells how far an upload is.
    request.open("POST", `${binApi}/import`);
    request.setRequestHeader("content-type", "application/json");
    request.upload.onprogress = (progress) => {
      if (!progress.lengthComputable) return;
      bar.max = progress.total;
      bar.value = progress.loaded;
      state.textContent = progress.loaded < progress.total ? `Sending ${Math.round((100 * progress.loaded) / progress.total)} %` : "Storing…";
      if (progress.loaded === progress.total) bar.removeAttribute("value");
    };
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* The status says enough. */ }
      if (request.status >= 400) { state.textContent = answer.detail ?? `The server answered ${request.status}.`; state.className = "error-text"; bar.hidden = true; return; }
      element.close();
      toast(`Imported ${answer.imported ?? answer.count ?? ""} requests.`);
    };
    request.onerror = () => { state.textContent = "The server cannot be reached."; state.className = "error-text"; bar.hidden = true; };
    request.send(text);
  });
  file.focus();
}

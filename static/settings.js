// Settings: one form that is saved as one, through the API, and says what is unsaved.

import { $, make } from "./dom.js";
import { api } from "./api.js";
import { command } from "./commands.js";
import { formDialog } from "./dialog.js";
import { changesExpect, saveExpect } from "./expect_form.js";
import { FORWARD, ForwardForm } from "./forward_form.js";
import { importFile } from "./import.js";
import { Live } from "./live.js";
import { ON_MATCH, OnMatchForm } from "./on_match_form.js";
import { ownRecord, ownScheme } from "./own_scheme.js";
import { chosenScheme, pickers } from "./picker.js";
import { showProgress } from "./progress.js";
import { ResponseForm } from "./response_form.js";
import { addSecret, makesSecrets, removableSecrets } from "./secrets.js";
import { attempt, later, toast } from "./toast.js";
import { Unsaved } from "./unsaved.js";

/** The parts of the settings: the controls of each, and what the API is sent of it. */
const LIMITS = ["max_requests", "max_age_s", "max_body_bytes"];
const RESPONSE = ["status", "delay_ms", "headers", "body", "script", "script_cycles", "fault", "probability", "cors",
  "hold_s", "otherwise_status"];

export function settings() {
  const { bin, base, headSeq, response, forward, onMatch } = document.body.dataset;
  const path = `/api/v1/bins/${bin}`;
  const form = $("#settings");
  const responseForm = new ResponseForm(form, JSON.parse(response || "{}"));
  const forwardForm = new ForwardForm(form, path, JSON.parse(forward || "null"));
  const onMatchForm = new OnMatchForm(form, path, JSON.parse(onMatch || "null"));
  ownScheme();
  removableSecrets(path);
  makesSecrets(form, path);
  pickers(form);
  const unsaved = new Unsaved(form, (names) => overwritten(names));
  const page = { form, path, base, responseForm, forwardForm, onMatchForm, unsaved };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(page);
  });
  $("[data-discard]").addEventListener("click", () => { unsaved.forget(); location.reload(); });
  $("[data-usual-response]")?.addEventListener("click", (event) => {
    responseForm.usual(event.target.dataset.usualResponse);
    unsaved.look();
  });
  $("[data-response-reset]").addEventListener("click", () => { responseForm.reset(); unsaved.look(); });
  new Live(path, Number(headSeq), {
    onState() {},
    onChange(message) {
      if (message.type === "progress" && showProgress(message)) toast("Everything is verified again.");
      if (message.type === "progress") return;
      forwardForm.look();
      onMatchForm.look();
    },
  });
  command("import", () => importFile(path));
  command("delete-bin", () => deleteBin(path, unsaved));
  command("to-requests", () => { location.href = base; });
  command("home", () => { location.href = "/"; });
}

/** The controls of what a configuration file may set, by the field of the API. */
const DECLARABLE = {
  public_url: ["public_url"], provider: ["scheme"], scheme: ["scheme"], custom_scheme: ["scheme", "custom_scheme"],
  secrets: ["secret_label", "secret_value"], signature_mode: ["enforce"], response: RESPONSE, name: ["name"],
  ...Object.fromEntries(LIMITS.map((name) => [`limits.${name}`, [name]])),
  ...Object.fromEntries(["routes", "answer", "timeout_ms", "retries", "parallel", "keep_host", "paused"].map(
    (name) => [`forward.${name}`, [name]],
  )),
  "forward.filter": ["forward_filter"], "expect.events": ["expected_events"], "expect.headers": ["expected_headers"],
  "expect.silence_s": ["session_silence_s"],
};

/** Says that a change is of what the configuration file sets, which has the last word. */
function overwritten(names) {
  const { declared, file } = document.body.dataset;
  const fields = declared.split(" ").filter((field) => DECLARABLE[field]?.some((name) => names.includes(name)));
  return fields.length > 0 ? ` ${file} sets this: the change holds until it is read again.` : "";
}

/** Saves everything that is unsaved; the bar says what went wrong. */
async function save(page) {
  const { form, path, base, unsaved } = page;
  const problem = $("#save-error");
  problem.textContent = "";
  unsaved.busy(true);
  try {
    const change = changes(page);
    const saved = Object.keys(change).length > 0 ? await api("PATCH", path, change) : null;
    await saveParts(page);
    if (form.elements.secret_value.value) await addSecret(form, path);
    unsaved.saved();
    const now = saved ? `/bins/${saved.name ?? saved.id}` : base;
    if (now === base) toast("Saved.");
    else {
      later("Saved. The bin has a new URL.");
      location.href = `${now}/settings`;
    }
  } catch (error) {
    problem.textContent = error.message;
    const last = error.field?.replace(/\[.*$/, "").split(".").at(-1);
    const named = {
      value: "secret_value", label: "secret_label",
      to: "routes", path: "routes", filter: "forward_filter", count: "retries",
    };
    form.elements[error.control ?? named[last] ?? last]?.focus();
  }
  unsaved.busy(false);
}

/** Saves the parts that the API has beside the settings. */
async function saveParts({ form, path, forwardForm, onMatchForm, unsaved }) {
  if (FORWARD.some((name) => unsaved.has(name))) await forwardForm.save();
  if (ON_MATCH.some((name) => unsaved.has(name))) await onMatchForm.save();
  if (changesExpect(unsaved)) await saveExpect(form, path);
}

/** What the API is sent: the parts that were changed, and no other, which somebody else may be changing. */
function changes({ form, responseForm, unsaved }) {
  const { elements } = form;
  const changed = (names) => names.some((name) => unsaved.has(name));
  const change = {};
  if (changed(["name"])) change.name = elements.name.value.trim().toLowerCase() || null;
  if (changed(["public_url"])) change.public_url = elements.public_url.value.trim() || null;
  if (changed(["scheme", "custom_scheme"])) {
    const own = elements.scheme.value === "custom";
    Object.assign(change, chosenScheme(elements.scheme), { custom_scheme: own ? ownRecord() : null });
  }
  if (changed(["enforce"])) change.signature_mode = elements.enforce.checked ? "enforce" : "report";
  if (changed(RESPONSE)) change.response = responseForm.read();
  if (changed(LIMITS)) {
    const number = (name) => (elements[name].value === "" ? null : Number(elements[name].value));
    change.limits = Object.fromEntries(LIMITS.map((name) => [name, number(name)]));
  }
  return change;
}

function deleteBin(path, unsaved) {
  const text = make("p", {}, "Its requests and secrets go with it. This cannot be undone.");
  const form = {
    label: "Delete this bin", title: "Delete this bin?", parts: [text],
    cancel: "Keep it", submit: "Delete for good", danger: true,
  };
  const { back } = formDialog(form, async (element) => {
    if (!await attempt(() => api("DELETE", path))) return element.close();
    unsaved.forget();
    later("The bin is deleted.");
    location.href = "/";
  });
  back.focus();
}

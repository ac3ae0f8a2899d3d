// Settings: each card is saved alone, through the API.

import { $, $$, make } from "./dom.js";
import { api } from "./api.js";
import { command } from "./commands.js";
import { formDialog } from "./dialog.js";
import { importFile } from "./import.js";
import { Live } from "./live.js";
import { ownRecord, ownScheme } from "./own_scheme.js";
import { showProgress } from "./progress.js";
import { ResponseForm } from "./response_form.js";
import { addSecret, removableSecrets } from "./secrets.js";
import { attempt, toast } from "./toast.js";

export function settings() {
  const { bin, base, headSeq, response } = document.body.dataset;
  const path = `/api/v1/bins/${bin}`;
  const responseForm = new ResponseForm(JSON.parse(response || "{}"));
  ownScheme();
  removableSecrets(path);
  const saves = {
    general: (form) => saveGeneral(form, path, base),
    secret: (form) => addSecret(form, path),
    signature: (form) => saveSignature(form, path),
    response: () => api("PUT", `${path}/response`, responseForm.read()),
    limits: (form) => saveLimits(form, path),
  };
  for (const form of $$("form[data-save]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(form, saves[form.dataset.save]);
    });
  }
  $("[data-response-reset]").addEventListener("click", async () => {
    if (await attempt(() => api("DELETE", `${path}/response`))) location.reload();
  });
  new Live(path, Number(headSeq), {
    onState() {},
    onChange(message) {
      if (message.type === "progress" && showProgress(message)) toast("Everything is verified again.");
    },
  });
  command("import", () => importFile(path));
  command("delete-bin", () => deleteBin(path));
  command("to-requests", () => { location.href = base; });
  command("home", () => { location.href = "/"; });
}

/** Saves a card; its button waits, and its own line says what went wrong. */
async function save(form, act) {
  const button = $("button.primary", form);
  const problem = $(".error-text", form);
  button.disabled = true;
  problem.textContent = "";
  try {
    await act(form);
    toast("Saved.");
  } catch (error) {
    problem.textContent = error.message;
  }
  button.disabled = false;
}

async function saveGeneral(form, path, base) {
  const saved = await api("PATCH", path, {
    name: form.name.value.trim() || null,
    provider: form.provider.value || null,
    public_url: form.public_url.value.trim() || null,
  });
  const now = `/bins/${saved.name ?? saved.id}`;
  if (now !== base) location.href = `${now}/settings`;
}

async function saveSignature(form, path) {
  const own = form.scheme.value === "custom";
  await api("PATCH", path, {
    scheme: own ? null : form.scheme.value || null,
    custom_scheme: own ? ownRecord() : null,
    signature_mode: form.enforce.checked ? "enforce" : "report",
  });
}

async function saveLimits(form, path) {
  const number = (name) => (form[name].value === "" ? null : Number(form[name].value));
  const names = ["max_requests", "max_age_s", "max_body_bytes"];
  await api("PATCH", path, { limits: Object.fromEntries(names.map((name) => [name, number(name)])) });
}

function deleteBin(path) {
  const text = make("p", {}, "Its requests and secrets go with it. This cannot be undone.");
  const form = {
    label: "Delete this bin", title: "Delete this bin?", parts: [text],
    cancel: "Keep it", submit: "Delete for good", danger: true,
  };
  const { back } = formDialog(form, async (element) => {
    if (await attempt(() => api("DELETE", path))) location.href = "/"; else element.close();
  });
  back.focus();
}

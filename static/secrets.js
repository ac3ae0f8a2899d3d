// The secrets of a bin: a list that grows and shrinks through the API.

import { $, make } from "./dom.js";
import { api } from "./api.js";
import { copy } from "./clipboard.js";
import { formDialog } from "./dialog.js";
import { attempt, toast } from "./toast.js";

/** Stores the secret of the form and shows it. */
export async function addSecret(form, path) {
  const { secret_value: text, secret_label: label } = form.elements;
  const body = { value: text.value };
  if (label.value.trim()) body.label = label.value.trim();
  const secret = await api("POST", `${path}/secrets`, body);
  text.value = "";
  label.value = "";
  list(secret);
}

/** Has the server make a secret, and shows it: this once. */
export function makesSecrets(form, path) {
  $("[data-make-secret]").addEventListener("click", () => attempt(async () => {
    const label = form.elements.secret_label;
    const body = { generate: true };
    if (label.value.trim()) body.label = label.value.trim();
    const secret = await api("POST", `${path}/secrets`, body);
    label.value = "";
    list(secret);
    const parts = [
      make("p", {}, "Paste it at the platform now: it is not shown again."),
      make("div", { class: "copybox" }, make("code", { class: "copy-text", tabindex: "0" }, secret.value)),
    ];
    formDialog({ label: "The new secret", parts, cancel: "Close", submit: "Copy" }, () => copy(secret.value));
  }));
}

/** Shows a secret that is new. */
function list(secret) {
  const all = $("#secret-list");
  if (!$("[data-secret]", all)) all.replaceChildren();
  all.append(item(secret));
}

/** The same as the settings' template has. */
function item(secret) {
  const button = make("button", {
    class: "btn small danger", type: "button", "data-remove-secret": secret.id,
    "aria-label": `Remove the secret ${secret.label}`,
  }, "Remove");
  const about = make("span", { class: "grow" },
    make("strong", {}, secret.label), " ",
    make("code", { class: "muted" }, secret.public_key ?? secret.hint), " ",
    make("span", { class: "muted" }, `${secret.length} characters`));
  return make("li", { "data-secret": secret.id }, about, button);
}

/** From now on, the buttons of the list remove its secrets. */
export function removableSecrets(path) {
  $("#secret-list").addEventListener("click", async (event) => {
    const id = event.target.closest("[data-remove-secret]")?.dataset.removeSecret;
    if (id) await attempt(() => remove(id, path));
  });
}

async function remove(id, path) {
  await api("DELETE", `${path}/secrets/${id}`);
  $(`[data-secret="${CSS.escape(id)}"]`).remove();
  if (!$("[data-secret]")) {
    $("#secret-list").append(make("li", { class: "muted" }, "No secret yet: signatures cannot be checked."));
  }
  toast("The secret is removed.");
  $("#secret-label").focus();
}

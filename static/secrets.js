// The secrets of a bin: a list that grows and shrinks through the API.

import { $, make } from "./dom.js";
import { api } from "./api.js";
import { attempt, toast } from "./toast.js";

/** Stores the secret of the form and shows it. */
export async function addSecret(form, path) {
  const { secret_value: text, secret_label: label } = form.elements;
  const body = { value: text.value };
  if (label.value.trim()) body.label = label.value.trim();
  const secret = await api("POST", `${path}/secrets`, body);
  text.value = "";
  label.value = "";
  const list = $("#secret-list");
  if (!$("[data-secret]", list)) list.replaceChildren();
  list.append(item(secret));
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

// The shapes of events: a JSON Schema of one's own for the chosen one.

import { $, announce } from "./dom.js";
import { api } from "./api.js";
import { command, unlessEdited } from "./commands.js";

export function shapes() {
  const { bin, base } = document.body.dataset;
  command("home", () => { location.href = "/"; });
  command("to-requests", () => { location.href = base; }, unlessEdited);
  const form = $("#own-schema");
  if (!form) return;
  const path = `/api/v1/bins/${bin}/schemas/${encodeURIComponent(form.dataset.event)}`;
  const { schema } = form.elements;
  // The configuration file has the last word.
  const { file } = form.dataset;
  const overwritten = file ? ` ${file} sets this: the change holds until it is read again.` : "";
  const told = (error) => {
    const at = error.field ? `${error.field}: ` : "";
    $("#own-error").textContent = error.message ? at + error.message : "";
    schema.setAttribute("aria-invalid", String(Boolean(error.message)));
    if (error.message) schema.focus();
  };
  const done = (is_set, sentence) => {
    told({});
    $("#own-set").textContent = is_set ? "set" : "none is set";
    $("[data-remove-schema]").hidden = !is_set;
    // Not a message over the page: it would lie upon the buttons.
    announce(sentence);
    $("#own-said").textContent = sentence;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await api("PUT", path, parsed(schema.value));
      done(true, `Saved. Requests with this event are checked against it.${overwritten}`);
    } catch (error) { told(error); }
  });
  $("[data-from-shape]")?.addEventListener("click", (event) => {
    schema.value = event.target.dataset.fromShape;
    told({});
    schema.focus();
  });
  $("[data-remove-schema]").addEventListener("click", async () => {
    try {
      await api("DELETE", path);
      schema.value = "";
      done(false, `Removed.${overwritten}`);
      schema.focus();
    } catch (error) { told(error); }
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is no JSON: ${error.message}.`);
  }
}

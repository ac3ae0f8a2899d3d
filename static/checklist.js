// The checklist: a page that is kept true, and what its owner says by hand.

import { $, make } from "./dom.js";
import { api } from "./api.js";
import { field, formDialog } from "./dialog.js";
import { sessions } from "./sessions.js";
import { attempt } from "./toast.js";

export function checklist() {
  const { bin } = document.body.dataset;
  const path = `/api/v1/bins/${bin}/checklist`;
  const look = sessions();
  $("#live-part").addEventListener("click", (event) => {
    const { statePoint, unstate } = event.target.closest("button")?.dataset ?? {};
    if (statePoint) state(`${path}/${statePoint}`, event.target.closest("li"), look);
    if (unstate) attempt(async () => { await api("PUT", `${path}/${unstate}`, { stated: false }); await look(); });
  });
}

/** Asks for the note of a statement. */
function state(path, item, look) {
  const text = make("textarea", { class: "input", id: "statement", rows: "3", maxlength: "1000" });
  const says = "Where can it be seen? The note goes into the export.";
  const hint = make("p", { class: "hint", id: "statement-hint" }, says);
  text.setAttribute("aria-describedby", hint.id);
  const parts = [make("p", {}, $("strong", item).textContent), field("Note", text, hint)];
  const save = (element) => {
    element.close();
    return attempt(async () => {
      await api("PUT", path, { stated: true, note: text.value.trim() });
      await look();
    });
  };
  formDialog({ label: "State by hand", parts, submit: "State it" }, save);
  text.focus();
}

// What can be done with requests.

import { $, make } from "./dom.js";
import { api, part } from "./api.js";
import { copy } from "./clipboard.js";
import { field, formDialog } from "./dialog.js";
import { attempt, toast, undoable } from "./toast.js";

const REDACTED = "REDACTED";

/** Copies the open request as a command: with its credentials when the Code view shows them, else as it says. */
export function copyCurl(detail, { secrets = detail.secrets } = {}) {
  return attempt(async () => {
    const text = await part(`${detail.api}/export?as=curl${secrets ? "&secrets=true" : ""}`);
    if (secrets) return copy(text, "Copied as curl, with credentials and signature");
    if (!text.includes(REDACTED)) return copy(text, "Copied as curl");
    const action = { label: "Copy with them", run: () => copyCurl(detail, { secrets: true }) };
    await copy(text, `Copied as curl; credentials and signature are ${REDACTED}`, { action });
  });
}

export async function compare(navigation) {
  await navigation.tab("compare");
  $("#compare-with")?.focus();
}

/** Asks for note and tags of the open request. */
export function note(detail) {
  const { id, api: path } = detail;
  const text = make("textarea", { class: "input", id: "note-text", rows: "4", maxlength: "4000" });
  text.value = detail.note;
  const hint = make("p", { class: "hint", id: "note-tags-hint" }, "Words, with spaces between.");
  const tags = make("input", { class: "input", id: "note-tags", autocomplete: "off", "aria-describedby": hint.id });
  tags.value = detail.tags.join(" ");
  const save = (element) => {
    element.close();
    return attempt(async () => {
      const words = tags.value.split(/[\s,]+/).map((tag) => tag.replace(/^#/, "")).filter(Boolean);
      await api("PATCH", path, { note: text.value.trim(), tags: words });
      if (detail.id === id) detail.load(location.href, { push: false });
    });
  };
  const parts = [field("Note", text), field("Tags", tags, hint)];
  const { element } = formDialog({ label: "Note and tags", parts, submit: "Save" }, save);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(element);
  });
  text.focus();
}

/** Deletes the open request, unless it is undone, and opens the next one. */
export function remove({ list, detail, navigation }) {
  const { id, api: path } = detail;
  const next = list.neighbour(1) ?? list.neighbour(-1);
  list.hide(id);
  if (next && next.dataset.id !== id) navigation.open(next.dataset.id, { push: "replace" });
  else navigation.gone();
  const act = async () => {
    await attempt(() => api("DELETE", path));
    list.unhide(id);
    list.touch();
  };
  const undo = () => {
    list.unhide(id);
    navigation.open(id, { push: "replace" });
  };
  undoable("Request deleted.", act, undo);
}

/** Deletes what the list shows now and everything older that matches, unless it is undone. */
export async function clear({ binApi, list, navigation }) {
  if (list.before) await list.newest();
  if (list.items().length === 0) return toast("There is nothing to delete.");
  // What arrives while the deletion can still be undone is not meant.
  const newest = new Date($("time", list.rows).dateTime);
  const until = `before:${new Date(newest.getTime() + 1).toISOString()}`;
  const q = list.q ? `(${list.q}) ${until}` : until;
  const show = () => {
    list.rows.hidden = false;
    list.touch();
  };
  const act = async () => {
    if (await attempt(() => api("DELETE", `${binApi}/requests?${new URLSearchParams({ q })}`))) navigation.gone();
    show();
  };
  list.rows.hidden = true;
  undoable(`${counted(list)} deleted, pinned ones too.`, act, show);
}

/** What is deleted, with its number where that is known. */
function counted({ q, state }) {
  const number = q ? state?.matching : state?.total;
  if (number === null || number === undefined) return "Everything that matches the filter is";
  const many = number === 1 ? "1 request is" : `${number.toLocaleString("en")} requests are`;
  return q ? `${many.replace(/ (is|are)$/, "")} that match the filter ${number === 1 ? "is" : "are"}` : many;
}

export async function readAll(binApi) {
  if (await attempt(() => api("PATCH", `${binApi}/requests`, { read: true }))) toast("Everything is marked as read.");
}

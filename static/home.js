// The first page: making bins, and counts that stay true.

import { $, $$, localTimes, make, parsed } from "./dom.js";
import { api, part } from "./api.js";
import { command } from "./commands.js";
import { field, formDialog } from "./dialog.js";
import { Live } from "./live.js";
import { chosenScheme, pickers } from "./picker.js";
import { attempt, toast } from "./toast.js";

const EVERY_MS = 2000;
const SEARCH_MS = 200;

export function home() {
  command("new-bin", newBin);
  const first = $("[data-first-bin]");
  if (first) {
    // The newcomer's page: as soon as something is captured, show it.
    const { firstBin, base, headSeq } = first.dataset;
    new Live(`/api/v1/bins/${firstBin}`, Number(headSeq), {
      onChange(message) { if (message.type === "request") location.href = `${base}/requests/${message.id}`; },
      onState() {},
    });
  } else if ($("#bins")) bins();
  setInterval(refreshUnknown, EVERY_MS);
  $("#unknown").addEventListener("click", makeUnknown);
}

async function refreshUnknown() {
  if (document.hidden) return;
  try {
    const now = parsed(await part("/parts/unknown"));
    const names = (root) => $$("[data-make-bin]", root).map((button) => button.dataset.makeBin).join();
    const shown = $("#unknown");
    if (names(now) === names(shown)) {
      // The buttons stay as they are: one of them may be about to be pressed.
      const times = $$("[data-times]", now);
      $$("[data-times]", shown).forEach((cell, place) => cell.replaceChildren(...times[place].childNodes));
    } else if (!document.activeElement?.closest("#unknown")) {
      shown.replaceChildren(now);
    }
  } catch { /* The next look may succeed. */ }
}

async function makeUnknown(event) {
  const button = event.target.closest("[data-make-bin]");
  if (!button) return;
  button.disabled = true;
  button.disabled = await attempt(async () => {
    const bin = await api("PUT", `/api/v1/bins/${encodeURIComponent(button.dataset.makeBin)}`);
    location.href = `/bins/${bin.name ?? bin.id}`;
  });
}

/** Keeps the list of bins true, searches it while it is typed, deletes. */
function bins() {
  const rows = $("#bins");
  const search = $("#bin-search");
  let timer = 0;
  setInterval(() => refresh(), EVERY_MS);
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const query = new URLSearchParams(rows.dataset.query);
      query.set("q", search.value.trim());
      rows.dataset.query = `?${query}`;
      history.replaceState({}, "", `/?${query}`);
      refresh({ now: true });
    }, SEARCH_MS);
  });
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("[data-delete-bin]");
    if (button) deleteBin(button.dataset);
  });
}

async function refresh({ now = false } = {}) {
  const rows = $("#bins");
  if (!now && (document.hidden || document.activeElement?.closest("#bins") || $("dialog[open]"))) return;
  const asked = rows.dataset.query;
  try {
    const fresh = $("tbody", parsed(`<table><tbody>${await part(`/parts/bins${asked}`)}</tbody></table>`));
    if (fresh.innerHTML === refresh.last || asked !== rows.dataset.query) return;
    refresh.last = fresh.innerHTML;
    rows.replaceChildren(...fresh.children);
    localTimes(rows);
  } catch (error) {
    // The next look may succeed by itself; who has just asked for something is told.
    if (now) toast(error.message, { bad: true });
  }
}

function deleteBin({ deleteBin: id, label, requests }) {
  const text = make("p", {}, `Its requests (${requests}) and secrets go with it. This cannot be undone.`);
  const form = {
    label: "Delete a bin", title: `Delete ${label}?`, parts: [text],
    cancel: "Keep it", submit: "Delete for good", danger: true,
  };
  const { back } = formDialog(form, async (element) => {
    element.close();
    if (!await attempt(() => api("DELETE", `/api/v1/bins/${id}`))) return;
    toast(`${label} is deleted.`);
    refresh({ now: true });
  });
  back.focus();
}

/** Asks for name, provider and secret: all that a first verdict takes. */
async function newBin() {
  const name = make("input", {
    class: "input mono", id: "bin-name", autocomplete: "off", spellcheck: "false", placeholder: "e.g. callaider",
    "aria-describedby": "bin-name-hint",
  });
  const nameHint = make("p", { class: "hint", id: "bin-name-hint" },
    "Letters, digits, - and _. Leave it empty for a random one that cannot be guessed.");
  const scheme = make("select", { class: "input", id: "bin-scheme", "data-picker": true });
  const secret = make("input", {
    class: "input mono", id: "bin-secret", autocomplete: "off", spellcheck: "false",
    "aria-describedby": "bin-secret-hint",
  });
  const secretHint = make("p", { class: "hint", id: "bin-secret-hint" },
    "As the provider shows it. Without it, signatures are not checked; it can be added later.");
  const problem = make("p", { class: "error-text", role: "alert" });
  const parts = [
    field("Name", name, nameHint), field("Provider or scheme", scheme),
    field("Secret or public key", secret, secretHint), problem,
  ];
  const { element } = formDialog({ label: "New bin", parts, submit: "Make the bin" }, async () => {
    const wanted = { ...chosenScheme(scheme), name: name.value.trim() || null };
    if (secret.value) wanted.secret = secret.value;
    try {
      const bin = await api("POST", "/api/v1/bins", wanted);
      location.href = `/bins/${bin.name ?? bin.id}`;
    } catch (error) {
      problem.textContent = error.message;
      ({ secret, name })[error.field]?.focus();
    }
  });
  name.focus();
  await attempt(async () => {
    scheme.append(parsed(await part("/parts/choices")));
    pickers(element);
  });
}

// The first page: making bins, and counts that stay true.

import { $, $$, localTimes, make, parsed, showScripted } from "./dom.js";
import { api, part } from "./api.js";
import { command } from "./commands.js";
import { field, formDialog } from "./dialog.js";
import { Live } from "./live.js";
import { attempt } from "./toast.js";

const EVERY_MS = 2000;

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
  } else if ($("#bins")) setInterval(refresh, EVERY_MS);
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
      showScripted(shown);
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

async function refresh() {
  if (document.hidden || document.activeElement?.closest("#bins")) return;
  try {
    const rows = $("tbody", parsed(`<table><tbody>${await part("/parts/bins")}</tbody></table>`));
    if (rows.innerHTML !== refresh.last) {
      refresh.last = rows.innerHTML;
      $("#bins").replaceChildren(...rows.children);
      localTimes($("#bins"));
    }
  } catch { /* The next look may succeed. */ }
}

function newBin() {
  const name = make("input", {
    class: "input mono", id: "bin-name", autocomplete: "off", spellcheck: "false", placeholder: "e.g. callaider",
    "aria-describedby": "bin-name-hint",
  });
  const hint = make("p", { class: "hint", id: "bin-name-hint" },
    "Letters, digits, - and _. Leave it empty for a random one that cannot be guessed.");
  const problem = make("p", { class: "error-text", role: "alert" });
  formDialog({ label: "New bin", parts: [field("Name", name, hint), problem], submit: "Make the bin" }, async () => {
    try {
      const bin = await api("POST", "/api/v1/bins", name.value.trim() ? { name: name.value.trim() } : {});
      location.href = `/bins/${bin.name ?? bin.id}`;
    } catch (error) {
      problem.textContent = error.message;
      name.focus();
    }
  });
  name.focus();
}

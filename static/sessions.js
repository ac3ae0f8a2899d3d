// Sessions and checklist: pages whose part is fetched again when something of the bin changes.

import { $, announce, localTimes, parsed } from "./dom.js";
import { part } from "./api.js";
import { command } from "./commands.js";
import { Live } from "./live.js";

const STATES = { live: "Live", reconnecting: "Reconnecting", paused: "Paused" };
/** Changes that come together are one look. */
const TOGETHER_MS = 300;
/** What changes a session; marks and progress do not. */
const CHANGES = new Set([
  "request", "changed", "deleted", "cleared", "evicted", "verdict", "attempt", "connected", "lagged", "bin",
]);

/** Keeps the page's part true; returns what fetches it at once. */
export function sessions(together = TOGETHER_MS) {
  const { bin, base, headSeq } = document.body.dataset;
  let timer = 0;
  let before = "";
  let missed = false;
  let looks = Promise.resolve();
  const lookNow = async (asked) => {
    try {
      const address = new URL(location.href);
      address.searchParams.set("part", "true");
      const html = await part(address.pathname + address.search);
      if (html === before) return;
      // Who reads with the keyboard keeps their place: what has the focus is replaced when it has left.
      missed = !asked && Boolean(document.activeElement?.closest("#live-part"));
      if (missed) return;
      const first = before === "";
      before = html;
      $("#live-part").replaceChildren(parsed(html));
      localTimes($("#live-part"));
      if (!first) announce("The page shows what has changed.");
    } catch { /* The next change may be shown. */ }
  };
  // One after the other, so that the last one asked is the last one shown.
  const look = (asked = false) => {
    timer = 0;
    looks = looks.then(() => lookNow(asked));
    return looks;
  };
  $("#live-part").addEventListener("focusout", () => { if (missed) look(); });
  new Live(`/api/v1/bins/${bin}`, Number(headSeq), {
    onState(state) {
      const indicator = $("#live");
      indicator.dataset.state = state;
      indicator.textContent = STATES[state];
    },
    onChange(message) {
      if (CHANGES.has(message.type) && !timer) timer = setTimeout(() => look(), together);
    },
  });
  command("home", () => { location.href = "/"; });
  command("to-requests", () => { location.href = base; });
  return () => look(true);
}

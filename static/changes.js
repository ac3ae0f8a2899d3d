// What the stream tells of a bin, shown in the inspector.

import { $, announce } from "./dom.js";
import { Live } from "./live.js";
import { showProgress } from "./progress.js";
import { toast } from "./toast.js";

const STATES = { live: "Live", reconnecting: "Reconnecting", paused: "Paused" };
/** The time to read that the bin is gone. */
const LEAVE_MS = 1500;

/** Follows the bin's changes after `headSeq`. */
export function followChanges({ binApi, headSeq, list, detail, navigation, signals }) {
  const changes = {
    progress(message) { if (showProgress(message)) { list.touch(); detail.reload(); } },
    verdict(message) { if (message.id === detail.id) detail.reload(); list.touch(); },
    marked(message) { if (message.id === detail.id) detail.marked(message); list.touch(); },
    deleted(message) { if (message.id === detail.id) navigation.gone(); list.touch(); },
    changed(message) { if (message.id === detail.id) detail.reload(); list.touch(); },
    attempt(message) { if (message.id === detail.id) detail.deliver?.refresh().catch(() => {}); list.touch(); },
    request(message) { signals.arrived(message); list.touch(); },
    bin_deleted() {
      toast("This bin was deleted.", { bad: true });
      setTimeout(() => { location.href = "/"; }, LEAVE_MS);
    },
  };
  const indicator = $("#live");
  const live = new Live(binApi, headSeq, {
    onChange(message) { (changes[message.type] ?? (() => list.touch()))(message); },
    onState(state) {
      if (indicator.dataset.state === state) return;
      indicator.dataset.state = state;
      indicator.textContent = STATES[state];
      announce(`Stream: ${indicator.textContent}`);
    },
  });
  indicator.textContent = "Connecting";
  indicator.addEventListener("click", () => (live.paused ? live.resume() : live.pause()));
}

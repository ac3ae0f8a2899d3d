// What would be sent, and the outcome.

import { make } from "./dom.js";

/** What would be sent, or the outcome. */
export function showSent(place, answer) {
  place.replaceChildren(...overridden(answer), ...(answer.would_send ?? []).map(wouldSend), ...table(answer.sent));
  place.hidden = false;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

function overridden({ overridden: names }) {
  if (!names?.length) return [];
  return [make("p", { class: "hint" }, `Not sent, because the platform's own win: ${names.join(", ")}.`)];
}

function wouldSend({ event, head, body, after_ms: after, times }) {
  const when = after > 0 ? `, ${(after / 1000).toFixed(1)} s later` : "";
  const often = times > 1 ? `, ${times} times` : "";
  const shown = body.length > 20000 ? `${body.slice(0, 20000)}…` : body;
  return make("figure", { class: "would" },
    make("figcaption", { class: "label" }, `${event}${when}${often}`),
    make("pre", { class: "block wrap-text mono", tabindex: "0" }, `${head}${shown}`));
}

const millis = (micros) => `${(micros / 1000).toFixed(1)} ms`;

/** A status as a chip, with its sign. */
function statusChip(status, sentence) {
  if (status == null) return make("span", { class: "chip bad", title: sentence }, "no answer");
  return make("span", { class: status < 300 ? "chip ok" : "chip warn" }, String(status));
}

function table(sent) {
  if (!sent?.length) return [];
  const row = ({ event, response, outcome, sentence, target, times_us: times }) => make("tr", {},
    make("td", { class: "value" }, event),
    make("td", {}, statusChip(outcome === "answered" ? response?.status : null, sentence)),
    make("td", { class: "num" }, millis(times.total)),
    make("td", { class: "mono value" }, outcome === "answered" ? target : sentence));
  const title = (text, number) => make("th", { scope: "col", class: number ? "num" : null }, text);
  const head = make("tr", {}, title("Event"), title("Answer"), title("Time", true), title("Target"));
  return [make("table", { class: "grid" }, make("thead", {}, head), make("tbody", {}, ...sent.map(row)))];
}

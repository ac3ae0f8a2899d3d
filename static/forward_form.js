// Where a bin sends on what it captures: the form, and how far it is.

import { $, localTimes, make } from "./dom.js";
import { api } from "./api.js";
import { attempt } from "./toast.js";

/** The controls of this part. */
export const FORWARD = [
  "routes", "forward_filter", "answer", "timeout_ms", "retries", "parallel", "keep_host", "paused",
];

const AGAIN_MS = 700;

/** A route as a line: its conditions, then its targets. */
function line({ path, event, header, to }) {
  const conditions = [path, event && `event:${event}`, header && `header:${header}`];
  return [...conditions.filter(Boolean), ...to].join(" ");
}

/** Whether a line can say the route: its conditions are words there, and a path starts with a slash. */
const fits = ({ path, event, header }) => (!path || path.startsWith("/"))
  && ![path, event, header].some((condition) => /\s/.test(condition ?? ""));

/** The route that a line says. */
function route(text) {
  const read = { to: [] };
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [, kind, value] = word.match(/^(event|header):(.+)$/) ?? [];
    if (kind) read[kind] = value;
    else if (word.startsWith("/")) read.path = word;
    else read.to.push(word);
  }
  if (read.to.length === 0) {
    throw new Error(`'${text}' names no target: write a URL, such as http://localhost:3000/hook.`);
  }
  return read;
}

const routes = (text) => text.split("\n").map((one) => one.trim()).filter(Boolean).map(route);

export class ForwardForm {
  /** `stored` is the forward as the API has it, or null. */
  constructor(form, path, stored) {
    this.form = form.elements;
    this.path = path;
    this.stored = stored;
    if (stored) this.fill(stored);
    $("[data-catch-up]").addEventListener("click", () => this.catchUp());
    this.look();
  }

  fill({ routes: stored, filter, answer, timeout_ms: timeout, retries, parallel, keep_host: keepHost, paused }) {
    const { form } = this;
    form.routes.value = stored.map(line).join("\n");
    // What a line cannot say is set by the API, and kept.
    form.routes.readOnly = !stored.every(fits);
    form.forward_filter.value = filter ?? "";
    form.answer.value = answer;
    form.timeout_ms.value = timeout;
    form.retries.value = retries.count;
    form.parallel.value = parallel;
    form.keep_host.checked = keepHost;
    form.paused.checked = paused;
  }

  read() {
    const { form } = this;
    const number = (field) => (field.value === "" ? undefined : Number(field.value));
    const retries = number(form.retries);
    return {
      routes: form.routes.readOnly ? this.stored.routes : routes(form.routes.value),
      filter: form.forward_filter.value.trim() || undefined,
      answer: form.answer.value,
      timeout_ms: number(form.timeout_ms),
      retries: retries === undefined ? undefined : { ...this.stored?.retries, count: retries },
      parallel: number(form.parallel),
      keep_host: form.keep_host.checked,
      paused: form.paused.checked,
    };
  }

  /** Saves it; without a route the bin forwards no more. */
  async save() {
    const forward = this.read();
    if (forward.routes.length > 0) this.stored = await api("PUT", `${this.path}/forward`, forward);
    else if (this.stored) {
      await api("DELETE", `${this.path}/forward`);
      this.stored = null;
    }
    this.look();
  }

  /** Something has changed: shows how far it is, but not more often than somebody can read. */
  look() {
    if (this.timer) return;
    this.timer = setTimeout(async () => {
      this.timer = 0;
      // Where nothing is forwarded, there is nothing to show.
      try { this.show(this.stored ? await api("GET", `${this.path}/forward`) : null); } catch { this.show(null); }
    }, this.shown ? AGAIN_MS : 0);
    this.shown = true;
  }

  show(forward) {
    const place = $("#forward-state");
    place.hidden = !forward;
    if (!forward) return;
    const { state, paused } = forward;
    const items = state.targets.map(({ target, reachable, since, sentence }) => make("li", {},
      make("span", { class: reachable ? "chip ok" : "chip bad" }, reachable ? "reachable" : "down"), " ",
      make("code", {}, target), " since ", make("time", { class: "full", datetime: since }),
      sentence ? `. ${sentence}` : ""));
    const many = (number, what) => (number > 0 ? [`${number.toLocaleString("en")} ${what}`] : []);
    const words = [
      ...(paused ? [state.paused_because ?? "Paused."] : []),
      ...(state.waiting > 0 ? [] : ["Nothing waits."]),
      ...many(state.waiting, state.waiting === 1 ? "request waits." : "requests wait."),
      ...many(state.skipped_paused, "passed over while paused."),
      ...many(state.skipped_evicted, "removed by the limits before they were sent."),
    ];
    $("p", place).textContent = words.join(" ");
    $("ul", place).replaceChildren(...items);
    localTimes(place);
  }

  catchUp() {
    return attempt(async () => {
      const since = new Date(Date.now() - Number($("#catch-up-since").value) * 1000).toISOString();
      this.show(await api("POST", `${this.path}/forward/catch-up`, { since }));
      this.look();
    });
  }
}

// Notifications of what a filter finds: the form, and the outcome.

import { $, localTimes, make } from "./dom.js";
import { api } from "./api.js";

/** The controls of this part, by the field of the API. */
const CONTROLS = {
  to: "match_to",
  filter: "match_filter",
  silence_s: "silence_s",
  silence_filter: "silence_filter",
  paused: "match_paused",
};
export const ON_MATCH = Object.values(CONTROLS);

// A message goes out up to a second after what it tells of.
const AGAIN_MS = 1500;

export class OnMatchForm {
  /** `stored` is the setting as the API has it, or null. */
  constructor(form, path, stored) {
    this.form = form.elements;
    this.path = `${path}/on-match`;
    this.stored = stored;
    if (stored) {
      this.form.match_to.value = stored.to;
      this.form.match_filter.value = stored.filter;
      this.form.silence_s.value = stored.silence_s ?? "";
      this.form.silence_filter.value = stored.silence_filter ?? "";
      this.form.match_paused.checked = stored.paused;
    }
    this.look();
  }

  read() {
    const { form } = this;
    return {
      to: form.match_to.value.trim(),
      filter: form.match_filter.value.trim() || undefined,
      silence_s: form.silence_s.value === "" ? undefined : Number(form.silence_s.value),
      silence_filter: form.silence_filter.value.trim() || undefined,
      paused: form.match_paused.checked,
    };
  }

  /** Saves it; without a URL, no notifications are sent any more. */
  async save() {
    const wanted = this.read();
    try {
      if (wanted.to) this.stored = await api("PUT", this.path, wanted);
      else if (this.stored) {
        await api("DELETE", this.path);
        this.stored = null;
      } else if (wanted.filter || wanted.silence_s) {
        throw Object.assign(new Error("Enter the URL to notify, such as http://localhost:3000/told."), { field: "to" });
      }
    } catch (error) {
      error.control = CONTROLS[error.field];
      throw error;
    }
    this.look();
  }

  /** Something has changed: shows what came of telling, but not more often than somebody can read. */
  look() {
    if (this.timer) return;
    this.timer = setTimeout(async () => {
      this.timer = 0;
      // Where no notifications are sent, there is nothing to show.
      try { this.show(this.stored ? await api("GET", this.path) : null); } catch { this.show(null); }
    }, this.shown ? AGAIN_MS : 0);
    this.shown = true;
  }

  show(told) {
    const place = $("#match-state");
    place.hidden = !told;
    if (!told) return;
    const { delivered, failed, requests, missed, passed_over: passed } = told.state;
    const { last_at: at, last_sentence: sentence } = told.state;
    const number = (count) => count.toLocaleString("en");
    const words = [];
    if (told.paused) words.push("Paused.");
    if (!at) words.push(" No notification was sent yet.");
    else {
      const many = (count, what) => `${number(count)} ${what}${count === 1 ? "" : "s"}`;
      words.push(` ${many(delivered, "message")} accepted, ${number(failed)} failed, of ${many(requests, "request")}.`);
      words.push(" Last ", make("time", { class: "full", datetime: at }), `: ${sentence}`);
    }
    if (missed > 0) words.push(` ${number(missed)} times too many requests arrived at once to be examined.`);
    if (passed > 0) words.push(` ${number(passed)} passed over: they were notifications from bins of this server.`);
    const chip = at && make("span", { class: failed > 0 ? "chip warn" : "chip ok" }, failed > 0 ? "failures" : "works");
    $("p", place).replaceChildren(...(chip ? [chip] : []), ...words);
    localTimes(place);
  }
}

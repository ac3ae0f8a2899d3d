// The Deliver view: sends the open request again, edited or not, and answers a sender that waits.

import { $, $$, make } from "./dom.js";
import { api } from "./api.js";
import { headersEdit } from "./fields.js";
import { attempt, toast } from "./toast.js";

const TARGETS = "creel:targets";
const MAX_TARGETS = 8;
const TICK_MS = 250;
const REFRESH_MS = 700;

/** The targets that this browser has sent to, the last one first. */
function targets() {
  try {
    const stored = JSON.parse(localStorage.getItem(TARGETS));
    return Array.isArray(stored) ? stored.filter((target) => typeof target === "string") : [];
  } catch { return []; }
}

function remember(target) {
  const kept = [target, ...targets().filter((other) => other !== target)].slice(0, MAX_TARGETS);
  // Where the browser keeps nothing, nothing is offered.
  try { localStorage.setItem(TARGETS, JSON.stringify(kept)); } catch { /* As above. */ }
}

/** Sends the open request to where something was sent last; without such a target, opens the view that asks for one. */
export async function replay(detail, navigation) {
  const form = $("#replay");
  if (form) return form.requestSubmit($('button[value="send"]', form));
  const [target] = targets();
  if (!target) {
    await navigation.tab("deliver");
    return $("#replay-target")?.focus();
  }
  const path = detail.api;
  await attempt(async () => {
    const { attempts } = await api("POST", `${path}/replay`, { target });
    toast(attempts[0]?.sentence ?? `Sent to ${target}.`);
  });
}

export class Deliver {
  constructor(element, detail) {
    this.element = element;
    this.detail = detail;
    this.api = element.dataset.api;
    this.form = $("#replay", element);
    this.state = $("#replay-state", element);
    this.offerTargets();
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("input", () => this.check());
    this.form.addEventListener("reset", () => setTimeout(() => this.check()));
    const held = $("#held", element);
    if (held) this.hold(held);
    this.check();
  }

  offerTargets() {
    const known = targets();
    $("#targets", this.element).replaceChildren(...known.map((value) => make("option", { value })));
    if (!this.form.target.value && known[0]) this.form.target.value = known[0];
  }

  /** What is changed, as the API takes it. */
  edit() {
    const { method, path, query, fields, body } = this.form;
    const changed = (field) => (field && field.value !== field.defaultValue ? field.value : undefined);
    const edit = {
      method: changed(method), path: changed(path), query: changed(query),
      headers: headersEdit(fields), body: changed(body),
    };
    return Object.values(edit).some((part) => part !== undefined) ? edit : undefined;
  }

  /** Says what is edited, and whether it is still JSON. */
  check() {
    const { body } = this.form;
    const hint = $("#replay-body-hint", this.element);
    if (hint) hint.textContent = body.value === body.defaultValue ? "" : this.bodyHint(body);
    let edited = true;
    try { edited = this.edit() !== undefined; } catch { /* What cannot be read is an edit. */ }
    $("#edited", this.element).hidden = !edited;
  }

  bodyHint(body) {
    if (!("json" in body.dataset)) return "Edited: the bytes are sent exactly as shown here.";
    try {
      JSON.parse(body.value);
      return "Edited: JSON.";
    } catch (error) {
      return `Edited: no JSON any more (${error.message}). It is sent all the same.`;
    }
  }

  wish(extra) {
    const { target, resign, secret, count, spacing } = this.form;
    const times = Number(count.value) || 1;
    return {
      target: target.value.trim() || undefined,
      edit: this.edit(),
      resign: resign.checked ? { secret: secret?.value || undefined } : undefined,
      count: times > 1 ? times : undefined,
      spacing: spacing.value === "none" || times === 1 ? undefined : Number(spacing.value),
      as_is: "asIs" in this.form.dataset ? true : undefined,
      ...extra,
    };
  }

  async submit(event) {
    event.preventDefault();
    const preview = event.submitter?.value === "preview";
    this.state.textContent = preview ? "" : "Sending…";
    const done = await attempt(() => (preview ? this.preview() : this.send()));
    if (!done) this.state.textContent = "";
  }

  async send(extra = {}) {
    const wish = this.wish(extra);
    const sent = await this.post(wish);
    if (!sent) return;
    const { attempts, job, skipped } = sent;
    if (wish.target) remember(wish.target);
    if (job) toast(`${job.total ?? wish.count} deliveries are on their way.`);
    else if (attempts.length === 0 && skipped?.[0]) throw new Error(skipped[0].reason);
    else toast(attempts.at(-1).sentence);
    this.state.textContent = "";
    await this.refresh();
  }

  /** Sends it; what two programs may read in two ways only when that is wanted all the same. */
  async post(wish) {
    try {
      return await api("POST", `${this.api}/replay`, wish);
    } catch (error) {
      if (error.field !== "as_is") throw error;
      const run = () => attempt(() => this.send({ as_is: true }));
      toast(error.message, { bad: true, action: { label: "Send it all the same", run } });
      this.state.textContent = "";
      return null;
    }
  }

  /** The attempts as they are now, but not more often than somebody can read; what is in the form stays. */
  refresh() {
    this.refreshing ??= new Promise((resolve) => { setTimeout(resolve, this.refreshed ? REFRESH_MS : 0); }).then(() => {
      this.refreshing = null;
      this.refreshed = true;
      return this.detail.renew("#h-attempts", (section) => section.closest("section"));
    });
    return this.refreshing;
  }

  async preview() {
    const wish = this.wish({ dry_run: true, count: undefined, spacing: undefined });
    const { would_send: draft } = await api("POST", `${this.api}/replay`, wish);
    const place = $("#preview-send", this.element);
    const rows = draft.changes.map(({ from, to, why }) => make("tr", {},
      make("td", { class: "was" }, make("del", {}, from ?? "–")),
      make("td", { class: "is" }, make("ins", {}, to ?? "–")),
      make("td", {}, why)));
    $("table", place).hidden = rows.length === 0;
    $("tbody", place).replaceChildren(...rows);
    const bytes = (text, base64) => text ?? `(in base64) ${base64}`;
    $("pre", place).textContent = `${bytes(draft.head, draft.head_base64)}${bytes(draft.body, draft.body_base64)}`;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  }

  /** Counts down, and answers. */
  hold(held) {
    const form = $("#answer", held);
    const until = Date.parse(held.dataset.until);
    const left = $(".left", held);
    const tick = () => {
      left.textContent = String(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
      if (held.isConnected) setTimeout(tick, TICK_MS);
    };
    tick();
    for (const preset of $$("[data-status]", held)) {
      preset.addEventListener("click", () => {
        form.status.value = preset.dataset.status;
        form.body.value = preset.dataset.text;
        $("button.primary", form).focus();
      });
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(async () => {
        await api("POST", `${this.api}/answer`, {
          status: Number(form.status.value),
          headers: form.type.value.trim() ? [{ name: "Content-Type", value: form.type.value.trim() }] : undefined,
          body: form.body.value,
        });
        toast(`Answered ${form.status.value}.`);
      });
    });
  }
}

// The chosen request: loads its views as parts that the server wrote, and keeps the address in step.

import { $, $$, localTimes, make, parsed } from "./dom.js";
import { PART, api, part } from "./api.js";
import { Deliver } from "./deliver.js";
import { Tree } from "./tree.js";
import { attempt, toast } from "./toast.js";
import { pickers } from "./picker.js";

export class DetailPane {
  constructor({ onShown }) {
    this.main = $("#pane");
    this.onShown = onShown;
    this.main.addEventListener("click", (event) => this.click(event));
    this.main.addEventListener("submit", (event) => this.submit(event));
    this.prepare();
    this.showTab();
  }

  get element() { return $("#detail", this.main); }
  get id() { return this.element?.dataset.id ?? null; }
  get tab() { return this.element?.dataset.tab ?? "request"; }
  get seq() { return Number(this.element?.dataset.seq ?? 0); }
  get api() { return this.element?.dataset.api ?? null; }
  get binApi() { return this.api.replace(/\/requests\/.*$/, ""); }
  get note() { return $(".note-text", this.main)?.dataset.note ?? ""; }
  get tags() { return $$(".facts .chip.accent", this.main).map((chip) => chip.textContent.slice(1)); }
  /** Whether the reader has chosen to see credentials in the Code view. */
  get secrets() { return this.showsSecrets ?? false; }
  get pinned() { return $('[data-do="pin"]', this.main)?.getAttribute("aria-pressed") === "true"; }

  /** Loads the view at `href` (a page's address) and shows it in place. */
  async load(href, { push = true, focus = false } = {}) {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    const url = new URL(href, location.href);
    try {
      const html = await part(`${url.pathname}/part${url.search}`, { signal: loading.signal });
      if (loading.signal.aborted) return;
      this.replace(parsed(html));
      if (push === true) history.pushState({}, "", url);
      else if (push === "replace") history.replaceState({}, "", url);
      this.prepare();
      if (focus) this.main.focus({ preventScroll: true });
      this.onShown(this.id, url);
      this.showTab();
    } catch (error) {
      if (!loading.signal.aborted) toast(error.message, { bad: true });
    }
  }

  /** Shows another request, or the same again where the reader is in it. */
  replace(content) {
    const same = content.firstElementChild?.dataset.id === this.id;
    const top = this.main.scrollTop;
    this.main.replaceChildren(content);
    this.main.scrollTop = same ? Math.min(top, this.main.scrollHeight) : 0;
  }

  /** The same view again, because something in it changed. */
  reload() {
    const focused = document.activeElement;
    const typing = this.main.contains(focused) && /^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName);
    // What is edited to be sent again would be lost.
    const edited = $("#edited", this.main)?.hidden === false;
    if (this.id && !typing && !edited) this.load(location.href, { push: false });
  }

  /** Puts one section of the same view, as it is now, in the place of the old one; `find` leads from a part to it. */
  async renew(part_of_it, find) {
    const [id, url] = [this.id, new URL(location.href)];
    const fresh = parsed(await part(`${url.pathname}/part${url.search}`));
    const [now, before] = [$(part_of_it, fresh), $(part_of_it, this.main)];
    if (this.id !== id || !now || !before) return;
    const section = find(now);
    find(before).replaceWith(section);
    localTimes(section);
  }

  /** Shows the marks of a `marked` message of the stream. */
  marked(message) {
    $('[data-do="pin"]', this.main)?.setAttribute("aria-pressed", String(message.pinned));
    const tags = (message.tags ?? []).join(" ");
    if (this.note !== (message.note ?? "") || this.tags.join(" ") !== tags) this.reload();
  }

  prepare() {
    localTimes(this.main);
    const json = $(".tree", this.main);
    if (json) new Tree(json);
    pickers(this.main);
    const deliver = $("#deliver", this.main);
    this.deliver = deliver && new Deliver(deliver, this);
    const code = $("[data-secrets]", this.main);
    if (code) this.showsSecrets = code.dataset.secrets === "true";
  }

  /** Where the tabs are wider than the page, brings the current one into sight; nothing but their bar is scrolled. */
  showTab() {
    const bar = $(".tabs", this.main);
    const current = bar && $("[aria-current]", bar);
    if (!current) return;
    const [place, tab] = [bar.getBoundingClientRect(), current.getBoundingClientRect()];
    bar.scrollLeft += tab.left + tab.width / 2 - (place.left + place.width / 2);
  }

  click(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const adopts = event.target.closest("[data-adopt]");
    if (adopts) return this.adopt(JSON.parse(adopts.dataset.adopt));
    const link = event.target.closest("a[href]");
    if (!link?.matches(".tabs a, [data-part], [data-request]")) return;
    event.preventDefault();
    const tab = link.dataset.tab;
    this.load(link.href, { push: true }).then(() => {
      // The link that was used is gone; its successor takes the focus.
      if (tab) $(`.tabs a[data-tab="${tab}"]`, this.main)?.focus();
      else if (document.activeElement === document.body) this.main.focus({ preventScroll: true });
    });
  }

  submit(event) {
    const form = event.target;
    if (form.hasAttribute("data-part-form")) {
      event.preventDefault();
      const url = new URL(form.action, location.href);
      url.search = new URLSearchParams(new FormData(form)).toString();
      this.load(url.href).then(() => $("#compare-with", this.main)?.focus());
    } else if (form.dataset.try) {
      event.preventDefault();
      this.trySecret(form);
    }
  }

  /** Verifies with a secret that is not stored. */
  async trySecret(form) {
    const data = new FormData(form);
    await attempt(async () => {
      const html = await part(form.dataset.try, {
        method: "POST",
        headers: { "content-type": "application/json", accept: PART },
        body: JSON.stringify({ secret: data.get("secret"), scheme: data.get("scheme") || undefined }),
      });
      const result = $("#signature-result", parsed(html)) ?? make("div");
      $("#signature-result", this.main).replaceWith(result);
      result.setAttribute("tabindex", "-1");
      result.focus();
      this.main.scrollTop = 0;
      // A secret that is right is worth keeping, with the scheme that it is right for.
      const tried = { secret: data.get("secret"), scheme: data.get("scheme") };
      $("[data-keep]", result)?.addEventListener("click", () => this.keep(tried));
    });
  }

  async keep({ secret, scheme }) {
    const done = await attempt(async () => {
      await api("POST", `${this.binApi}/secrets`, { value: secret });
      if (scheme) await api("PATCH", this.binApi, { scheme, custom_scheme: null });
    });
    if (!done) return;
    toast("The secret is kept. Every request is verified again.");
    this.load(location.href, { push: false });
  }

  /** Makes the record of a finding the bin's scheme. */
  async adopt(record) {
    const change = { custom_scheme: record };
    if (!(await attempt(() => api("PATCH", this.binApi, change)))) return;
    toast("The bin has this scheme now. Every request is verified again.");
    this.load(location.href, { push: false });
  }

  /** Changes read flag, pin, note or tags. */
  async patch(change) {
    if (this.api) await attempt(() => api("PATCH", this.api, change));
  }
}

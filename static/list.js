// The live list. The server writes the rows, this keeps the page equal to what the server says: after a change it asks for the
// rows again, at most a few times a second, and touches only the rows that differ.

import { $, $$, localTimes, make, parsed } from "./dom.js";
import { sentence } from "./api.js";

/** Least time between two looks, and how much longer than a look itself: a slow server is not pressed. */
const EVERY_MS = 150;
const HIDDEN_EVERY_MS = 1000;
const REST = 3;
/** Rows of a look while everything is new each time: what can be seen. The rest comes when it gets calmer. */
const FLOOD_ROWS = 30;
/** Scrolled further than this, rows are left where they are. */
const AWAY_PX = 30;

export class List {
  constructor(base, { onUpdate }) {
    this.base = base;
    this.onUpdate = onUpdate;
    this.rows = $("#rows");
    this.scroller = $("#list-scroll");
    this.html = new Map();
    this.gone = new Set();
    this.selected = $(".row[aria-current]", this.rows)?.closest("li").dataset.id ?? null;
    this.busy = false;
    this.dirty = false;
    this.last = 0;
    this.cost = 0;
    const query = new URLSearchParams(location.search);
    this.q = (query.get("q") ?? "").trim();
    this.before = query.get("before");
    localTimes(this.rows);
    this.scroller.addEventListener("scroll", () => { if (!this.away() && this.held) this.touch(); }, { passive: true });
    $("#fresh").addEventListener("click", () => this.newest());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.touch(); });
  }

  away() { return this.scroller.scrollTop > AWAY_PX; }
  items() { return [...this.rows.children].filter((item) => !item.hidden); }
  newestSeq() { return Number(this.rows.firstElementChild?.dataset.seq ?? 0); }
  item(id) { return id ? $(`li[data-id="${CSS.escape(id)}"]`, this.rows) : null; }

  /** Something changed: look again soon. */
  touch() {
    this.dirty = true;
    if (this.busy || this.timer) return;
    const pause = Math.max(document.hidden ? HIDDEN_EVERY_MS : EVERY_MS, this.cost * REST);
    this.timer = setTimeout(() => { this.timer = 0; this.look(); }, Math.max(0, this.last + pause - performance.now()));
  }

  /** Asks for the rows as they are now. */
  async look() {
    if (this.busy) { this.dirty = true; return; }
    this.busy = true;
    this.dirty = false;
    const started = performance.now();
    const query = new URLSearchParams();
    if (this.q) query.set("q", this.q);
    // Who reads further down keeps the same rows, and is told how many came.
    this.held = !this.before && this.away() && this.newestSeq() > 0;
    if (this.held) { query.set("before", String(this.newestSeq() + 1)); query.set("since", String(this.newestSeq())); }
    else if (this.before) query.set("before", this.before);
    const flooded = this.flood && !this.held && !this.before;
    if (flooded) query.set("limit", String(FLOOD_ROWS));
    const asked = this.key();
    try {
      const response = await fetch(`${this.base}/rows?${query}`, { headers: { accept: "application/json" } });
      if (!response.ok) throw new Error(await sentence(response));
      const list = await response.json();
      this.failed = false;
      if (asked === this.key()) {
        if (!document.hidden) await new Promise((resolve) => requestAnimationFrame(resolve));
        this.show(list);
        if (flooded) this.dirty = true;
      } else this.dirty = true;
    } catch (error) {
      // The stream's own state says that the server is away; try again at leisure.
      this.failed = true;
      this.dirty = true;
      console.debug(error.message);
    }
    this.last = performance.now();
    this.cost = this.failed ? 500 : this.last - started;
    this.busy = false;
    if (this.dirty) this.touch();
  }

  key() { return `${this.q} ${this.before}`; }

  show(list) {
    const next = new Map(list.rows.map((row) => [row.id, row.html]));
    const old = new Map([...this.rows.children].map((item) => [item.dataset.id, item]));
    const changed = list.rows.filter((row) => !old.has(row.id) || (this.html.get(row.id) ?? row.html) !== row.html);
    const fresh = new Map([...parsed(changed.map((row) => row.html).join("")).children].map((item) => [item.dataset.id, item]));
    // A second look in a row at nothing but new rows is a flood.
    this.flood = list.rows.length > 0 && changed.length === list.rows.length && old.size > 0 && !this.held;
    const focused = document.activeElement?.closest?.("#rows > li")?.dataset.id;
    for (const [id, item] of old) if (!next.has(id) || fresh.has(id)) item.remove();
    let at = this.rows.firstElementChild;
    for (const row of list.rows) {
      const item = fresh.get(row.id) ?? old.get(row.id);
      if (fresh.has(row.id)) localTimes(item);
      if (item === at) at = at.nextElementSibling; else this.rows.insertBefore(item, at);
    }
    this.html = next;
    for (const item of this.rows.children) item.hidden = this.gone.has(item.dataset.id);
    this.mark();
    if (focused && document.activeElement?.closest?.("#rows > li")?.dataset.id !== focused) $("a", this.item(focused) ?? this.rows)?.focus({ preventScroll: true });
    const counts = $("#counts");
    if (counts.dataset.html !== list.counts) { counts.dataset.html = list.counts; counts.innerHTML = list.counts; }
    this.empty(list);
    this.pager(list);
    const pill = $("#fresh");
    pill.hidden = !(this.held && list.newer > 0);
    pill.textContent = `${list.newer}${list.newer_more ? "+" : ""} new`;
    this.state = list;
    this.onUpdate(list);
  }

  empty(list) {
    const box = $("#list-empty");
    box.hidden = list.rows.length > 0;
    if (box.hidden) return;
    box.replaceChildren(make("p", {}, this.q ? "Nothing matches this filter." : "Nothing captured yet."));
    if (this.q) box.append(make("a", { class: "btn small", href: this.base, "data-list": true }, "Show everything"));
  }

  pager(list) {
    const links = [];
    const here = this.q ? `${this.base}?q=${encodeURIComponent(this.q)}` : this.base;
    if (this.before) links.push(make("a", { class: "btn small", rel: "first", href: here, "data-list": true }, "Newest"));
    links.push(make("span", { class: "grow" }));
    if (list.older_href) links.push(make("a", { class: "btn small", rel: "next", href: list.older_href, "data-list": true }, "Older"));
    const pager = $("#pager");
    const now = links.map((link) => link.getAttribute("href")).join(" ");
    if (pager.dataset.links !== now) { pager.dataset.links = now; pager.replaceChildren(...links); }
  }

  /** Marks the chosen row. */
  mark() {
    for (const link of $$(".row[aria-current]", this.rows)) link.removeAttribute("aria-current");
    $("a", this.item(this.selected) ?? make("i"))?.setAttribute("aria-current", "true");
  }

  select(id) {
    this.selected = id;
    this.mark();
    this.item(id)?.scrollIntoView({ block: "nearest" });
  }

  /** The row `step` away from the chosen one. */
  neighbour(step) {
    const items = this.items();
    const index = items.findIndex((item) => item.dataset.id === this.selected);
    if (index < 0) return step > 0 ? items[0] : items.at(-1);
    return items[index + step];
  }

  /** Shows another part of the list: a filter, an older page. */
  async go(q, before) {
    this.q = q;
    this.before = before;
    this.scroller.scrollTop = 0;
    await this.look();
  }

  async newest() {
    $("#fresh").hidden = true;
    await this.go(this.q, null);
  }

  /** Hides a row whose deletion can still be undone. */
  hide(id) { this.gone.add(id); const item = this.item(id); if (item) item.hidden = true; }
  unhide(id) { this.gone.delete(id); const item = this.item(id); if (item) item.hidden = false; }
}

// The live list. The server writes the rows; this keeps the page equal to what the server says: after a change it asks
// for the rows again, at most a few times a second, and touches only the rows that differ.

import { $, $$, localTimes, make, parsed } from "./dom.js";
import { sentence } from "./api.js";

/** Least time between two looks. */
const EVERY_MS = 150;
const HIDDEN_EVERY_MS = 1000;
/** The pause after a look is at least this many times as long as the look, so that a slow server is spared. */
const REST = 3;
/** Rows of a look while everything is new each time: what can be seen. The others come when it gets calmer. */
const FLOOD_ROWS = 30;
/** Scrolled further than this, rows are left where they are. */
const AWAY_PX = 30;

/** What a look that failed counts as, so that a server that is away is asked rarely. */
const FAILED_COST_MS = 500;

const byId = (items) => new Map([...items].map((item) => [item.dataset.id, item]));
const focusedRow = () => document.activeElement?.closest?.("#rows > li")?.dataset.id;

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
    let failed = false;
    try {
      await this.ask();
    } catch (error) {
      // The stream's own state says that the server is away; try again at leisure.
      failed = true;
      this.dirty = true;
      console.debug(error.message);
    }
    this.last = performance.now();
    this.cost = failed ? FAILED_COST_MS : this.last - started;
    this.busy = false;
    if (this.dirty) this.touch();
  }

  async ask() {
    // A reader further down keeps the same rows, and is told how many came.
    this.held = !this.before && this.away() && this.newestSeq() > 0;
    const flooded = this.flood && !this.held && !this.before;
    const asked = this.key();
    const headers = { accept: "application/json" };
    const response = await fetch(`${this.base}/rows?${this.query(flooded)}`, { headers });
    if (!response.ok) throw new Error(await sentence(response));
    const list = await response.json();
    if (asked === this.key()) {
      if (!document.hidden) await new Promise((resolve) => { requestAnimationFrame(resolve); });
      this.show(list);
      if (flooded) this.dirty = true;
    } else this.dirty = true;
  }

  query(flooded) {
    const query = new URLSearchParams();
    if (this.q) query.set("q", this.q);
    if (this.held) {
      query.set("before", String(this.newestSeq() + 1));
      query.set("since", String(this.newestSeq()));
    } else if (this.before) query.set("before", this.before);
    if (flooded) query.set("limit", String(FLOOD_ROWS));
    return query;
  }

  key() { return `${this.q} ${this.before}`; }

  show(list) {
    const focused = focusedRow();
    this.showRows(list.rows);
    this.mark();
    if (focused && focusedRow() !== focused) $("a", this.item(focused) ?? this.rows)?.focus({ preventScroll: true });
    this.counts(list);
    this.empty(list);
    this.pager(list);
    this.newer(list);
    this.state = list;
    this.onUpdate(list);
  }

  /** Puts the rows on the page; those that are there unchanged are not touched. */
  showRows(rows) {
    const old = byId(this.rows.children);
    const changed = rows.filter((row) => !old.has(row.id) || (this.html.get(row.id) ?? row.html) !== row.html);
    const fresh = byId(parsed(changed.map((row) => row.html).join("")).children);
    const next = new Map(rows.map((row) => [row.id, row.html]));
    // A second look in a row at nothing but new rows is a flood.
    this.flood = rows.length > 0 && changed.length === rows.length && old.size > 0 && !this.held;
    for (const [id, item] of old) if (!next.has(id) || fresh.has(id)) item.remove();
    let at = this.rows.firstElementChild;
    for (const row of rows) {
      const item = fresh.get(row.id) ?? old.get(row.id);
      if (fresh.has(row.id)) localTimes(item);
      if (item === at) at = at.nextElementSibling; else this.rows.insertBefore(item, at);
    }
    this.html = next;
    for (const item of this.rows.children) item.hidden = this.gone.has(item.dataset.id);
  }

  counts({ counts }) {
    const place = $("#counts");
    if (place.dataset.html === counts) return;
    place.dataset.html = counts;
    place.innerHTML = counts;
  }

  /** Says how many came while the reader is further down. */
  newer({ newer, newer_more: more }) {
    const pill = $("#fresh");
    pill.hidden = !(this.held && newer > 0);
    pill.textContent = `${newer}${more ? "+" : ""} new`;
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
    const link = (rel, href, text) => make("a", { class: "btn small", rel, href, "data-list": true }, text);
    if (this.before) links.push(link("first", here, "Newest"));
    links.push(make("span", { class: "grow" }));
    if (list.older_href) links.push(link("next", list.older_href, "Older"));
    const pager = $("#pager");
    const now = links.map((entry) => entry.getAttribute("href")).join(" ");
    if (pager.dataset.links === now) return;
    pager.dataset.links = now;
    pager.replaceChildren(...links);
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

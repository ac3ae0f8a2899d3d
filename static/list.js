// The live list. The server writes the rows; this keeps the page equal to what the server says: after a change it asks
// for the rows again, at most a few times a second, and touches only the rows that differ.

import { $, $$, frame, localTimes, make, parsed } from "./dom.js";
import { reached, refusal } from "./api.js";

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
    /** The place of the chosen request, also when it is not in the list. */
    this.seq = Number($("#detail")?.dataset.seq ?? 0);
    /** The place around which rows are wanted next. */
    this.around = null;
    this.looks = Promise.resolve();
    this.dirty = false;
    this.last = 0;
    this.cost = 0;
    const query = new URLSearchParams(location.search);
    this.q = (query.get("q") ?? "").trim();
    // The server turns the list to the page that shows the request of the address.
    this.before = this.rows.dataset.before ?? null;
    localTimes(this.rows);
    this.item(this.selected)?.scrollIntoView({ block: "center" });
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

  /** Asks for the rows as they are now, when earlier looks are over: whoever turns the page waits for its rows. */
  look() { this.looks = this.looks.then(() => this.lookNow()); return this.looks; }

  async lookNow() {
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
      this.trouble(error.message);
    }
    if (!failed) this.trouble("");
    this.last = performance.now();
    this.cost = failed ? FAILED_COST_MS : this.last - started;
    this.busy = false;
    if (this.dirty) this.touch();
  }

  /** Says why the list is not up to date; what it shows stays. */
  trouble(sentence) {
    const place = $("#list-error");
    const text = sentence && `Not up to date: ${sentence}`;
    if (place.textContent !== text) place.textContent = text;
    place.hidden = !sentence;
  }

  async ask() {
    // A reader further down keeps the same rows, and is told how many came.
    this.held = !this.before && this.around === null && this.away() && this.newestSeq() > 0;
    const flooded = this.flood && !this.held && !this.before;
    const asked = this.key();
    const headers = { accept: "application/json" };
    const response = await reached(`${this.base}/rows?${this.query(flooded)}`, { headers });
    if (!response.ok) throw await refusal(response);
    const list = await response.json();
    if (asked === this.key()) {
      if (this.around !== null) {
        this.around = null;
        this.before = list.before === null ? null : String(list.before);
      }
      await frame();
      this.show(list);
      if (flooded) this.dirty = true;
    } else this.dirty = true;
  }

  query(flooded) {
    const query = new URLSearchParams();
    if (this.q) query.set("q", this.q);
    if (this.around !== null) query.set("around", String(this.around));
    else if (this.held) {
      query.set("before", String(this.newestSeq() + 1));
      query.set("since", String(this.newestSeq()));
    } else if (this.before) query.set("before", this.before);
    if (flooded) query.set("limit", String(FLOOD_ROWS));
    return query;
  }

  key() { return `${this.q} ${this.before} ${this.around}`; }

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
    // A second look in a row at nothing but new rows is a flood; another part of the list is not.
    const same = this.part === this.key();
    this.flood = [same, rows.length > 0, changed.length === rows.length, old.size > 0, !this.held].every(Boolean);
    this.part = this.key();
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

  counts({ counts, clear_label: label }) {
    for (const button of $$('[data-do="clear"]')) if (button.textContent !== label) button.textContent = label;
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
    const made = (rel, href, text) => make("a", { class: "btn small", rel, href, "data-list": true }, text);
    const link = (rel, href, text) => (href ? [made(rel, href, text)] : []);
    const gap = () => make("span", { class: "grow" });
    const newest = this.before ? link("first", list.newest_href, "Newest") : [];
    this.links($("#pager-top"), [...newest, gap(), ...link("prev", list.newer_href, "Newer")]);
    $("#pager-top").hidden = newest.length === 0;
    this.links($("#pager"), [gap(), ...link("next", list.older_href, "Older")]);
  }

  links(pager, links) {
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

  select(id, seq = Number(this.item(id)?.dataset.seq ?? 0)) {
    this.selected = id;
    if (seq) this.seq = seq;
    this.mark();
    this.item(id)?.scrollIntoView({ block: "nearest" });
  }

  /** Turns to the page that shows the chosen request, unless the filter leaves it out. */
  async turnTo(seq) {
    this.around = seq;
    await this.look();
    this.item(this.selected)?.scrollIntoView({ block: "center" });
  }

  /** The row `step` away from the chosen one, or from where it would be. */
  neighbour(step) {
    const items = this.items();
    const index = items.findIndex((item) => item.dataset.id === this.selected);
    if (index >= 0) return items[index + step];
    if (!this.seq) return step > 0 ? items[0] : items.at(-1);
    const seq = (item) => Number(item.dataset.seq);
    return step > 0 ? items.find((item) => seq(item) < this.seq) : items.findLast((item) => seq(item) > this.seq);
  }

  /** Shows another part of the list: a filter, an older page. */
  async go(q, before) {
    this.q = q;
    this.before = before;
    this.around = null;
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

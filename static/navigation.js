// Where the reader is: which part of the list, which request, and the address that says both.

import { $, make } from "./dom.js";

/** The width from which list and request are beside each other; inspector.css has the same. */
const narrow = () => matchMedia("(max-width: 820px)").matches;

const focusIn = (selector) => !!document.activeElement?.closest(selector);

export class Navigation {
  constructor(base, list, detail) {
    this.base = base;
    this.list = list;
    this.detail = detail;
  }

  /** On a narrow page, shows `list` or `detail`. */
  show(view) { $(".split").dataset.view = view; }

  /** The query that keeps the list as it is. */
  context() {
    const query = new URLSearchParams();
    if (this.list.q) query.set("q", this.list.q);
    if (this.list.before) query.set("before", this.list.before);
    return query;
  }

  address(id, tab) {
    const query = this.context();
    if (tab && tab !== "request") query.set("tab", tab);
    return `${this.base}/requests/${id}${query.size ? `?${query}` : ""}`;
  }

  listAddress() {
    const query = this.context();
    return `${this.base}${query.size ? `?${query}` : ""}`;
  }

  /** Opens a request with the tab that is open now; the comparison is of the other request. */
  open(id, options) {
    this.list.select(id);
    // Whoever waits is to be answered.
    const waits = $("[data-left]", this.list.item(id) ?? make("li"));
    const tab = this.detail.tab === "compare" ? "request" : this.detail.tab;
    return this.detail.load(this.address(id, waits ? "deliver" : tab), options);
  }

  /** Shows the open request's tab of that name. */
  tab(name) { return this.detail.load(this.address(this.detail.id, name)); }

  /** Shows another part of the list. */
  async go(q, before, { push = true } = {}) {
    await this.list.go(q, before);
    if (!push) return;
    history.pushState({}, "", this.detail.id ? this.address(this.detail.id, this.detail.tab) : this.listAddress());
  }

  /** Opens the request `by` rows further down; after the last row, the first of the next page; and back. */
  async step(by) {
    const { list } = this;
    const item = list.neighbour(by);
    if (item) {
      const inList = focusIn("#rows");
      await this.open(item.dataset.id, { push: "replace" });
      if (inList) $("a", list.item(item.dataset.id) ?? item)?.focus({ preventScroll: true });
    } else if (list.selected) {
      await this.turn(by > 0 ? list.state?.older_href : list.state?.newer_href, by > 0 ? 0 : -1);
    }
  }

  /** Turns to another page of the list, and opens the request at that place of it. */
  async turn(href, place) {
    if (!href) return;
    await this.go(this.list.q, new URL(href, location.href).searchParams.get("before"));
    const item = this.list.items().at(place);
    if (item) this.open(item.dataset.id, { push: "replace" });
  }

  toDetail() {
    this.show("detail");
    ($("#answer button.primary") ?? $("#pane")).focus();
  }

  toList() {
    this.show("list");
    if (narrow()) history.pushState({}, "", this.listAddress());
    ($("a", this.list.item(this.list.selected) ?? this.list.rows) ?? $("#list-scroll")).focus();
  }

  /** The open request is deleted. */
  gone() {
    $("#pane").replaceChildren(make("div", { class: "nothing" }, make("p", {}, "This request was deleted.")));
    history.replaceState({}, "", this.listAddress());
    this.show("list");
  }

  /** Follows the list's links and the browser's history without loading the page again. */
  listen(filter) {
    $(".side").addEventListener("click", (event) => this.click(event, filter));
    addEventListener("popstate", () => this.back(filter));
  }

  click(event, filter) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const row = event.target.closest("a.row");
    const link = event.target.closest("a[data-list], .list-foot a");
    if (row) {
      event.preventDefault();
      this.open(row.closest("li").dataset.id, { push: true, focus: narrow() });
    } else if (link) {
      event.preventDefault();
      const query = new URL(link.href).searchParams;
      filter.value(query.get("q") ?? "");
      this.go((query.get("q") ?? "").trim(), query.get("before"));
    }
  }

  back(filter) {
    const query = new URLSearchParams(location.search);
    const [q, before] = [(query.get("q") ?? "").trim(), query.get("before")];
    if (q !== this.list.q || before !== this.list.before) {
      filter.value(q);
      this.go(q, before, { push: false });
    }
    if (location.pathname.includes("/requests/")) this.detail.load(location.href, { push: false });
    else this.show("list");
  }
}

/** Arrow keys move in the list only while nothing else would take them. */
export const overList = (event) => !event?.key?.startsWith("Arrow")
  || document.activeElement === document.body || focusIn(".side");

/** Enter opens a request only from its row. */
export const onRow = (event) => !event || document.activeElement === document.body || focusIn("#rows, #list-scroll");

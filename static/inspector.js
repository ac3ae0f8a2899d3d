// The inspector: list, chosen request, live stream, and the actions on them.

import { $, announce, make } from "./dom.js";
import { api, part } from "./api.js";
import { command, dialog } from "./commands.js";
import { copy } from "./clipboard.js";
import { DetailPane } from "./detail.js";
import { filterBox } from "./filter.js";
import { importFile } from "./import.js";
import { List } from "./list.js";
import { Live } from "./live.js";
import { Signals } from "./signals.js";
import { toast, undoable, undoNewest } from "./toast.js";

export function inspector() {
  const { bin, base, label, headSeq } = document.body.dataset;
  const binApi = `/api/v1/bins/${bin}`;
  const split = $(".split");
  const signals = new Signals(bin, label);
  const showing = (view) => { split.dataset.view = view; };
  const narrow = () => matchMedia("(max-width: 820px)").matches;

  const list = new List(base, {
    onUpdate(state) {
      signals.unread(state.unread);
      filter.error(state.error);
      // The newcomer's first request opens by itself.
      if (state.rows.length > 0 && $("#waiting.hello")) openId(state.rows[0].id, { push: "replace" });
    },
  });
  const detail = new DetailPane({
    onShown(id) {
      list.select(id);
      showing("detail");
      read(id);
    },
  });
  if (detail.id) read(detail.id);

  function read(id) {
    const item = list.item(id);
    if (!item || $(".row.unread", item)) api("PATCH", `${binApi}/requests/${id}`, { read: true }).catch(() => {});
  }

  const context = () => {
    const query = new URLSearchParams();
    if (list.q) query.set("q", list.q);
    if (list.before) query.set("before", list.before);
    return query;
  };
  const address = (id, tab) => {
    const query = context();
    if (tab && tab !== "request") query.set("tab", tab);
    return `${base}/requests/${id}${query.size ? `?${query}` : ""}`;
  };
  function openId(id, options) {
    list.select(id);
    return detail.load(address(id, detail.tab === "compare" ? "request" : detail.tab), options);
  }
  function listAddress() {
    const query = context();
    return `${base}${query.size ? `?${query}` : ""}`;
  }
  async function go(q, before, { push = true } = {}) {
    await list.go(q, before);
    if (push) history.pushState({}, "", detail.id ? address(detail.id, detail.tab) : listAddress());
  }

  // What comes over the stream.
  const progress = $("#progress");
  const changes = {
    progress(message) {
      progress.hidden = message.finished;
      $("span", progress).textContent = `Verifying again: ${message.done} of ${message.total}`;
      Object.assign($("progress", progress), { max: Math.max(1, message.total), value: message.done });
      if (message.finished) { announce("Everything is verified again."); list.touch(); detail.reload(); }
    },
    verdict(message) { if (message.id === detail.id) detail.reload(); list.touch(); },
    marked(message) { if (message.id === detail.id) markedHere(message); list.touch(); },
    deleted(message) { if (message.id === detail.id) gone(); list.touch(); },
    request(message) { signals.arrived(message); list.touch(); },
    bin_deleted() {
      toast("This bin was deleted.", { bad: true });
      setTimeout(() => { location.href = "/"; }, 1500);
    },
  };
  const indicator = $("#live");
  const live = new Live(binApi, Number(headSeq), {
    onChange(message) { (changes[message.type] ?? (() => list.touch()))(message); },
    onState(state) {
      if (indicator.dataset.state === state) return;
      indicator.dataset.state = state;
      indicator.textContent = { live: "Live", reconnecting: "Reconnecting", paused: "Paused" }[state];
      announce(`Stream: ${indicator.textContent}`);
    },
  });
  indicator.textContent = "Connecting";
  indicator.addEventListener("click", () => (live.paused ? live.resume() : live.pause()));

  function markedHere(message) {
    $('[data-do="pin"]')?.setAttribute("aria-pressed", String(message.pinned));
    const shown = $(".detail .note-text")?.dataset.note ?? "";
    const tags = [...document.querySelectorAll(".facts .chip.accent")].map((chip) => chip.textContent.slice(1)).join(" ");
    if (shown !== (message.note ?? "") || tags !== (message.tags ?? []).join(" ")) detail.reload();
  }
  function gone() {
    $("#pane").replaceChildren(make("div", { class: "nothing" }, make("p", {}, "This request was deleted.")));
    history.replaceState({}, "", listAddress());
    showing("list");
  }

  // Mouse.
  $(".side").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const row = event.target.closest("a.row");
    const link = event.target.closest("a[data-list], .list-foot a");
    if (row) {
      event.preventDefault();
      openId(row.closest("li").dataset.id, { push: true, focus: narrow() });
    } else if (link) {
      event.preventDefault();
      const query = new URL(link.href).searchParams;
      filter.value(query.get("q") ?? "");
      go((query.get("q") ?? "").trim(), query.get("before"));
    }
  });
  addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    const [q, before] = [(query.get("q") ?? "").trim(), query.get("before")];
    if (q !== list.q || before !== list.before) { filter.value(q); go(q, before, { push: false }); }
    if (location.pathname.includes("/requests/")) detail.load(location.href, { push: false });
    else showing("list");
  });
  const filter = filterBox((q) => go(q, null));

  // Actions.
  const chosen = () => detail.id !== null;
  const step = (by) => async () => {
    const item = list.neighbour(by);
    if (item) {
      const inList = document.activeElement?.closest("#rows");
      await openId(item.dataset.id, { push: "replace" });
      if (inList) $("a", list.item(item.dataset.id) ?? item)?.focus({ preventScroll: true });
    } else if (by > 0 && list.state?.older_href && list.selected) {
      await go(list.q, new URL(list.state.older_href, location.href).searchParams.get("before"));
      if (list.items()[0]) openId(list.items()[0].dataset.id, { push: "replace" });
    }
  };
  const overList = (event) => !event?.key?.startsWith("Arrow") || document.activeElement === document.body || !!document.activeElement?.closest(".side");
  command({ id: "older", label: "Next request (older)", keys: ["j", "ArrowDown"], run: step(1), when: overList });
  command({ id: "newer", label: "Previous request (newer)", keys: ["k", "ArrowUp"], run: step(-1), when: overList });
  command({
    id: "open", label: "Read the chosen request", keys: ["Enter"], run: () => { showing("detail"); $("#pane").focus(); },
    when: (event) => chosen() && (!event || document.activeElement === document.body || !!document.activeElement?.closest("#rows, #list-scroll")),
  });
  command({ id: "to-list", label: "Back to the list", keys: ["Escape"], run: toList, when: () => chosen() });
  command({ id: "filter", label: "Filter the list", keys: ["/"], run: () => { showing("list"); filter.focus(); } });
  command({ id: "newest", label: "Go to the newest", keys: ["g"], run: () => list.newest() });
  command({ id: "copy-url", label: "Copy the bin's URL", keys: ["y"], run: () => $(".side-head [data-copy]").click() });
  command({ id: "copy-curl", label: "Copy the request as curl", keys: ["c"], run: copyCurl, when: chosen });
  command({ id: "compare", label: "Compare with another request", keys: ["x"], run: () => detail.load(address(detail.id, "compare")).then(() => $("#compare-with")?.focus()), when: chosen });
  command({ id: "note", label: "Write a note, set tags", keys: ["n"], run: note, when: chosen });
  command({ id: "pin", label: "Pin or unpin", keys: ["p"], run: () => detail.patch({ pinned: $('[data-do="pin"]').getAttribute("aria-pressed") !== "true" }), when: chosen });
  command({ id: "unread", label: "Mark as unread", keys: ["u"], run: () => detail.patch({ read: false }), when: chosen });
  command({ id: "delete", label: "Delete the request", keys: ["d", "Delete"], run: remove, when: chosen });
  command({ id: "undo", label: "Undo the deletion", keys: ["z"], run: undoNewest });
  command({ id: "live", label: "Pause the stream or go on", keys: ["l"], run: () => indicator.click() });
  ["request", "signature", "event", "compare", "code", "raw"].forEach((tab, index) => command({
    id: `tab-${tab}`, label: `Show ${tab}`, keys: [String(index + 1)], run: () => detail.load(address(detail.id, tab)), when: chosen,
  }));
  command({ id: "read-all", label: "Mark everything as read", keys: [], run: readAll });
  command({ id: "clear", label: "Delete everything that matches", keys: [], run: clear });
  command({ id: "notify", label: "Notify me of new requests", keys: [], run: () => signals.toggleNotify() });
  command({ id: "sound", label: "Play a sound for new requests", keys: [], run: () => signals.toggleSound() });
  command({ id: "import", label: "Import requests", keys: [], run: () => importFile(binApi) });
  command({ id: "settings", label: "Settings of this bin", keys: [","], run: () => { location.href = `${base}/settings`; } });
  command({ id: "home", label: "All bins", keys: ["b"], run: () => { location.href = "/"; } });

  function toList() {
    showing("list");
    if (narrow()) history.pushState({}, "", listAddress());
    ($("a", list.item(list.selected) ?? list.rows) ?? $("#list-scroll")).focus();
  }

  async function copyCurl() {
    try { await copy(await part(`${detail.api}/export?as=curl`), "Copied as curl"); } catch (error) { toast(error.message, { bad: true }); }
  }

  function note() {
    const { id, api: path } = detail;
    const text = make("textarea", { class: "input", id: "note-text", rows: "4", maxlength: "4000" });
    text.value = $(".detail .note-text")?.dataset.note ?? "";
    const tags = make("input", { class: "input", id: "note-tags", autocomplete: "off", "aria-describedby": "note-tags-hint" });
    tags.value = [...document.querySelectorAll(".facts .chip.accent")].map((chip) => chip.textContent.slice(1)).join(" ");
    const cancel = make("button", { class: "btn", type: "button" }, "Cancel");
    const form = make("form", { class: "dialog-body", method: "dialog" }, make("h2", {}, "Note and tags"),
      make("div", { class: "field" }, make("label", { for: "note-text" }, "Note"), text),
      make("div", { class: "field" }, make("label", { for: "note-tags" }, "Tags"), tags, make("p", { class: "hint", id: "note-tags-hint" }, "Words, with spaces between.")),
      make("div", { class: "dialog-foot" }, cancel, make("button", { class: "btn primary" }, "Save")));
    const element = dialog("", "Note and tags", form);
    cancel.addEventListener("click", () => element.close());
    const save = async () => {
      element.close();
      try {
        await api("PATCH", path, { note: text.value.trim(), tags: tags.value.split(/[\s,]+/).map((tag) => tag.replace(/^#/, "")).filter(Boolean) });
        if (detail.id === id) detail.load(location.href, { push: false });
      } catch (error) { toast(error.message, { bad: true }); }
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
    text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(); });
    text.focus();
  }

  function remove() {
    const { id, api: path } = detail;
    const next = list.neighbour(1) ?? list.neighbour(-1);
    list.hide(id);
    if (next && next.dataset.id !== id) openId(next.dataset.id, { push: "replace" }); else gone();
    undoable("Request deleted.", async () => {
      try { await api("DELETE", path); } catch (error) { toast(error.message, { bad: true }); }
      list.unhide(id);
      list.touch();
    }, () => { list.unhide(id); openId(id, { push: "replace" }); });
  }

  function clear() {
    if (list.items().length === 0) return toast("There is nothing to delete.");
    // What arrives while the deletion can still be undone is not meant.
    const newest = new Date($("time", list.rows).dateTime);
    const until = `before:${new Date(newest.getTime() + 1).toISOString()}`;
    const q = list.q ? `(${list.q}) ${until}` : until;
    list.rows.hidden = true;
    const back = () => { list.rows.hidden = false; list.touch(); };
    undoable(list.q ? "Everything that matches the filter is deleted." : "Everything in this bin is deleted.", async () => {
      try {
        await api("DELETE", `${binApi}/requests?${new URLSearchParams({ q })}`);
        gone();
      } catch (error) { toast(error.message, { bad: true }); }
      back();
    }, back);
  }

  async function readAll() {
    try {
      await api("PATCH", `${binApi}/requests`, { read: true });
      toast("Everything is marked as read.");
    } catch (error) { toast(error.message, { bad: true }); }
  }

  list.touch();
}

// The inspector: puts list, chosen request, stream, filter and commands together.

import { $ } from "./dom.js";
import { api } from "./api.js";
import { clear, compare, copyCurl, note, readAll, remove } from "./actions.js";
import { followChanges } from "./changes.js";
import { command, idsOf } from "./commands.js";
import { replay } from "./deliver.js";
import { DetailPane } from "./detail.js";
import { FilterBox } from "./filter.js";
import { importFile } from "./import.js";
import { List } from "./list.js";
import { Navigation, onRow, overList } from "./navigation.js";
import { Signals } from "./signals.js";
import { undoNewest } from "./toast.js";

export function inspector() {
  const { bin, base, label, headSeq } = document.body.dataset;
  const binApi = `/api/v1/bins/${bin}`;
  const signals = new Signals(bin, label);
  const list = new List(base, {
    onUpdate(state) {
      signals.unread(state.unread);
      filter.error(state.error);
      // The newcomer's first request is opened at once.
      if (state.rows.length > 0 && $("#waiting.hello")) navigation.open(state.rows[0].id, { push: "replace" });
    },
  });
  const detail = new DetailPane({
    onShown(id, url) {
      list.select(id, detail.seq);
      // Where a link of the page leads may be further down in the list.
      if (!list.item(id) && !url.searchParams.has("before")) list.turnTo(detail.seq);
      navigation.show("detail");
      read(id);
    },
  });
  const navigation = new Navigation(base, list, detail);
  const filter = new FilterBox((q) => navigation.go(q, null));

  function read(id) {
    const item = list.item(id);
    if (!item || $(".row.unread", item)) api("PATCH", `${binApi}/requests/${id}`, { read: true }).catch(() => {});
  }

  if (detail.id) read(detail.id);
  navigation.listen(filter);
  const parts = { base, binApi, headSeq: Number(headSeq), list, detail, navigation, filter, signals };
  followChanges(parts);
  commands(parts);
  list.touch();
}

/** What each command does. The palette lists them in this order. */
function commands(parts) {
  const { base, binApi, list, detail, navigation, filter, signals } = parts;
  const chosen = () => detail.id !== null;
  command("older", () => navigation.step(1), overList);
  command("newer", () => navigation.step(-1), overList);
  command("open", () => navigation.toDetail(), (event) => chosen() && onRow(event));
  command("to-list", () => navigation.toList(), chosen);
  command("filter", () => { navigation.show("list"); filter.focus(); });
  command("newest", () => list.newest());
  command("copy-url", () => $(".side-head [data-copy]").click());
  command("copy-curl", () => copyCurl(detail), chosen);
  command("compare", () => compare(navigation), chosen);
  command("replay", () => replay(detail, navigation), chosen);
  command("note", () => note(detail), chosen);
  command("pin", () => detail.patch({ pinned: !detail.pinned }), chosen);
  command("unread", () => detail.patch({ read: false }), chosen);
  command("delete", () => remove(parts), chosen);
  command("undo", undoNewest);
  command("live", () => $("#live").click());
  for (const id of idsOf("tab-")) command(id, () => navigation.tab(id.slice("tab-".length)), chosen);
  command("read-all", () => readAll(binApi));
  command("clear", () => clear(parts));
  command("notify", () => signals.toggleNotify());
  command("sound", () => signals.toggleSound());
  command("import", () => importFile(binApi));
  for (const page of ["sessions", "timeline", "answers", "contract", "checklist", "send"]) {
    command(page, () => { location.href = `${base}/${page}`; });
  }
  command("compose", () => { location.href = `${base}/send${chosen() ? `?from=${detail.id}` : ""}#compose`; });
  command("settings", () => { location.href = `${base}/settings`; });
  command("home", () => { location.href = "/"; });
}

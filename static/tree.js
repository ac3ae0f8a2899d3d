// JSON as a tree: folding, moving by keys, copying path and value, searching. Values that are not on the page are fetched when they
// are opened, so that ten megabytes open at once.

import { $, $$, parsed } from "./dom.js";
import { part } from "./api.js";
import { copy } from "./clipboard.js";
import { toast } from "./toast.js";

export function tree(root) {
  const box = root.closest(".body-box");
  const source = root.dataset.json;
  const path = $(".pointer", box);
  let found = null;

  const visible = () => $$('li[role="treeitem"]', root).filter((item) => !item.parentElement.closest('li[aria-expanded="false"]'));
  const parentOf = (item) => item.parentElement.closest('li[role="treeitem"]');

  function choose(item, focus = true) {
    if (!item) return;
    for (const other of $$('[aria-selected="true"]', root)) { other.removeAttribute("aria-selected"); other.tabIndex = -1; }
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
    path.textContent = item.dataset.pointer === "" ? "the whole text" : item.dataset.pointer ?? "too deep for a path";
    if (focus) { item.focus({ preventScroll: true }); $(".line", item).scrollIntoView({ block: "nearest" }); }
  }

  async function open(item, wanted) {
    if (!item.hasAttribute("aria-expanded")) return;
    const now = item.getAttribute("aria-expanded") === "true";
    if (wanted === undefined ? false : now === wanted) return;
    item.setAttribute("aria-expanded", String(!now));
    if (!now && !$(":scope > ul", item)) await more(item, 0);
  }

  async function more(item, offset, button) {
    try {
      const html = await part(`${source}?node=${item.dataset.node}&offset=${offset}`);
      let group = $(":scope > ul", item);
      if (!group) { group = document.createElement("ul"); group.setAttribute("role", "group"); item.append(group); }
      const first = parsed(html);
      const next = first.firstElementChild;
      button?.closest("li").remove();
      group.append(first);
      if (button) choose(next.matches('[role="treeitem"]') ? next : null);
    } catch (error) { toast(error.message, { bad: true }); }
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-offset]");
    if (button) return more(parentOf(button) ?? root, button.dataset.offset, button);
    const item = event.target.closest('li[role="treeitem"]');
    if (!item || String(getSelection())) return;
    choose(item);
    if (event.target.closest(".line")) open(item);
  });

  root.addEventListener("keydown", (event) => {
    const item = event.target.closest('li[role="treeitem"]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = visible();
    const at = all.indexOf(item);
    const moves = {
      ArrowDown: () => choose(all[at + 1]),
      ArrowUp: () => choose(all[at - 1]),
      Home: () => choose(all[0]),
      End: () => choose(all.at(-1)),
      ArrowRight: () => (item.getAttribute("aria-expanded") === "false" ? open(item, true) : item.hasAttribute("aria-expanded") && choose(all[at + 1])),
      ArrowLeft: () => (item.getAttribute("aria-expanded") === "true" ? open(item, false) : choose(parentOf(item))),
      Enter: () => open(item),
      " ": () => open(item),
    };
    const move = moves[event.key];
    if (!move || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    event.stopPropagation();
    move();
  });

  const chosen = () => $('[aria-selected="true"]', root);
  box.addEventListener("click", async (event) => {
    const what = event.target.closest("[data-json-do]")?.dataset.jsonDo;
    if (what === "fold") for (const item of $$("li li[aria-expanded]", root)) item.setAttribute("aria-expanded", "false");
    if (what === "unfold") for (const item of $$('li[aria-expanded="false"]', root)) if ($(":scope > ul", item)) item.setAttribute("aria-expanded", "true");
    if (what !== "path" && what !== "value") return;
    const item = chosen();
    if (!item) return toast("Choose a value first.");
    if (what === "path") return copy(item.dataset.pointer ?? "", "Path copied");
    try { await copy(await part(`${source}/value?node=${item.dataset.node}`), "Value copied"); } catch (error) { toast(error.message, { bad: true }); }
  });

  const input = $(".find", box);
  let timer = 0;
  input?.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 150); });
  input?.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) { event.stopPropagation(); input.value = ""; find(); }
    if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); choose(visible()[0]); }
  });

  async function find() {
    const text = input.value.trim();
    if (!text) {
      if (found) root.replaceChildren(...found);
      found = null;
      return choose($('li[role="treeitem"]', root), false);
    }
    try {
      const html = await part(`${source}/find?text=${encodeURIComponent(text)}`);
      if (input.value.trim() !== text) return;
      found ??= [...root.childNodes];
      root.replaceChildren(parsed(html));
      choose($('li[role="treeitem"]', root), false);
    } catch (error) { toast(error.message, { bad: true }); }
  }

  choose($('li[role="treeitem"]', root), false);
}

// JSON as a tree: folding, moving by keys, copying path and value, searching. Values that are not on the page are
// fetched when they are opened, so that ten megabytes open at once.

import { $, $$, parsed } from "./dom.js";
import { part } from "./api.js";
import { copy } from "./clipboard.js";
import { attempt, toast } from "./toast.js";

const ITEM = 'li[role="treeitem"]';
const WAIT_MS = 150;

const parentOf = (item) => item.parentElement.closest(ITEM);
const isOpen = (item) => item.getAttribute("aria-expanded") === "true";

export class Tree {
  constructor(root) {
    this.root = root;
    this.box = root.closest(".body-box");
    this.source = root.dataset.json;
    this.input = $(".find", this.box);
    /** What the tree held before a search. */
    this.whole = null;
    this.timer = 0;
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => this.act(event));
    this.input?.addEventListener("input", () => this.typed());
    this.input?.addEventListener("keydown", (event) => this.inputKey(event));
    this.choose(this.first(), false);
  }

  first() { return $(ITEM, this.root); }
  chosen() { return $('[aria-selected="true"]', this.root); }

  visible() {
    return $$(ITEM, this.root).filter((item) => !item.parentElement.closest('li[aria-expanded="false"]'));
  }

  choose(item, focus = true) {
    if (!item) return;
    for (const other of $$('[aria-selected="true"]', this.root)) {
      other.removeAttribute("aria-selected");
      other.tabIndex = -1;
    }
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
    const { pointer } = item.dataset;
    $(".pointer", this.box).textContent = pointer === "" ? "(root)" : pointer ?? "too deep for a path";
    if (!focus) return;
    item.focus({ preventScroll: true });
    $(".line", item).scrollIntoView({ block: "nearest" });
  }

  /** Folds or unfolds a container. */
  async toggle(item) {
    if (!item.hasAttribute("aria-expanded")) return;
    const open = !isOpen(item);
    item.setAttribute("aria-expanded", String(open));
    if (open && !$(":scope > ul", item)) await this.more(item, 0);
  }

  /** Fetches values of a container; `button` is what asked for them and goes. */
  more(item, offset, button) {
    return attempt(async () => {
      const fresh = parsed(await part(`${this.source}?node=${item.dataset.node}&offset=${offset}`));
      const next = fresh.firstElementChild;
      let group = $(":scope > ul", item);
      if (!group) {
        group = document.createElement("ul");
        group.setAttribute("role", "group");
        item.append(group);
      }
      button?.closest("li").remove();
      group.append(fresh);
      if (button && next.matches(ITEM)) this.choose(next);
    });
  }

  click(event) {
    const button = event.target.closest("button[data-offset]");
    if (button) {
      this.more(parentOf(button) ?? this.root, button.dataset.offset, button);
      return;
    }
    const item = event.target.closest(ITEM);
    // A text that is being selected is no click.
    if (!item || String(getSelection())) return;
    this.choose(item);
    if (event.target.closest(".line")) this.toggle(item);
  }

  key(event) {
    const item = event.target.closest(ITEM);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = this.visible();
    const at = all.indexOf(item);
    const moves = {
      ArrowDown: () => this.choose(all[at + 1]),
      ArrowUp: () => this.choose(all[at - 1]),
      Home: () => this.choose(all[0]),
      End: () => this.choose(all.at(-1)),
      ArrowRight: () => this.inward(item, all[at + 1]),
      ArrowLeft: () => (isOpen(item) ? this.toggle(item) : this.choose(parentOf(item))),
      Enter: () => this.toggle(item),
      " ": () => this.toggle(item),
    };
    const move = moves[event.key];
    if (!move || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }

  /** Opens a folded container, or goes to the first value of an open one. */
  inward(item, next) {
    if (!item.hasAttribute("aria-expanded")) return;
    if (isOpen(item)) this.choose(next); else this.toggle(item);
  }

  /** The buttons above the tree. */
  act(event) {
    const what = event.target.closest("[data-json-do]")?.dataset.jsonDo;
    if (what === "fold") this.setOpen("li li[aria-expanded]", false);
    if (what === "unfold") this.setOpen('li[aria-expanded="false"]', true);
    if (what === "path" || what === "value") this.copy(what);
  }

  /** Folds or unfolds what is on the page. */
  setOpen(selector, open) {
    for (const item of $$(selector, this.root)) {
      if (!open || $(":scope > ul", item)) item.setAttribute("aria-expanded", String(open));
    }
  }

  async copy(what) {
    const item = this.chosen();
    if (!item) toast("Choose a value first.");
    else if (what === "path") copy(item.dataset.pointer ?? "", "Path copied");
    else await attempt(async () => copy(await part(`${this.source}/value?node=${item.dataset.node}`), "Value copied"));
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), WAIT_MS);
  }

  inputKey(event) {
    if (event.key === "Escape" && this.input.value) {
      event.stopPropagation();
      this.input.value = "";
      this.find();
    }
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      this.choose(this.visible()[0]);
    }
  }

  /** Shows the values that hold the text, or the whole tree when there is no text. */
  async find() {
    const text = this.input.value.trim();
    if (!text) {
      if (this.whole) this.root.replaceChildren(...this.whole);
      this.whole = null;
      this.choose(this.first(), false);
      return;
    }
    await attempt(async () => {
      const html = await part(`${this.source}/find?text=${encodeURIComponent(text)}`);
      if (this.input.value.trim() !== text) return;
      this.whole ??= [...this.root.childNodes];
      this.root.replaceChildren(parsed(html));
      this.choose(this.first(), false);
    });
  }
}

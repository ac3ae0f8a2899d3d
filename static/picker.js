// A choice with many entries that is searched by typing. The <select> stays the one that holds the value.

import { make } from "./dom.js";

let number = 0;

/** Puts a search box in front of each marked <select> of a part of the page. */
export function pickers(root = document) {
  for (const select of root.querySelectorAll("select[data-picker]")) {
    if (!select.hidden) new Picker(select);
  }
}

class Picker {
  constructor(select) {
    this.select = select;
    number += 1;
    this.id = `picker-${number}`;
    this.input = make("input", {
      class: "input", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list",
      "aria-describedby": select.getAttribute("aria-describedby"),
    });
    this.list = make("div", { class: "picker-list", id: this.id, role: "listbox", "aria-label": "Choices" });
    this.list.hidden = true;
    const [label] = select.labels;
    select.hidden = true;
    select.after(make("div", { class: "picker" }, this.input, this.list));
    this.input.id = `${select.id}-search`;
    if (label) label.htmlFor = this.input.id;
    this.at = -1;
    this.show();
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.open(""));
    this.input.addEventListener("input", (event) => { event.stopPropagation(); this.open(this.input.value); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => this.press(event));
    select.addEventListener("change", () => this.show());
  }

  /** Writes what is chosen into the box. */
  show() { this.input.value = this.select.selectedOptions[0]?.textContent.trim() ?? ""; }

  /** Lists the entries that hold every word of the text. */
  open(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...this.select.options].map((option) => ({ option, label: option.textContent.trim() }));
    const holds = ({ option, label }) => {
      const where = `${label} ${option.dataset.words ?? ""}`.toLowerCase();
      return words.every((word) => where.includes(word));
    };
    const begins = ({ label }) => label.toLowerCase().startsWith(words[0] ?? "");
    const found = all.filter(holds);
    // What begins with the word comes first.
    this.shown = words.length > 0 ? [...found.filter(begins), ...found.filter((one) => !begins(one))] : found;
    this.list.replaceChildren(...this.shown.map((entry, index) => this.entry(entry, index)));
    if (this.shown.length === 0) {
      const none = make("div", { role: "option", "aria-disabled": "true", class: "muted" }, "Nothing has this name");
      this.list.append(none);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const chosen = this.shown.findIndex(({ option }) => option.selected);
    this.mark(words.length > 0 || chosen < 0 ? 0 : chosen);
  }

  entry({ option, label }, index) {
    const about = option.dataset.about ?? "";
    return make("div", { role: "option", id: `${this.id}-${index}`, "aria-selected": "false", "data-index": index },
      make("span", { class: "grow" }, label), make("span", { class: "muted small" }, about));
  }

  mark(index) {
    this.at = this.shown.length > 0 ? (index + this.shown.length) % this.shown.length : -1;
    const items = [...this.list.children];
    items.forEach((item, place) => item.setAttribute("aria-selected", String(place === this.at)));
    const current = this.at >= 0 ? items[this.at] : null;
    if (current) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    event.preventDefault();
    const index = event.target.closest("[data-index]")?.dataset.index;
    if (index !== undefined) this.pick(Number(index));
  }

  key(event) {
    const open = !this.list.hidden;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (open) this.mark(this.at + moves[event.key]); else this.open("");
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      if (this.at >= 0) this.pick(this.at);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  pick(index) {
    this.shown[index].option.selected = true;
    for (const kind of ["input", "change"]) this.select.dispatchEvent(new Event(kind, { bubbles: true }));
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.show();
  }
}

/** What the chosen entry sets of a bin: provider and scheme, `null` for what is recognised. */
export function chosenScheme(select) {
  const { provider, scheme } = select.selectedOptions[0]?.dataset ?? {};
  return { provider: provider || null, scheme: scheme || null };
}

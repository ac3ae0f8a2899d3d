// The command palette: every command that makes sense now, found by words of its label.

import { announce, make } from "./dom.js";
import { all } from "./commands.js";
import { dialog } from "./dialog.js";

export function palette() {
  new Palette().fill();
}

class Palette {
  constructor() {
    this.input = make("input", {
      class: "palette-input", type: "text", placeholder: "What do you want to do?", autocomplete: "off",
      spellcheck: "false", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list",
      "aria-label": "Command", "aria-autocomplete": "list",
    });
    this.list = make("div", { class: "palette-list", id: "palette-list", role: "listbox", "aria-label": "Commands" });
    this.element = dialog("palette", "Commands", this.input, this.list);
    this.shown = [];
    this.at = 0;
    this.input.addEventListener("input", () => this.fill());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.focus();
  }

  /** Lists the commands whose labels hold every word that is typed. */
  fill() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = ({ label }) => words.every((word) => label.toLowerCase().includes(word));
    this.shown = all().filter((entry) => entry.id !== "palette" && entry.when() && matches(entry));
    this.at = 0;
    this.list.replaceChildren(...this.shown.map((entry, index) => this.option(entry, index)));
    if (this.shown.length === 0) {
      this.list.append(make("div", { class: "none", role: "option", "aria-disabled": "true" }, "No such command"));
      announce("No such command");
    }
    this.mark();
  }

  option(entry, index) {
    const keys = entry.signs.slice(0, 1).map((sign) => make("kbd", {}, sign));
    const label = make("span", { class: "grow" }, entry.label);
    const item = make("div", { role: "option", id: `command-${index}` }, label, ...keys);
    item.addEventListener("click", () => this.pick(entry));
    return item;
  }

  mark() {
    const items = [...this.list.children];
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === this.at)));
    const current = items[this.at];
    if (current?.id) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.shown[this.at]) this.pick(this.shown[this.at]);
      return;
    }
    if (event.key === "ArrowDown") this.at = Math.min(this.at + 1, this.shown.length - 1);
    else if (event.key === "ArrowUp") this.at = Math.max(this.at - 1, 0);
    else return;
    event.preventDefault();
    this.mark();
  }

  pick(entry) {
    this.element.close();
    entry.run();
  }
}

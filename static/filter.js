// The filter box: applies what is typed, and offers the language's fields.

import { $, $$, make } from "./dom.js";

const WAIT_MS = 250;

export class FilterBox {
  /** `apply(text)` is called with each new filter. */
  constructor(apply) {
    this.apply = apply;
    this.input = $("#filter");
    this.box = $("#suggest");
    // The fields come with the page, from the table that the server reads filters by.
    this.fields = $$("#filter-fields option").map(({ value, textContent, dataset }) => ({
      field: value, meaning: textContent, values: dataset.values.split(" ").filter(Boolean),
    }));
    this.timer = 0;
    this.at = -1;
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", "suggest");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    $(".filter").addEventListener("submit", (event) => {
      event.preventDefault();
      this.close();
      this.submit();
    });
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  /** Shows a filter that came from elsewhere. */
  value(text) { this.input.value = text; }

  /** Shows why the filter cannot be read, or that it can. */
  error(sentence) {
    const place = $("#filter-error");
    place.hidden = !sentence;
    place.textContent = sentence ?? "";
    if (sentence) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", "filter-error");
    } else this.input.removeAttribute("aria-invalid");
  }

  submit() {
    clearTimeout(this.timer);
    this.apply(this.input.value.trim());
  }

  typed() {
    this.offer();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.submit(), WAIT_MS);
  }

  /** The word before the cursor, without what excludes it. */
  word() {
    return this.input.value.slice(0, this.input.selectionStart).match(/[^\s()"]*$/)[0].replace(/^-/, "");
  }

  close() {
    this.box.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Offers what the word may become: a field, then a value of it. What is shown is what is written if it is taken. */
  offer({ all = false } = {}) {
    const typed = this.word().toLowerCase();
    if (!typed && !all) return this.close();
    const colon = typed.indexOf(":");
    const begun = this.fields.filter(({ field }) => field.startsWith(typed));
    const shown = colon < 0 ? begun : this.valuesOf(typed, colon);
    if (shown.length === 0) return this.close();
    this.box.replaceChildren(...shown.map((entry, index) => this.option(entry, index)));
    this.at = -1;
    this.box.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  /** The values that a field may have and that begin as typed. */
  valuesOf(typed, colon) {
    const found = this.fields.find(({ field }) => field === typed.slice(0, colon + 1));
    const begun = typed.slice(colon + 1);
    const values = (found?.values ?? []).filter((value) => {
      const small = value.toLowerCase();
      return small.startsWith(begun) && small !== begun;
    });
    return values.map((value) => ({ field: `${found.field}${value}`, meaning: "" }));
  }

  option({ field, meaning }, index) {
    const option = make("div", { role: "option", id: `suggest-${index}`, "aria-selected": "false" },
      make("code", {}, field), make("span", { class: "muted small" }, meaning));
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(field);
    });
    return option;
  }

  take(field) {
    const end = this.input.selectionStart;
    const start = end - this.word().length;
    this.input.setRangeText(field, start, end, "end");
    this.input.focus();
    this.close();
    // A field wants a value: those that it may have are offered next.
    if (field.endsWith(":")) this.offer();
    else this.submit();
  }

  key(event) {
    const open = !this.box.hidden;
    if (!open && event.key === "ArrowDown") {
      event.preventDefault();
      this.offer({ all: true });
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (open && this.at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      this.take($("code", this.box.children[this.at]).textContent);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.escape();
    }
  }

  move(by) {
    const options = [...this.box.children];
    this.at = (this.at + by + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    options[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  /** Closes what is offered, then empties the filter, then leaves it. */
  escape() {
    if (!this.box.hidden) return this.close();
    if (this.input.value) {
      this.input.value = "";
      this.submit();
    } else this.input.blur();
  }
}

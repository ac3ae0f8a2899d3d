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
    this.fields = $$("#filter-fields option").map(({ value, textContent }) => ({ field: value, meaning: textContent }));
    this.timer = 0;
    this.at = -1;
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", "suggest");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.addEventListener("focus", () => { if (this.input.value === "") this.offer(); });
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

  /** Offers the fields that the word may become; all of them while nothing is typed. */
  offer() {
    const typed = this.word().toLowerCase();
    const fits = ({ field }) => field.startsWith(typed) && field !== typed;
    const matching = typed && !typed.endsWith(":") ? this.fields.filter(fits) : [];
    if (this.input.value !== "" && matching.length === 0) return this.close();
    const shown = this.input.value === "" ? this.fields : matching;
    this.box.replaceChildren(...shown.map((entry, index) => this.option(entry, index)));
    this.at = -1;
    this.box.hidden = shown.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.box.hidden));
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
    // Flags are whole; of the other fields the reader writes the value.
    const whole = /^(is|has):/.test(field) ? field : field.slice(0, field.indexOf(":") + 1);
    this.input.setRangeText(whole, start, end, "end");
    this.input.focus();
    this.close();
    if (!whole.endsWith(":")) this.submit();
  }

  key(event) {
    const open = !this.box.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
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

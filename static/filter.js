// The filter box: applies what is typed, and offers the language's fields.

import { $, make } from "./dom.js";

const WAIT_MS = 250;

export function filterBox(apply) {
  const form = $(".filter");
  const input = $("#filter");
  const box = $("#suggest");
  const fields = [...document.querySelectorAll("#filter-fields option")].map((option) => ({ field: option.value, meaning: option.textContent }));
  let timer = 0;
  let at = -1;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", "suggest");
  input.setAttribute("aria-autocomplete", "list");

  const submit = () => { clearTimeout(timer); apply(input.value.trim()); };
  const word = () => input.value.slice(0, input.selectionStart).match(/[^\s()"]*$/)[0].replace(/^-/, "");

  function close() {
    box.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function offer() {
    const typed = word().toLowerCase();
    const matching = typed && !typed.endsWith(":") ? fields.filter(({ field }) => field.startsWith(typed) && field !== typed) : [];
    if (input.value !== "" && matching.length === 0) return close();
    const shown = input.value === "" ? fields : matching;
    box.replaceChildren(...shown.map(({ field, meaning }, index) => {
      const option = make("div", { role: "option", id: `suggest-${index}`, "aria-selected": "false" }, make("code", {}, field), make("span", { class: "muted small" }, meaning));
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(field); });
      return option;
    }));
    at = -1;
    box.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(!box.hidden));
  }

  function take(field) {
    const end = input.selectionStart;
    const start = end - word().length;
    // Flags are whole as they stand; a field's value is the reader's to write.
    const whole = /^(is|has):/.test(field) ? field : field.slice(0, field.indexOf(":") + 1);
    input.setRangeText(whole, start, end, "end");
    input.focus();
    close();
    if (!whole.endsWith(":")) submit();
  }

  input.addEventListener("focus", () => { if (input.value === "") offer(); });
  input.addEventListener("blur", close);
  input.addEventListener("input", () => { offer(); clearTimeout(timer); timer = setTimeout(submit, WAIT_MS); });
  input.addEventListener("keydown", (event) => {
    const options = [...box.children];
    if (!box.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
      options[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[at].id);
    } else if (!box.hidden && at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      take(fields.find(({ field }) => field === $("code", options[at]).textContent).field);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (!box.hidden) return close();
      if (input.value) { input.value = ""; submit(); } else input.blur();
    }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); close(); submit(); });

  return {
    focus() { input.focus(); input.select(); },
    value(text) { input.value = text; },
    error(sentence) {
      const place = $("#filter-error");
      place.hidden = !sentence;
      place.textContent = sentence ?? "";
      if (sentence) { input.setAttribute("aria-invalid", "true"); input.setAttribute("aria-describedby", "filter-error"); } else input.removeAttribute("aria-invalid");
    },
  };
}

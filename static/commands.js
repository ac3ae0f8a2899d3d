// Every action has one entry here: the key, the palette and the button (`data-do`) run the same thing.

import { $, $$, announce, make } from "./dom.js";

const commands = [];

/** `{id, label, keys, run, when}`; `keys` as in KeyboardEvent.key, `when` says whether it makes sense now. */
export function command(entry) {
  commands.push({ keys: [], when: () => true, ...entry });
}

export function run(id, event) {
  const found = commands.find((entry) => entry.id === id && entry.when());
  if (!found) return false;
  found.run(event);
  return true;
}

const typing = (target) => target instanceof HTMLElement
  && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (run(button.dataset.do, event)) {
      event.preventDefault();
      button.closest("details.menu")?.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return run("palette");
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.key === "Escape") closeMenus();
    if (typing(event.target)) return;
    const found = commands.find((entry) => entry.keys.includes(event.key) && entry.when(event));
    if (!found) return;
    event.preventDefault();
    found.run(event);
  });
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
  command({ id: "palette", label: "Show all commands", keys: [], keyLabel: "Ctrl K", run: palette });
  command({ id: "help", label: "Keyboard help", keys: ["?"], run: keyHelp });
}

function closeMenus() {
  for (const menu of $$("details.menu[open]")) {
    menu.removeAttribute("open");
    $("summary", menu).focus();
  }
}

/** Shows a dialog that is made for the occasion and goes when it is closed. */
export function dialog(className, label, ...children) {
  const element = make("dialog", { class: className, "aria-label": label }, ...children);
  const before = document.activeElement;
  element.addEventListener("close", () => { element.remove(); if (before?.isConnected) before.focus(); });
  element.addEventListener("click", (event) => { if (event.target === element) element.close(); });
  document.body.append(element);
  element.showModal();
  return element;
}

const names = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space" };
const keyName = (key) => names[key] ?? key;

function keyHelp() {
  const list = make("dl", { class: "keys" });
  for (const entry of commands) {
    const keys = entry.keyLabel ? [entry.keyLabel] : entry.keys.map(keyName);
    if (keys.length === 0) continue;
    list.append(make("div", {}, make("dt", {}, ...keys.map((key) => make("kbd", {}, key))), make("dd", {}, entry.label)));
  }
  const close = make("button", { class: "btn", type: "button" }, "Close");
  const element = dialog("", "Keyboard",
    make("div", { class: "dialog-head" }, make("h2", {}, "Keyboard"), make("span", { class: "grow" }),
      make("a", { class: "small", href: "/help" }, "All help")),
    make("div", { class: "dialog-body" }, list, make("div", { class: "dialog-foot" }, close)));
  close.addEventListener("click", () => element.close());
  close.focus();
}

function palette() {
  const input = make("input", {
    class: "palette-input", type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list",
    "aria-label": "Command", "aria-autocomplete": "list", placeholder: "What do you want to do?", autocomplete: "off", spellcheck: "false",
  });
  const list = make("div", { class: "palette-list", id: "palette-list", role: "listbox", "aria-label": "Commands" });
  const element = dialog("palette", "Commands", input, list);
  let shown = [];
  let at = 0;
  const pick = (entry) => { element.close(); entry.run(); };
  const mark = () => {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    const current = list.children[at];
    if (current?.id) input.setAttribute("aria-activedescendant", current.id); else input.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  };
  const fill = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = commands.filter((entry) => entry.id !== "palette" && entry.when() && words.every((word) => entry.label.toLowerCase().includes(word)));
    at = 0;
    list.replaceChildren(...shown.map((entry, index) => {
      const keys = (entry.keyLabel ? [entry.keyLabel] : entry.keys.slice(0, 1)).map((key) => make("kbd", {}, keyName(key)));
      const item = make("div", { role: "option", id: `command-${index}` }, make("span", { class: "grow" }, entry.label), ...keys);
      item.addEventListener("click", () => pick(entry));
      return item;
    }));
    if (shown.length === 0) { list.append(make("div", { class: "none", role: "option", "aria-disabled": "true" }, "No such command")); announce("No such command"); }
    mark();
  };
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") at = Math.min(at + 1, shown.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") { event.preventDefault(); if (shown[at]) pick(shown[at]); return; }
    else return;
    event.preventDefault();
    mark();
  });
  fill();
  input.focus();
}

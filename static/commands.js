// The commands of a page. Their labels and keys come from the server, which shows the same in Help; the scripts say
// what each one does. A key, an entry of the palette and a button (`data-do`) run the same thing.

import { $, $$, edited } from "./dom.js";

const groups = JSON.parse($('meta[name="commands"]').content);
const known = new Map(groups.flatMap((group) => group.commands).map((entry) => [entry.id, entry]));
const commands = [];

/** Says what the command `id` does, and when it makes sense. */
export function command(id, act, when = () => true) {
  if (!known.has(id)) throw new Error(`The server knows no command '${id}'.`);
  const { label, keys } = known.get(id);
  // Each key comes as the name that events have and the sign that people read.
  commands.push({ id, label, keys: keys.map(([name]) => name), signs: keys.map(([, sign]) => sign), run: act, when });
}

/** For commands that leave the page: a key does not throw away what was typed. */
export const unlessEdited = (event) => event?.type !== "keydown" || !edited();

/** The ids of all known commands that start with `prefix`. */
export const idsOf = (prefix) => [...known.keys()].filter((id) => id.startsWith(prefix));

/** Every command of this page. */
export const all = () => commands;

function run(id, event) {
  const found = commands.find((entry) => entry.id === id && entry.when());
  found?.run(event);
  return !!found;
}

const typing = (target) => target instanceof HTMLElement
  && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** From now on, buttons and keys run commands. */
export function listen() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}

function onClick(event) {
  const button = event.target.closest("[data-do]");
  if (button && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && run(button.dataset.do, event)) {
    event.preventDefault();
    button.closest("details.menu")?.removeAttribute("open");
  }
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
}

/**
 * Whether a key is not for commands. A held Escape leaves a field, and no page; within a composition it belongs to the
 * input method.
 */
const isElses = (event) => event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")
  || (event.key === "Escape" && (event.repeat || event.isComposing));

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    run("palette");
    return;
  }
  if (isElses(event)) return;
  if (event.key === "Escape") closeMenus();
  if (typing(event.target)) {
    // Whoever leaves a field has the page's keys again.
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const found = commands.find((entry) => entry.keys.includes(event.key) && entry.when(event));
  if (!found) return;
  event.preventDefault();
  found.run(event);
}

function closeMenus() {
  for (const menu of $$("details.menu[open]")) {
    menu.removeAttribute("open");
    $("summary", menu).focus();
  }
}

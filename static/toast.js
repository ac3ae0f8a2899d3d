// Messages at the lower edge. What can be undone is done only when its message goes, so that nothing is lost when the
// tab closes before.

import { $, $$, announce, make } from "./dom.js";

const SHOWN_MS = 5000;
const UNDO_MS = 7000;
const waiting = new Set();

/** Says `text`. An `action` is offered beside it: `{label, run}`. */
export function toast(text, { bad = false, action = null } = {}) {
  const dismiss = closing(() => element.remove());
  const offered = action ? [offer(action, () => element.remove())] : [];
  const element = make("div", { class: bad ? "toast bad" : "toast" }, make("p", {}, text), ...offered, dismiss);
  // The same again takes the place of the one before.
  for (const same of $$("#toasts .toast:not(.bad)")) if ($("p", same).textContent === text) same.remove();
  $("#toasts").append(element);
  announce(text);
  setTimeout(() => element.remove(), bad || action ? SHOWN_MS * 2 : SHOWN_MS);
  while ($("#toasts").children.length > 4) $("#toasts").firstElementChild.remove();
}

function offer({ label, run }, done) {
  const button = make("button", { class: "btn small", type: "button", "data-action": true }, label);
  button.addEventListener("click", () => { done(); run(); });
  return button;
}

const LATER = "creel:said";

/** Says `text` on the page that is opened next. */
export function later(text) {
  // Where the browser keeps nothing, it is not said.
  try { sessionStorage.setItem(LATER, text); } catch { /* As above. */ }
}

/** Says what the page before left to say. */
export function sayNow() {
  try {
    const text = sessionStorage.getItem(LATER);
    sessionStorage.removeItem(LATER);
    if (text) toast(text);
  } catch { /* As above. */ }
}

/** Does what may fail; the reason is shown. Says whether it worked. */
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (error) {
    toast(error.message, { bad: true });
    return false;
  }
}

/** Says `text` with an Undo button; runs `act` when the time is up, or `undo` when the button is used. */
export function undoable(text, act, undo) {
  const button = make("button", { class: "btn small", type: "button", "data-undo": true }, "Undo");
  const element = make("div", { class: "toast" }, make("p", {}, text), button, closing(() => finish(true)));
  const entry = { finish };
  let timer = setTimeout(() => finish(true), UNDO_MS);
  function finish(go) {
    if (!waiting.delete(entry)) return;
    clearTimeout(timer);
    element.remove();
    if (go) act(); else undo();
  }
  // While the mouse is over the message, it stays.
  element.addEventListener("mouseenter", () => clearTimeout(timer));
  element.addEventListener("mouseleave", () => { timer = setTimeout(() => finish(true), UNDO_MS); });
  button.addEventListener("click", () => finish(false));
  waiting.add(entry);
  $("#toasts").append(element);
  announce(`${text} Press z to undo.`);
}

/** Takes back the newest thing that can be taken back. */
export function undoNewest() {
  [...waiting].at(-1)?.finish(false);
}

function closing(run) {
  const button = make("button", { class: "btn small quiet", type: "button", "aria-label": "Dismiss" }, "✕");
  button.addEventListener("click", run);
  return button;
}

// Dialogs: made when they are needed, gone when they are closed.

import { make } from "./dom.js";

/** Shows a dialog. When it closes, the focus goes back to where it was. */
export function dialog(className, label, ...children) {
  const element = make("dialog", { class: className, "aria-label": label }, ...children);
  const before = document.activeElement;
  element.addEventListener("close", () => { element.remove(); if (before?.isConnected) before.focus(); });
  element.addEventListener("click", (event) => { if (event.target === element) element.close(); });
  document.body.append(element);
  element.showModal();
  return element;
}

/**
 * Shows a form in a dialog: a heading, `parts`, a button that closes it, and the button that `submit` names.
 * `onSubmit(element)` decides when the dialog closes.
 */
export function formDialog({ label, title = label, parts, cancel = "Cancel", submit, danger = false }, onSubmit) {
  const back = make("button", { class: "btn", type: "button" }, cancel);
  const go = make("button", { class: danger ? "btn danger" : "btn primary" }, submit);
  const foot = make("div", { class: "dialog-foot" }, back, go);
  const form = make("form", { class: "dialog-body" }, make("h2", {}, title), ...parts, foot);
  const element = dialog("", label, form);
  back.addEventListener("click", () => element.close());
  form.addEventListener("submit", (event) => { event.preventDefault(); onSubmit(element); });
  return { element, back };
}

/** A control with its label, and with a hint below it. */
export function field(label, control, ...hint) {
  return make("div", { class: "field" }, make("label", { for: control.id }, label), control, ...hint);
}

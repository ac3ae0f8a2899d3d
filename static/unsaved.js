// What of a form is not saved yet: said in the bar below it, and before the page is left.

import { $, $$ } from "./dom.js";

const value = (control) => (control.type === "checkbox" ? control.checked : control.value);

export class Unsaved {
  /** `warn` may add what should be known before the changed controls are saved. */
  constructor(form, warn = () => "") {
    this.form = form;
    this.warn = warn;
    this.controls = [...form.elements].filter((control) => control.name);
    this.saved();
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.look());
    addEventListener("beforeunload", (event) => { if (this.names.length > 0) event.preventDefault(); });
    for (const button of $$("[data-enable]", form)) button.disabled = false;
  }

  /** Whether the control of that name is changed. */
  has(name) { return this.names.includes(name); }

  /** Takes what is in the form for saved. */
  saved() {
    this.stored = new Map(this.controls.map((control) => [control, value(control)]));
    this.look();
  }

  /** The page is left on purpose. */
  forget() { this.names = []; }

  look() {
    const changed = this.controls.filter((control) => value(control) !== this.stored.get(control));
    this.names = changed.map((control) => control.name);
    const labels = changed.map((control) => control.labels?.[0] ?? $(`label[for="${control.id}-search"]`));
    const words = labels.map((label) => label?.textContent.trim().toLowerCase()).filter(Boolean);
    const unsaved = () => `Not saved: ${[...new Set(words)].join(", ")}.${this.warn(this.names)}`;
    const said = words.length > 0 ? unsaved() : "Everything is saved.";
    const place = $("#unsaved");
    if (place.textContent !== said) place.textContent = said;
    $(".savebar").classList.toggle("dirty", changed.length > 0);
    for (const button of $$("[data-save], [data-discard]")) button.disabled = changed.length === 0;
  }

  /** While it is being saved, nothing is sent twice. */
  busy(now) {
    this.form.toggleAttribute("aria-busy", now);
    if (now) for (const button of $$("[data-save], [data-discard], [data-enable]")) button.disabled = true;
    else {
      for (const button of $$("[data-enable]")) button.disabled = false;
      this.look();
    }
  }
}

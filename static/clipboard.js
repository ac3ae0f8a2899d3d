// Copying. The clipboard API is only there on loopback and https; elsewhere an older way is used.

import { make } from "./dom.js";
import { part } from "./api.js";
import { attempt, toast } from "./toast.js";

/** Copies a text; says `what` when it is done, or why it was not. */
export async function copy(text, what = "Copied", options = {}) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return toast("The browser did not allow copying.", { bad: true });
  }
  toast(what, options);
}

/**
 * Buttons with `data-copy` (the text) or `data-copy-url` (where the whole text is: what the page shows of it may be its
 * beginning, with marks for what cannot be seen).
 */
export function copyButtons() {
  document.addEventListener("click", (event) => {
    const { copy: text, copyUrl: url } = event.target.closest("[data-copy], [data-copy-url]")?.dataset ?? {};
    if (url !== undefined) attempt(() => copyFrom(url));
    else if (text !== undefined) copy(text, `Copied: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
  });
}

async function copyFrom(url) {
  const text = await part(url);
  const length = text.length.toLocaleString("en");
  await copy(text, `Copied, ${length} ${text.length === 1 ? "character" : "characters"}`);
}

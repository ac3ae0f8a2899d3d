// Copying. The clipboard API is only there on loopback and https; elsewhere an older way is used.

import { $, make } from "./dom.js";
import { toast } from "./toast.js";

export async function copy(text, what = "Copied") {
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
  toast(what);
}

/** Buttons with `data-copy` (the text) or `data-copy-from` (an element's id). */
export function copyButtons() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const text = button.dataset.copy ?? textOf(button.dataset.copyFrom);
    copy(text, button.dataset.copy ? `Copied: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}` : "Copied");
  });
}

function textOf(id) {
  const element = $(`#${CSS.escape(id)}`);
  if (element?.tagName !== "TABLE") return element?.textContent ?? "";
  const lines = [...element.rows].map((row) => [...row.cells].map((cell) => cell.textContent).join(": "));
  const first = id === "request-head" ? [$("#request-line")?.textContent ?? ""] : [];
  return [...first, ...lines].join("\n");
}

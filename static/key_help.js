// The keys of this page in a dialog.

import { make } from "./dom.js";
import { all } from "./commands.js";
import { dialog } from "./dialog.js";

export function keyHelp() {
  const list = make("dl", { class: "keys" });
  for (const { label, signs } of all()) {
    if (signs.length === 0) continue;
    const keys = make("dt", {}, ...signs.map((sign) => make("kbd", {}, sign)));
    list.append(make("div", {}, keys, make("dd", {}, label)));
  }
  const close = make("button", { class: "btn", type: "button" }, "Close");
  const element = dialog("", "Keyboard",
    make("div", { class: "dialog-head" }, make("h2", {}, "Keyboard"), make("span", { class: "grow" }),
      make("a", { class: "small", href: "/help" }, "All help")),
    make("div", { class: "dialog-body" }, list, make("div", { class: "dialog-foot" }, close)));
  close.addEventListener("click", () => element.close());
  close.focus();
}

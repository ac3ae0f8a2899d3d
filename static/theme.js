// Dark and light: as the system says until a theme is chosen. A cookie remembers the choice, so that the server writes
// the right page at once.

import { command } from "./commands.js";

const YEAR_S = 31536000;
const root = document.documentElement;

export function theme() {
  command("theme", () => set(dark() ? "light" : "dark"));
  command("theme-system", () => set(""));
}

function dark() {
  if (root.dataset.theme) return root.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function set(name) {
  if (name) root.dataset.theme = name; else delete root.dataset.theme;
  document.cookie = `creel_theme=${name}; path=/; max-age=${name ? YEAR_S : 0}; samesite=strict`;
}

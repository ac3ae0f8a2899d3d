// Dark and light: the system's wish until somebody switches. A cookie remembers it, so that the server writes the right page at once.

import { command } from "./commands.js";

export function theme() {
  command({ id: "theme", label: "Switch between dark and light", keys: ["t"], run: () => set(dark() ? "light" : "dark") });
  command({ id: "theme-system", label: "Dark or light as the system says", run: () => set("") });
}

const root = document.documentElement;
const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);

function set(name) {
  if (name) root.dataset.theme = name; else delete root.dataset.theme;
  document.cookie = `creel_theme=${name}; path=/; max-age=${name ? 31536000 : 0}; samesite=strict`;
}

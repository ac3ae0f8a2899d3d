// The entry: what every page does, then the page's own.

import { localTimes, showScripted } from "./dom.js";
import { command, start } from "./commands.js";
import { copyButtons } from "./clipboard.js";
import { home } from "./home.js";
import { inspector } from "./inspector.js";
import { settings } from "./settings.js";
import { theme } from "./theme.js";

document.documentElement.classList.add("scripted");
showScripted();
localTimes(document.body);
copyButtons();
const pages = { home, inspector, settings };
const page = document.body.dataset.page;
pages[page]?.();
if (!pages[page]) command({ id: "home", label: "All bins", keys: ["b"], run: () => { location.href = "/"; } });
theme();
start();

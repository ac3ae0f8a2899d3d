// The entry: what every page does, then the page's own.

import { keepAgo, keepLeft, localTimes } from "./dom.js";
import { report as check } from "./check.js";
import { checklist } from "./checklist.js";
import { command, listen } from "./commands.js";
import { copyButtons } from "./clipboard.js";
import { home } from "./home.js";
import { inspector } from "./inspector.js";
import { keyHelp } from "./key_help.js";
import { palette } from "./palette.js";
import { send } from "./send.js";
import { session } from "./session.js";
import { sessions } from "./sessions.js";
import { settings } from "./settings.js";
import { shapes } from "./shapes.js";
import { theme } from "./theme.js";
import { sayNow } from "./toast.js";

document.documentElement.classList.add("scripted");
localTimes(document.body);
keepAgo();
keepLeft();
copyButtons();
const pages = {
  check, checklist, home, inspector, send, session, sessions, settings, shapes, timeline: () => sessions(1_500),
};
const page = pages[document.body.dataset.page];
if (page) page(); else command("home", () => { location.href = "/"; });
theme();
command("palette", palette);
command("help", keyHelp);
listen();
sayNow();

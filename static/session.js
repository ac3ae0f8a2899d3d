// A session: sent again to an endpoint, event by event, in its order.

import { $, make } from "./dom.js";
import { api } from "./api.js";
import { field, formDialog } from "./dialog.js";
import { sessions } from "./sessions.js";

/** The longest pause between two events, as in every replay. */
const MAX_PAUSE_MS = 60_000;

export function session() {
  sessions();
  const button = $("[data-replay-session]");
  button.addEventListener("click", () => ask(button));
}

/** Asks where to, at which pace, and whether to sign. */
function ask(button) {
  const { replaySession: path, target, signs } = button.dataset;
  const to = make("input", {
    class: "input mono", id: "replay-target", required: "", inputmode: "url", spellcheck: "false", value: target,
    placeholder: "http://localhost:3000/webhook",
  });
  const pace = make("select", { class: "input", id: "replay-pace" },
    make("option", { value: "" }, "without pauses"),
    make("option", { value: "recorded" }, "as it came, a minute at most"));
  const sign = make("input", { type: "checkbox" });
  const parts = [
    make("p", {}, "Every event that counts is sent again, in the order in which it came."),
    field("To", to), field("Pace", pace),
  ];
  if (signs !== undefined) parts.push(make("label", { class: "check" }, sign, make("span", {}, "Sign each again")));
  formDialog({ label: "Replay the session", parts, submit: "Replay" }, (element) => {
    const wish = { target: to.value.trim(), recorded: pace.value !== "", resign: sign.checked };
    element.close();
    replay(button, path, wish);
  });
  to.focus();
}

async function replay(button, path, { target, recorded, resign }) {
  const place = $("#replayed");
  const say = (text) => { $("[role=status]", place).textContent = text; };
  const stop = make("button", { class: "btn small", type: "button" }, "Stop");
  let stopped = false;
  stop.addEventListener("click", () => { stopped = true; });
  place.append(stop);
  place.hidden = false;
  button.disabled = true;
  const base = `/api/v1/bins/${document.body.dataset.bin}/requests`;
  let [sent, accepted] = [0, 0];
  try {
    const counted = (await api("GET", path)).events.filter((event) => !event.left_out);
    let before = null;
    for (const { request, at } of counted) {
      const came = Date.parse(at);
      if (recorded && before !== null) await pause(Math.min(came - before, MAX_PAUSE_MS), () => stopped);
      before = came;
      if (stopped) break;
      say(`${sent} of ${counted.length} sent again…`);
      const input = resign ? { target, resign: {} } : { target };
      const { attempts } = await api("POST", `${base}/${request}/replay`, input);
      const status = attempts[0]?.response?.status ?? 0;
      sent += 1;
      if (status >= 200 && status < 300) accepted += 1;
    }
    say(`${sent} sent again to ${target}: ${accepted} answered 2xx, ${sent - accepted} not.`);
  } catch (error) {
    say(`${sent} sent again; then: ${error.message}`);
  }
  stop.remove();
  button.disabled = false;
}

/** Waits, but not for longer than somebody wants to. */
async function pause(milliseconds, isOver) {
  const until = Date.now() + milliseconds;
  while (Date.now() < until && !isOver()) {
    await new Promise((done) => { setTimeout(done, Math.min(200, until - Date.now())); });
  }
}

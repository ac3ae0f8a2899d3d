// Simulating a platform: one form, what would be sent, and the outcome.

import { $, busy, make } from "./dom.js";
import { api } from "./api.js";
import { check } from "./check.js";
import { command, unlessEdited } from "./commands.js";
import { compose } from "./compose.js";
import { showSent } from "./sent.js";

/** A job is looked at this often. */
const LOOK_MS = 250;

export function send() {
  const { bin, base } = document.body.dataset;
  const path = `/api/v1/bins/${bin}`;
  const form = $("#send-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    simulate(form, path, false);
  });
  $("[data-preview]").addEventListener("click", () => simulate(form, path, true));
  compose(bin, base);
  check(bin);
  command("to-requests", () => { location.href = base; }, unlessEdited);
  command("settings", () => { location.href = `${base}/settings`; });
  command("home", () => { location.href = "/"; });
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** What the API is asked for. */
function wish({ elements }, dryRun) {
  const [provider, event] = elements.event.value.split(/ (.*)/);
  const faults = [...elements.fault].filter((box) => box.checked).map((box) => box.value);
  const input = {
    provider, event, faults, dry_run: dryRun,
    language: elements.language.value, mode: elements.mode.value, speed: Number(elements.speed.value),
    headers: lines(elements.headers.value).map(header), set: Object.fromEntries(lines(elements.set.value).map(pair)),
  };
  if (elements.target.value.trim()) input.target = elements.target.value.trim();
  if (elements.size.value) input.size = Number(elements.size.value);
  if (!elements.signed.checked) input.secret = false;
  return input;
}

function header(line) {
  const at = line.indexOf(":");
  return { name: line.slice(0, at < 0 ? undefined : at).trim(), value: at < 0 ? "" : line.slice(at + 1).trim() };
}

function pair(line) {
  const at = line.indexOf("=");
  const value = at < 0 ? "" : line.slice(at + 1);
  try { return [line.slice(0, at), JSON.parse(value)]; } catch { return [at < 0 ? line : line.slice(0, at), value]; }
}

async function simulate(form, path, dryRun) {
  const [problem, place] = [$("#send-error"), $("#sent")];
  problem.textContent = "";
  busy(form, true);
  try {
    const answer = await api("POST", `${path}/send`, wish(form, dryRun));
    showSent(place, answer);
    if (answer.job) await follow(answer.job, place);
  } catch (error) {
    problem.textContent = error.message;
    form.elements[error.field?.split(/[.[]/)[0]]?.focus?.();
  }
  busy(form, false);
}

/** A session at its own pace. */
async function follow(job, place) {
  const line = make("p", { role: "status" });
  const bar = make("progress", { max: String(job.total), value: "0", "aria-label": "Events that are sent" });
  const stop = make("button", { class: "btn small", type: "button" }, "Stop");
  stop.addEventListener("click", () => api("DELETE", `/api/v1/jobs/${job.id}`));
  place.append(line, bar, stop);
  for (let now = job; ; now = await api("GET", `/api/v1/jobs/${job.id}`)) {
    bar.value = now.done;
    const goesOn = now.state === "running";
    const pace = goesOn ? "; it continues at its own pace" : "";
    line.textContent = `${now.done} of ${now.total} events sent, ${now.delivered} delivered${pace}.`;
    if (!goesOn) break;
    await new Promise((done) => { setTimeout(done, LOOK_MS); });
  }
  stop.remove();
}

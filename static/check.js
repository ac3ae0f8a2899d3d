// The receiver check: asks for it, shows each case as it ends, and how to mend what is wrong.

import { $, $$, make } from "./dom.js";
import { api } from "./api.js";

/** The check is looked at this often. */
const LOOK_MS = 250;
const CHIPS = { passed: "chip ok", failed: "chip bad", note: "chip warn", skipped: "chip" };
const FRAMEWORK = "creel:framework";

export function check(bin) {
  const form = $("#check-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(form, bin);
  });
  const framework = $("#framework");
  try { framework.value = localStorage.getItem(FRAMEWORK) || framework.value; } catch { /* As it was. */ }
  framework.addEventListener("change", () => {
    try { localStorage.setItem(FRAMEWORK, framework.value); } catch { /* For this page only. */ }
    showFramework();
  });
}

async function begin(form, bin) {
  const { elements } = form;
  const problem = $("#check-error");
  const [submit, stop] = [$("[type=submit]", form), $("[data-stop]", form)];
  problem.textContent = "";
  submit.disabled = true;
  try {
    const [target, provider] = [elements.target.value.trim(), elements.provider.value];
    const input = { bin, target, provider, heavy: elements.heavy.checked };
    if (elements.secret.value) input.secret = { value: elements.secret.value };
    let report = await api("POST", "/api/v1/check", input);
    const path = `/api/v1/check/${report.id}`;
    stop.hidden = false;
    stop.onclick = () => api("DELETE", path);
    $("#report").hidden = false;
    $("#cases").replaceChildren();
    for (show(report); !report.finished; show(report)) {
      await new Promise((done) => { setTimeout(done, LOOK_MS); });
      report = await api("GET", path);
    }
  } catch (error) {
    problem.textContent = error.message;
    elements[error.field?.split(".")[0]]?.focus?.();
  }
  submit.disabled = false;
  stop.hidden = true;
}

function show(report) {
  const { total, cases, counts } = report;
  const progress = $("#report-progress");
  progress.max = total;
  progress.value = report.finished ? total : cases.length;
  const found = `${counts.passed} passed, ${counts.failed} failed, ${counts.notes} notes, ${counts.skipped} skipped`;
  const line = $("#report-line");
  if (report.error) line.textContent = `${report.error} ${found}.`;
  else line.textContent = report.finished ? `${found}.` : `${cases.length} of ${total}: ${found} so far.`;
  const list = $("#cases");
  for (const entry of cases.slice(list.children.length)) list.append(caseItem(entry));
  showFramework();
}

function caseItem(entry) {
  const summary = make("summary", {},
    make("span", { class: CHIPS[entry.state] }, entry.state),
    make("span", { class: "grow" }, entry.duty),
    make("span", { class: "muted num" }, `${Math.round(entry.took_us / 1000)} ms`));
  const requests = entry.requests.slice(0, 5).map((request) => make("li", {},
    `${request.about}: ${request.status ?? request.sentence} in ${Math.round(request.took_us / 1000)} ms`));
  const parts = [make("p", {}, entry.sentence)];
  const { sent, response } = entry.attempt ?? {};
  if (requests.length > 0) parts.push(make("ul", { class: "requests" }, ...requests));
  parts.push(make("blockquote", {}, `The document: “${entry.says}”`));
  if (entry.advice) parts.push(make("p", {}, entry.advice));
  for (const { framework, name, code } of entry.snippets) {
    const attributes = { class: "block mono", tabindex: "0", "data-framework": framework, "aria-label": name };
    parts.push(make("pre", attributes, code));
  }
  if (sent) parts.push(exchange("Sent", `${sent.head.trimEnd()}\n\n(${sent.body_size} bytes of body)`));
  if (response) parts.push(exchange("Received", `${response.head.trimEnd()}\n\n${response.body ?? ""}`));
  const open = entry.state === "failed";
  return make("li", {}, make("details", { open }, summary, make("div", { class: "case" }, ...parts)));
}

/** What was sent or received by the request that decided. */
function exchange(label, text) {
  const block = make("pre", { class: "block mono", tabindex: "0", "aria-label": label }, text.trimEnd());
  return make("details", {}, make("summary", {}, label), block);
}

function showFramework() {
  const chosen = $("#framework").value;
  for (const block of $$("[data-framework]")) block.hidden = block.dataset.framework !== chosen;
}

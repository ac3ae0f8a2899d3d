// The receiver check: asks for it, and shows on its page each case as it ends, and how to mend what is wrong.

import { $, $$, busy, parsed } from "./dom.js";
import { api, part } from "./api.js";
import { command, unlessEdited } from "./commands.js";

/** The check is looked at this often. */
const LOOK_MS = 250;
/** Looks in vain, one after the other, until the page says so. */
const MAX_FAILED = 20;
const FRAMEWORK = "creel:framework";

/** The form: what is to be checked. The check has a page of its own. */
export function check(bin) {
  const form = $("#check-form");
  const value = $("#check-secret-field");
  const chosen = () => { value.hidden = form.elements.sign.value !== "value"; };
  form.elements.sign.addEventListener("change", chosen);
  chosen();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(form, bin);
  });
}

/** What to sign with, as the API takes it. */
function secret({ sign, secret: text }) {
  if (sign.value === "value") return { value: text.value };
  return sign.value === "nothing" ? false : sign.value.replace(/^label:/, "");
}

async function begin(form, bin) {
  const { elements } = form;
  const problem = $("#check-error");
  problem.textContent = "";
  busy(form, true);
  try {
    const [target, provider] = [elements.target.value.trim(), elements.provider.value];
    const input = { bin, target, provider, secret: secret(elements), heavy: elements.heavy.checked };
    const { id } = await api("POST", "/api/v1/check", input);
    location.href = `/check/${id}`;
  } catch (error) {
    problem.textContent = error.message;
    elements[error.field?.split(".")[0]]?.focus?.();
  }
  busy(form, false);
}

/** The page of a check. */
export function report() {
  const { check: id, base } = document.body.dataset;
  const [framework, stop] = [$("#framework"), $("[data-stop]")];
  try {
    if (!new URL(location.href).searchParams.has("framework")) {
      framework.value = localStorage.getItem(FRAMEWORK) || framework.value;
    }
  } catch { /* As it was. */ }
  framework.addEventListener("change", () => {
    try { localStorage.setItem(FRAMEWORK, framework.value); } catch { /* For this page only. */ }
    showFramework();
  });
  showFramework();
  stop.addEventListener("click", () => api("DELETE", `/api/v1/check/${id}`));
  follow(id, stop);
  command("home", () => { location.href = "/"; });
  if (base) command("to-requests", () => { location.href = base; }, unlessEdited);
}

/** Cases that are over stay as they are, opened or not; new ones come to the end. */
async function follow(id, stop) {
  let failed = 0;
  while ($("#report-head").dataset.finished !== "true") {
    await new Promise((done) => { setTimeout(done, LOOK_MS); });
    let now;
    try {
      now = parsed(await part(`/check/${id}?part=true`));
      failed = 0;
    } catch (error) {
      failed += 1;
      if (failed < MAX_FAILED) continue;
      $("#report-line").textContent = error.message;
      break;
    }
    const [head, list] = [$("#report-head"), $("#cases")];
    const next = $("#report-head", now);
    head.dataset.finished = next.dataset.finished;
    $("#report-line").textContent = $("#report-line", now).textContent;
    $("#report-progress").value = $("#report-progress", now).value;
    const error = $(".error-text", next);
    if (error && !$(".error-text", head)) head.prepend(error);
    list.append(...[...$("#cases", now).children].slice(list.children.length));
    showFramework();
  }
  stop.hidden = true;
}

function showFramework() {
  const chosen = $("#framework").value;
  for (const block of $$("[data-framework]")) block.hidden = block.dataset.framework !== chosen;
  const markdown = $("[data-markdown]");
  markdown.href = markdown.href.replace(/framework=\w+/, `framework=${chosen}`);
}

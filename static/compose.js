// Composing a request: from nothing, or from one of the bin's.

import { $, busy, make } from "./dom.js";
import { api } from "./api.js";
import { headerFields, headersEdit } from "./fields.js";
import { showSent } from "./sent.js";

/** The control of a field of the API, where it is called otherwise. */
const CONTROLS = { "secret.value": "secret", remove: "headers", body_base64: "body" };

export function compose(bin, base) {
  const form = $("#compose-form");
  const { elements } = form;
  const secret = $("#compose-secret-field");
  const offer = () => { secret.hidden = elements.sign.value !== "value"; };
  elements.sign.addEventListener("change", offer);
  offer();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, { bin, base }, event.submitter?.value === "preview");
  });
}

/** What the API is asked for. */
function wish(form, dryRun) {
  const { elements } = form;
  const { from } = form.dataset;
  const text = (name) => elements[name].value.trim();
  const input = { method: text("method"), path: text("path"), query: text("query"), keep: true, dry_run: dryRun };
  if (from) {
    const edit = headersEdit(elements.headers);
    Object.assign(input, { request: from, headers: edit?.set, remove: edit?.remove });
  } else input.headers = headerFields(elements.headers.value);
  const { body } = elements;
  if (body && (!from || body.value !== body.defaultValue)) input.body = body.value;
  if (text("target")) input.target = text("target");
  if (text("scheme")) input.scheme = text("scheme");
  const sign = elements.sign.value;
  if (sign === "nothing") input.secret = false;
  else input.secret = sign === "value" ? { value: elements.secret.value } : sign.slice("label:".length);
  return input;
}

async function send(form, { bin, base }, dryRun) {
  const [problem, place] = [$("#compose-error"), $("#composed")];
  problem.textContent = "";
  busy(form, true);
  try {
    const answer = await api("POST", `/api/v1/bins/${bin}/send`, wish(form, dryRun));
    showSent(place, answer);
    if (answer.request) {
      const href = `${base}/requests/${answer.request}?tab=deliver`;
      place.append(make("p", {}, make("a", { href }, "The request, with its attempts")));
    }
  } catch (error) {
    problem.textContent = error.message;
    const name = CONTROLS[error.field] ?? error.field?.split(/[.[]/)[0];
    form.elements[name]?.focus?.();
  }
  busy(form, false);
}

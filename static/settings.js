// Settings: every card is saved by itself, through the API.

import { $, $$, announce, make } from "./dom.js";
import { api } from "./api.js";
import { command, dialog } from "./commands.js";
import { importFile } from "./import.js";
import { Live } from "./live.js";
import { toast } from "./toast.js";

export function settings() {
  const { bin, base, headSeq } = document.body.dataset;
  const path = `/api/v1/bins/${bin}`;
  const answer = JSON.parse(document.body.dataset.response || "{}");
  fillAnswer(answer);
  ownScheme();

  const saves = {
    async general(form) {
      const saved = await api("PATCH", path, {
        name: text(form.name) || null, provider: form.provider.value || null, public_url: text(form.public_url) || null,
      });
      const now = `/bins/${saved.name ?? saved.id}`;
      if (now !== base) location.href = `${now}/settings`;
    },
    async secret(form) {
      const body = { value: form.value.value };
      if (text(form.label)) body.label = text(form.label);
      const secret = await api("POST", `${path}/secrets`, body);
      form.reset();
      const list = $("#secret-list");
      if (!$("[data-secret]", list)) list.replaceChildren();
      const remove = make("button", { class: "btn small danger", type: "button", "data-remove-secret": secret.id, "aria-label": `Remove the secret ${secret.label}` }, "Remove");
      list.append(make("li", { "data-secret": secret.id }, make("span", { class: "grow" }, make("strong", {}, secret.label), " ",
        make("code", { class: "muted" }, secret.public_key ?? secret.hint), " ", make("span", { class: "muted" }, `${secret.length} characters`)), remove));
    },
    async signature(form) {
      const custom = form.scheme.value === "custom";
      let record = null;
      if (custom) {
        try { record = JSON.parse($("#own-record").value); } catch { throw new Error("The record is not JSON."); }
      }
      await api("PATCH", path, {
        scheme: custom ? null : form.scheme.value || null, custom_scheme: record, signature_mode: form.enforce.checked ? "enforce" : "report",
      });
    },
    async answer(form) { await api("PUT", `${path}/response`, readAnswer(form, answer)); },
    async limits(form) {
      const number = (field) => (field.value === "" ? null : Number(field.value));
      await api("PATCH", path, { limits: { max_requests: number(form.max_requests), max_age_s: number(form.max_age_s), max_body_bytes: number(form.max_body_bytes) } });
    },
  };
  for (const form of $$("form[data-save]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = $("button.primary", form);
      const problem = $(".error-text", form);
      button.disabled = true;
      problem.textContent = "";
      try {
        await saves[form.dataset.save](form);
        toast("Saved.");
      } catch (error) {
        problem.textContent = error.message;
      }
      button.disabled = false;
    });
  }
  document.addEventListener("click", async (event) => {
    const id = event.target.closest("[data-remove-secret]")?.dataset.removeSecret;
    if (!id) return;
    try {
      await api("DELETE", `${path}/secrets/${id}`);
      $(`[data-secret="${CSS.escape(id)}"]`).remove();
      if (!$("[data-secret]")) $("#secret-list").append(make("li", { class: "muted" }, "No secret yet: signatures cannot be checked."));
      toast("The secret is removed.");
      $("#secret-label").focus();
    } catch (error) { toast(error.message, { bad: true }); }
  });
  $("[data-answer-reset]").addEventListener("click", async () => {
    try { await api("DELETE", `${path}/response`); location.reload(); } catch (error) { toast(error.message, { bad: true }); }
  });

  const progress = $("#progress");
  new Live(path, Number(headSeq), {
    onState() {},
    onChange(message) {
      if (message.type !== "progress") return;
      progress.hidden = message.finished;
      $("span", progress).textContent = `Verifying again: ${message.done} of ${message.total}`;
      Object.assign($("progress", progress), { max: Math.max(1, message.total), value: message.done });
      if (message.finished) { announce("Everything is verified again."); toast("Everything is verified again."); }
    },
  });

  command({ id: "import", label: "Import requests", run: () => importFile(path) });
  command({ id: "delete-bin", label: "Delete this bin", run: deleteBin });
  command({ id: "to-list", label: "Back to the requests", keys: ["Escape"], run: () => { location.href = base; } });
  command({ id: "home", label: "All bins", keys: ["b"], run: () => { location.href = "/"; } });

  function deleteBin() {
    const cancel = make("button", { class: "btn", type: "button" }, "Keep it");
    const sure = make("button", { class: "btn danger", type: "button" }, "Delete for good");
    const element = dialog("", "Delete this bin", make("div", { class: "dialog-body" }, make("h2", {}, "Delete this bin?"),
      make("p", {}, "Its requests and secrets go with it. This cannot be undone."), make("div", { class: "dialog-foot" }, cancel, sure)));
    cancel.addEventListener("click", () => element.close());
    sure.addEventListener("click", async () => {
      try { await api("DELETE", path); location.href = "/"; } catch (error) { element.close(); toast(error.message, { bad: true }); }
    });
    cancel.focus();
  }
}

const text = (field) => field.value.trim();

/** Whether the script is more than a list of statuses. */
const plainScript = (script) => script.every((entry) => typeof entry === "number" || (Object.keys(entry).length === 1 && "status" in entry));

function fillAnswer(answer) {
  const form = $('form[data-save="answer"]');
  form.status.value = answer.status ?? "";
  form.delay_ms.value = answer.delay_ms ?? "";
  form.headers.value = (answer.headers ?? []).map(({ name, value }) => `${name}: ${value}`).join("\n");
  form.body.value = answer.body ?? "";
  if (answer.body_base64) form.body.placeholder = "bytes, set by the API";
  const script = answer.script ?? [];
  if (plainScript(script)) form.script.value = script.map((entry) => entry.status ?? entry).join(", ");
  else form.script.disabled = true;
  form.script_cycles.checked = !!answer.script_cycles;
  form.fault.value = answer.fault?.kind ?? "";
  form.probability.value = answer.fault && answer.fault.probability !== 1 ? Math.round(answer.fault.probability * 100) : "";
  form.cors.checked = !!answer.cors;
  $("#answer-more").hidden = plainScript(script) && !answer.methods;
  form.addEventListener("input", () => preview(form));
  preview(form);
}

function readAnswer(form, old) {
  const answer = {};
  if (form.status.value) answer.status = Number(form.status.value);
  if (form.delay_ms.value) answer.delay_ms = Number(form.delay_ms.value);
  const headers = headerLines(form);
  if (headers.length > 0) answer.headers = headers;
  if (form.body.value) answer.body = form.body.value;
  else if (old.body_base64) answer.body_base64 = old.body_base64;
  if (form.script.disabled) answer.script = old.script;
  else if (text(form.script)) {
    answer.script = text(form.script).split(/[\s,]+/).filter(Boolean).map((status) => {
      if (!/^[2-5]\d\d$/.test(status)) throw new Error(`'${status}' is no status from 200 to 599.`);
      return { status: Number(status) };
    });
  }
  if (form.script_cycles.checked) answer.script_cycles = true;
  if (form.fault.value) {
    answer.fault = { kind: form.fault.value, probability: form.probability.value === "" ? 1 : Number(form.probability.value) / 100 };
    if (old.fault?.bytes && old.fault.kind === form.fault.value) answer.fault.bytes = old.fault.bytes;
  }
  if (form.cors.checked) answer.cors = true;
  if (old.methods) answer.methods = old.methods;
  if (old.no_sandbox) answer.no_sandbox = true;
  return answer;
}

function headerLines(form) {
  return form.headers.value.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`'${line}' is no header: write Name: value.`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
}

function preview(form) {
  const place = $("#preview");
  try {
    const script = text(form.script);
    const status = script ? script.split(/[\s,]+/)[0] : form.status.value || "200";
    const headers = headerLines(form);
    if (!headers.some(({ name }) => name.toLowerCase() === "content-type")) headers.unshift({ name: "Content-Type", value: "text/plain" });
    const lines = [`HTTP/1.1 ${status}`, ...headers.map(({ name, value }) => `${name}: ${value}`), "", form.body.value || "ok"];
    if (form.delay_ms.value > 0) lines.unshift(`(after ${form.delay_ms.value} ms)`);
    if (form.fault.value) lines.push("", `(fault: ${form.fault.selectedOptions[0].textContent}${form.probability.value ? `, in ${form.probability.value} %` : ""})`);
    place.textContent = lines.join("\n");
  } catch (error) {
    place.textContent = error.message;
  }
}

/** The four fields write a plain record, which can be edited further. */
function ownScheme() {
  const choice = $("#scheme");
  const box = $("#own-scheme");
  choice.addEventListener("change", () => { box.hidden = choice.value !== "custom"; });
  const fields = ["header", "prefix", "algorithm", "encoding"].map((name) => $(`#own-${name}`));
  const write = () => {
    const [header, prefix, algorithm, encoding] = fields.map((field) => field.value.trim());
    const record = {
      id: "custom", name: "Own scheme", signature: { from: `header:${(header || "X-Signature").toLowerCase()}`, items: [`${prefix}{signature}`] },
      algorithm, encoding, secret: "utf8", signed: "{body}",
    };
    $("#own-record").value = JSON.stringify(record, null, 2);
  };
  for (const field of fields) field.addEventListener("input", write);
  choice.addEventListener("change", () => { if (choice.value === "custom" && !$("#own-record").value) write(); });
}

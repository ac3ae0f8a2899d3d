// What senders get: the form for a bin's response, with a preview.

import { $ } from "./dom.js";
import { headerFields } from "./fields.js";

/** Whether a script is only a list of statuses, as the form can show it. */
const isPlain = (script) => script.every((entry) => typeof entry === "number"
  || (Object.keys(entry).length === 1 && "status" in entry));

const words = (field) => field.value.trim().split(/[\s,]+/).filter(Boolean);

export class ResponseForm {
  /** `stored` is the response as the API has it. What the form has no field for is kept. */
  constructor(form, stored) {
    this.stored = stored;
    this.form = form.elements;
    this.known = [...document.querySelectorAll("#body-hint code")].map((code) => code.textContent.slice(2, -2));
    this.fill();
    form.addEventListener("input", () => this.preview());
    this.preview();
  }

  /** Back to the default response. */
  reset() {
    this.stored = {};
    this.form.script.disabled = false;
    this.fill();
    this.preview();
  }

  /** The JSON that a platform's own receiver answers with. */
  usual(body) {
    this.form.status.value = "200";
    this.form.headers.value = "Content-Type: application/json";
    this.form.body.value = body;
    this.preview();
  }

  fill() {
    const { form, stored } = this;
    const script = stored.script ?? [];
    form.status.value = stored.status ?? "";
    form.delay_ms.value = stored.delay_ms ?? "";
    form.headers.value = (stored.headers ?? []).map(({ name, value }) => `${name}: ${value}`).join("\n");
    form.body.value = stored.body ?? "";
    form.body.placeholder = stored.body_base64 ? "bytes, set by the API" : "ok";
    if (isPlain(script)) form.script.value = script.map((entry) => entry.status ?? entry).join(", ");
    else form.script.disabled = true;
    form.script_cycles.checked = !!stored.script_cycles;
    this.fillFault(stored.fault);
    this.fillHold(stored.hold);
    form.cors.checked = !!stored.cors;
    $("#response-more").hidden = isPlain(script) && !stored.methods;
  }

  fillHold(hold) {
    this.form.hold_s.value = hold ? hold.timeout_ms / 1000 : "";
    this.form.otherwise_status.value = hold?.otherwise?.status ?? "";
  }

  fillFault(fault) {
    this.form.fault.value = fault?.kind ?? "";
    this.form.probability.value = fault && fault.probability !== 1 ? Math.round(fault.probability * 100) : "";
  }

  /** The response in the form of the API: only what is set. */
  read() {
    const { form, stored } = this;
    const headers = headerFields(this.form.headers.value);
    const response = {
      status: form.status.value ? Number(form.status.value) : undefined,
      delay_ms: form.delay_ms.value ? Number(form.delay_ms.value) : undefined,
      headers: headers.length > 0 ? headers : undefined,
      body: form.body.value || undefined,
      body_base64: form.body.value ? undefined : stored.body_base64,
      script: this.script(),
      script_cycles: form.script_cycles.checked || undefined,
      fault: this.fault(),
      cors: form.cors.checked || undefined,
      methods: stored.methods,
      no_sandbox: stored.no_sandbox || undefined,
      hold: this.hold(),
    };
    return response;
  }

  /** How long senders are held, with what the form has no field for as it is. */
  hold() {
    const { hold_s: seconds, otherwise_status: status } = this.form;
    if (seconds.value === "") return undefined;
    const otherwise = { ...this.stored.hold?.otherwise, status: status.value ? Number(status.value) : undefined };
    return { timeout_ms: Math.round(Number(seconds.value) * 1000), otherwise };
  }

  script() {
    if (this.form.script.disabled) return this.stored.script;
    const statuses = words(this.form.script);
    for (const status of statuses) {
      if (!/^[2-5]\d\d$/.test(status)) throw new Error(`'${status}' is no status from 200 to 599.`);
    }
    return statuses.length > 0 ? statuses.map((status) => ({ status: Number(status) })) : undefined;
  }

  fault() {
    const { fault: kind, probability } = this.form;
    if (!kind.value) return undefined;
    const stored = this.stored.fault;
    return {
      kind: kind.value,
      probability: probability.value === "" ? 1 : Number(probability.value) / 100,
      bytes: stored?.kind === kind.value && stored.bytes ? stored.bytes : undefined,
    };
  }

  preview() {
    try {
      $("#preview").textContent = this.lines().join("\n");
    } catch (error) {
      $("#preview").textContent = error.message;
    }
    const unknown = this.unknown();
    $("#unknown-placeholders").textContent = unknown.length > 0
      ? `${unknown.join(", ")}: no such placeholder; it is sent unchanged.` : "";
  }

  /** What looks like a placeholder of Creel's and is none. */
  unknown() {
    const written = `${this.form.body.value} ${this.form.headers.value}`.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g);
    const ours = [...written].map(([, name]) => name).filter((name) => /^(request|now)\b/i.test(name));
    const fits = (name) => this.known.some((known) => {
      const [, kind] = known.match(/^(request\.(?:json|header|query|form)\.)/) ?? [];
      return kind ? name.startsWith(kind) && name.length > kind.length : name === known;
    });
    return [...new Set(ours.filter((name) => !fits(name)))].map((name) => `{{${name}}}`);
  }

  /** The fields that the server adds to those of the form. */
  added(body) {
    const added = [{ name: "X-Content-Type-Options", value: "nosniff" }];
    if (!this.stored.no_sandbox) added.unshift({ name: "Content-Security-Policy", value: "sandbox" });
    if (this.form.cors.checked) {
      added.push({ name: "Access-Control-Allow-Origin", value: "(the sender's Origin)" });
      added.push({ name: "Vary", value: "Origin" });
    }
    const known = !body.includes("{{") && !(this.stored.body_base64 && !this.form.body.value);
    const length = known ? new TextEncoder().encode(body).length : "(of the body)";
    return [...added, { name: "Content-Length", value: length }, { name: "Date", value: "(now)" }];
  }

  /** The first response as a sender would see it. */
  lines() {
    const { form } = this;
    const headers = headerFields(this.form.headers.value);
    const body = form.body.value || "ok";
    if (!headers.some(({ name }) => name.toLowerCase() === "content-type")) {
      headers.push({ name: "Content-Type", value: "text/plain; charset=utf-8" });
    }
    headers.push(...this.added(body));
    const status = words(form.script)[0] ?? (form.status.value || "200");
    const lines = [`HTTP/1.1 ${status}`, ...headers.map(({ name, value }) => `${name}: ${value}`)];
    lines.push("", body);
    if (form.delay_ms.value > 0) lines.unshift(`(after ${form.delay_ms.value} ms)`);
    if (form.fault.value) {
      const often = form.probability.value ? `, in ${form.probability.value} %` : "";
      lines.push("", `(fault: ${form.fault.selectedOptions[0].textContent}${often})`);
    }
    return lines;
  }
}

// What senders get: the form for a bin's response, with a preview.

import { $ } from "./dom.js";

/** Whether a script is only a list of statuses, as the form can show it. */
const isPlain = (script) => script.every((entry) => typeof entry === "number"
  || (Object.keys(entry).length === 1 && "status" in entry));

const words = (field) => field.value.trim().split(/[\s,]+/).filter(Boolean);

export class ResponseForm {
  /** `stored` is the response as the API has it. What the form has no field for is kept. */
  constructor(stored) {
    this.stored = stored;
    this.form = $('form[data-save="response"]');
    this.fill();
    this.form.addEventListener("input", () => this.preview());
    this.preview();
  }

  fill() {
    const { form, stored } = this;
    const script = stored.script ?? [];
    form.status.value = stored.status ?? "";
    form.delay_ms.value = stored.delay_ms ?? "";
    form.headers.value = (stored.headers ?? []).map(({ name, value }) => `${name}: ${value}`).join("\n");
    form.body.value = stored.body ?? "";
    if (stored.body_base64) form.body.placeholder = "bytes, set by the API";
    if (isPlain(script)) form.script.value = script.map((entry) => entry.status ?? entry).join(", ");
    else form.script.disabled = true;
    form.script_cycles.checked = !!stored.script_cycles;
    this.fillFault(stored.fault);
    form.cors.checked = !!stored.cors;
    $("#response-more").hidden = isPlain(script) && !stored.methods;
  }

  fillFault(fault) {
    this.form.fault.value = fault?.kind ?? "";
    this.form.probability.value = fault && fault.probability !== 1 ? Math.round(fault.probability * 100) : "";
  }

  /** The response in the form of the API: only what is set. */
  read() {
    const { form, stored } = this;
    const headers = this.headers();
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
    };
    return response;
  }

  headers() {
    const lines = this.form.headers.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`'${line}' is no header: write Name: value.`);
      return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
    });
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
  }

  /** The first response as a sender would see it. */
  lines() {
    const { form } = this;
    const headers = this.headers();
    if (!headers.some(({ name }) => name.toLowerCase() === "content-type")) {
      headers.unshift({ name: "Content-Type", value: "text/plain" });
    }
    const status = words(form.script)[0] ?? (form.status.value || "200");
    const lines = [`HTTP/1.1 ${status}`, ...headers.map(({ name, value }) => `${name}: ${value}`)];
    lines.push("", form.body.value || "ok");
    if (form.delay_ms.value > 0) lines.unshift(`(after ${form.delay_ms.value} ms)`);
    if (form.fault.value) {
      const often = form.probability.value ? `, in ${form.probability.value} %` : "";
      lines.push("", `(fault: ${form.fault.selectedOptions[0].textContent}${often})`);
    }
    return lines;
  }
}

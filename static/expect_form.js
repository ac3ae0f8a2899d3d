// What is expected of the sender: events, header fields, and after how long a session is over.

import { $$ } from "./dom.js";
import { api } from "./api.js";

const DIGEST = /^sha256=([0-9a-f]{64})$/i;

/** The controls of this part, by the field of the API: other parts of the page have such fields as well. */
const CONTROLS = { events: "expected_events", headers: "expected_headers", silence_s: "session_silence_s" };

/** Whether something of it is unsaved. */
export function changesExpect(unsaved) {
  const own = Object.values(CONTROLS);
  return unsaved.names.some((name) => own.includes(name) || /^event_\d+$/.test(name));
}

export async function saveExpect(form, path) {
  const { elements } = form;
  const events = elements.expected_events
    ? lines(elements.expected_events.value)
    : $$("[data-expected-event]", form).filter((box) => box.checked).map((box) => box.value);
  try {
    await api("PUT", `${path}/expect`, {
      events: events.length > 0 ? events : null,
      headers: lines(elements.expected_headers.value).map(header),
      silence_s: elements.session_silence_s.value === "" ? null : Number(elements.session_silence_s.value),
    });
  } catch (error) {
    error.control = CONTROLS[error.field?.split(/[.[]/)[0]];
    throw error;
  }
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function header(line) {
  const [name, ...rest] = line.split(":");
  const value = rest.join(":").trim();
  if (rest.length === 0) return { name: name.trim() };
  const digest = DIGEST.exec(value);
  return digest ? { name: name.trim(), sha256: digest[1] } : { name: name.trim(), value };
}

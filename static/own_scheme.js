// A scheme of one's own: four fields write a plain record, which can be edited further.

import { $ } from "./dom.js";

export function ownScheme() {
  const choice = $("#scheme");
  const fields = ["header", "prefix", "algorithm", "encoding"].map((name) => $(`#own-${name}`));
  const write = () => { $("#own-record").value = JSON.stringify(record(fields), null, 2); };
  for (const field of fields) field.addEventListener("input", write);
  choice.addEventListener("change", () => {
    const own = choice.value === "custom";
    $("#own-scheme").hidden = !own;
    if (own && !$("#own-record").value) write();
  });
}

/** The record as it is written now. */
export function ownRecord() {
  try {
    return JSON.parse($("#own-record").value);
  } catch {
    throw new Error("The record is not JSON.");
  }
}

function record(fields) {
  const [header, prefix, algorithm, encoding] = fields.map((field) => field.value.trim());
  const from = `header:${(header || "X-Signature").toLowerCase()}`;
  return {
    id: "custom", name: "Own scheme", signature: { from, items: [`${prefix}{signature}`] },
    algorithm, encoding, secret: "utf8", signed: "{body}",
  };
}

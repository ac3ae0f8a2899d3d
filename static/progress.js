// How far verifying again has come.

import { $, announce } from "./dom.js";

/** Shows a `progress` message of the stream; says whether it is the last one. */
export function showProgress({ finished, done, total }) {
  const line = $("#progress");
  line.hidden = finished;
  $("span", line).textContent = `Verifying again: ${done} of ${total}`;
  Object.assign($("progress", line), { max: Math.max(1, total), value: done });
  if (finished) announce("Everything is verified again.");
  return finished;
}

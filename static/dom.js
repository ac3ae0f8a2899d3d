// Small helpers that every module uses. Text from the server is only ever set as text, or comes as HTML that the server
// escaped.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Makes an element: `make("p", {class: "hint"}, "text")`. Strings become text nodes. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Parses HTML that the server made (and escaped) into nodes. */
export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

const two = (number) => String(number).padStart(2, "0");

/** The time of day in the reader's zone. */
export function clock(date, withMillis = false) {
  const base = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMillis ? `${base}.${String(date.getMilliseconds()).padStart(3, "0")}` : base;
}

/** Writes times in the reader's zone; their place and width stay as they are. */
export function localTimes(root) {
  for (const element of $$("time[datetime]:not([data-local])", root)) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    element.dataset.local = "";
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    element.title = element.dateTime;
    if (element.classList.contains("ago")) continue;
    element.textContent = element.classList.contains("full") ? `${day} ${clock(date, true)}` : clock(date);
  }
}

/** Shows what works only with scripts. */
export function showScripted(root = document) {
  for (const element of $$(".needs-script[hidden]", root)) element.hidden = false;
}

let announceTimer = 0;
/** Says a sentence to screen readers. */
export function announce(text) {
  clearTimeout(announceTimer);
  const place = $("#announce");
  place.textContent = "";
  announceTimer = setTimeout(() => { place.textContent = text; }, 50);
}

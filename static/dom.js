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

const FRAME_MS = 250;

/** The next frame. A page out of sight draws none, and may not know yet that it is: it waits no longer than this. */
export const frame = () => new Promise((resolve) => {
  if (!document.hidden) requestAnimationFrame(resolve);
  setTimeout(resolve, document.hidden ? 0 : FRAME_MS);
});

const two = (number) => String(number).padStart(2, "0");

/** The time of day in the reader's zone. */
export function clock(date, withMillis = false) {
  const base = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMillis ? `${base}.${String(date.getMilliseconds()).padStart(3, "0")}` : base;
}

/** The reader's zone at that time: `UTC+2`. */
function zone(date) {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${two(rest)}` : ""}`;
}

const rowTime = (date) => {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(date, true)}`;
};
const fullTime = (date) => `${rowTime(date)} ${zone(date)}`;

/** The time of day; of another day, the day. */
function shortTime(date) {
  if (date.toDateString() === new Date().toDateString()) return clock(date);
  return `${date.getDate()} ${date.toLocaleString("en", { month: "short" })}`;
}

/** How long ago, in the words that the server uses. */
function ago(date) {
  const seconds = Math.max(0, Math.floor((Date.now() - date.getTime()) / 1000));
  const steps = [[86400, "days"], [3600, "h"], [60, "min"]];
  const [step, unit] = steps.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(seconds / step)} ${unit} ago`;
}

/** Writes times in the reader's zone; their place and width stay as they are. */
export function localTimes(root) {
  for (const element of $$("time[datetime]:not([data-local])", root)) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    element.dataset.local = "";
    const full = fullTime(date);
    element.title = `${full} (${ago(date)})`;
    if (element.classList.contains("ago")) element.title = full;
    else if (element.classList.contains("in-list")) element.textContent = rowTime(date);
    else element.textContent = element.classList.contains("full") ? full : shortTime(date);
  }
  for (const option of $$("option[data-time]", root)) {
    option.textContent = `${clock(new Date(option.dataset.time), true)} ${option.dataset.rest}`;
  }
  const place = $("#zone", root);
  if (place) {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const now = zone(new Date());
    place.textContent = now === timeZone ? `Times are ${now}.` : `Times are ${now} (${timeZone}).`;
  }
}

const AGO_EVERY_MS = 5000;

/** From now on, what says how long ago something was stays true. */
export function keepAgo() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of $$("time.ago")) {
      const text = ago(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }, AGO_EVERY_MS);
}

const LEFT_EVERY_MS = 500;
const LEFT = /(waits for your answer)(, \d+ s left)?/;

/** From now on, what says that a sender waits says how long it still does. */
export function keepLeft() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of $$("[data-left]")) {
      const seconds = Math.max(0, Math.ceil((Date.parse(element.dataset.left) - Date.now()) / 1000));
      const text = element.textContent.replace(LEFT, `$1, ${seconds} s left`);
      if (element.textContent !== text) element.textContent = text;
    }
  }, LEFT_EVERY_MS);
}

let announceTimer = 0;
/** Says a sentence to screen readers. */
export function announce(text) {
  clearTimeout(announceTimer);
  const place = $("#announce");
  place.textContent = "";
  announceTimer = setTimeout(() => { place.textContent = text; }, 50);
}

/** While something is being done, nothing is sent twice. */
export function busy(form, is) {
  for (const button of form.querySelectorAll("button")) button.disabled = is;
}

/** Whether a field of the page holds something else than the page came with. */
export const edited = () => $$("main :is(input, textarea)").some((field) => (
  field.type === "checkbox" || field.type === "radio"
    ? field.checked !== field.defaultChecked
    : field.value !== field.defaultValue));

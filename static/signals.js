// What is noticed while another tab is open: the unread count in title and icon and, when wanted, notifications and a
// sound.

import { $, $$ } from "./dom.js";
import { toast } from "./toast.js";

/** Notifications and sounds come at most this often. */
const QUIET_MS = 4000;
/** Characters of a notification's text. */
const BODY_CHARS = 200;

export class Signals {
  constructor(bin, label) {
    this.key = (what) => `creel:${bin}:${what}`;
    this.label = label;
    this.title = document.title;
    this.icon = $('link[rel="icon"]');
    this.icons = [this.icon.getAttribute("href"), this.icon.dataset.unread];
    this.quietUntil = 0;
    this.held = 0;
    this.show();
  }

  unread(count) {
    const title = count > 0 ? `(${count}) ${this.title}` : this.title;
    if (document.title !== title) document.title = title;
    const icon = this.icons[count > 0 ? 1 : 0];
    if (this.icon.getAttribute("href") !== icon) this.icon.setAttribute("href", icon);
  }

  on(what) {
    try { return localStorage.getItem(this.key(what)) === "on"; } catch { return false; }
  }

  set(what, on) {
    // Private windows may refuse; then it is off.
    try { localStorage.setItem(this.key(what), on ? "on" : "off"); } catch { /* As above. */ }
    this.show();
  }

  show() {
    for (const what of ["notify", "sound"]) {
      for (const button of $$(`[data-do="${what}"]`)) button.setAttribute("aria-pressed", String(this.on(what)));
    }
  }

  async toggleNotify() {
    if (this.on("notify")) {
      this.set("notify", false);
      return toast("Notifications are off.");
    }
    if (!("Notification" in window)) return toast("This browser has no notifications.", { bad: true });
    const granted = await Notification.requestPermission() === "granted";
    this.set("notify", granted);
    if (granted) toast("Notifications are on while this page is open.");
    else toast("The browser did not allow notifications.", { bad: true });
  }

  toggleSound() {
    this.set("sound", !this.on("sound"));
    toast(this.on("sound") ? "A sound is played for new requests." : "The sound is off.");
    if (this.on("sound")) this.beep();
  }

  arrived({ request }) {
    if (!this.on("notify") && !this.on("sound")) return;
    this.held += 1;
    if (performance.now() < this.quietUntil) return;
    this.quietUntil = performance.now() + QUIET_MS;
    if (this.on("sound")) this.beep();
    if (this.on("notify") && document.hidden && Notification.permission === "granted") this.notify(request);
    this.held = 0;
  }

  notify({ event, method, path }) {
    const what = event?.name ?? `${method} ${path}`;
    const body = this.held > 1 ? `${this.held} new requests; the last: ${what}` : what;
    const note = new Notification(this.label, { body: body.slice(0, BODY_CHARS), tag: this.key("note") });
    note.onclick = () => { window.focus(); note.close(); };
  }

  beep() {
    this.audio ??= new AudioContext();
    const tone = this.audio.createOscillator();
    const level = this.audio.createGain();
    tone.frequency.value = 660;
    level.gain.setValueAtTime(0.08, this.audio.currentTime);
    level.gain.exponentialRampToValueAtTime(0.0001, this.audio.currentTime + 0.25);
    tone.connect(level).connect(this.audio.destination);
    tone.start();
    tone.stop(this.audio.currentTime + 0.25);
  }
}

// The live stream: one WebSocket that says what changed after the page's cursor. It connects again when it breaks.

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

/**
 * Follows a bin's changes from `after` on.
 * `onChange(message)` gets each message in order, once; `onState` the state to show: `live`, `reconnecting`, `paused`.
 */
export class Live {
  constructor(api, after, { onChange, onState }) {
    this.api = api;
    this.cursor = after;
    this.onChange = onChange;
    this.onState = onState;
    this.retry = FIRST_RETRY_MS;
    this.paused = false;
    addEventListener("online", () => this.again(0));
    addEventListener("offline", () => this.socket?.close());
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => { if (event.persisted) this.again(0); });
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    if (this.paused || this.ended) return;
    this.onState("reconnecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.api}/stream?after=${this.cursor}`);
    this.socket = socket;
    socket.onopen = () => {
      this.retry = FIRST_RETRY_MS;
      this.onState("live");
      // Something may have changed before the connection was there: look again.
      this.onChange({ type: "connected" });
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => {
      if (this.socket !== socket || this.paused || this.ended) return;
      this.onState("reconnecting");
      this.again(this.retry);
      this.retry = Math.min(this.retry * 2, LAST_RETRY_MS);
    };
  }

  receive(text) {
    let message;
    try { message = JSON.parse(text); } catch { return; }
    if (typeof message.seq === "number") this.cursor = Math.max(this.cursor, message.seq);
    if (message.type === "lagged" && typeof message.to === "number") this.cursor = Math.max(this.cursor, message.to);
    if (message.type === "bin_deleted") this.ended = true;
    this.onChange(message);
  }

  again(delay) {
    clearTimeout(this.timer);
    if (this.socket?.readyState === WebSocket.OPEN && delay === 0 && navigator.onLine) return;
    this.timer = setTimeout(() => this.connect(), delay);
  }

  pause() {
    this.paused = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.onState("paused");
  }

  resume() {
    this.paused = false;
    this.connect();
  }
}

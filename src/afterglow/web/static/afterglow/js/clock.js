// The server's clock, shown by the second: data-elapsed-since, data-remaining-until, data-clock, data-at.
import { ago } from "./words.js";

let offset = 0;
const meta = document.querySelector("meta[name=server-now]");
if (meta && !("kept" in document.body.dataset)) {
  // The page was made before it arrived; the difference is at most the time of one response.
  offset = Date.parse(meta.content) - (performance.timeOrigin + responseEnd());
}

function responseEnd() {
  return performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + offset;

/** Take the server's clock from a message that has just arrived. */
export function setServerNow(iso) {
  const at = Date.parse(iso);
  if (Number.isFinite(at)) offset = at - Date.now();
}

/** Take the offset that was measured before: a kept page was made by the server some time ago. */
export function setOffset(milliseconds) {
  offset = milliseconds;
}

/** 18:30 below an hour, 1:02:07 above; a minus sign when the moment has passed. */
export function span(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.abs(Math.trunc(seconds));
  const pad = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return sign + (hours ? `${hours}:${pad(minutes)}` : `${minutes}`) + `:${pad(whole % 60)}`;
}

/** Write a text where it differs. Its node stays: a new one is laid out as if the line were new. */
export function put(element, text) {
  const only = element.firstChild;
  if (only?.nodeType === Node.TEXT_NODE && !only.nextSibling) {
    if (only.data !== text) only.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

// Making a formatter costs more than a whole tick, so each zone has one.
const clocks = new Map();
function clockOf(zone) {
  if (!clocks.has(zone)) {
    clocks.set(zone, new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone || undefined }));
  }
  return clocks.get(zone);
}

// A monitor speaks every second: what is younger than this is "now", and is not laid out twice a second.
const FRESH = 3;

/** Say how old what stands in an element is, and dim it when it is too old. */
export function age(element, now = serverNow()) {
  const seconds = (now - Date.parse(element.dataset.at)) / 1000;
  if (!Number.isFinite(seconds)) return;
  const words = element.querySelector("[data-age]");
  if (words) put(words, ago(seconds < FRESH ? 0 : seconds));
  const limit = Number(element.dataset.staleAfter ?? element.closest("[data-stale-after]")?.dataset.staleAfter);
  if (Number.isFinite(limit)) element.classList.toggle("stale", seconds > limit);
}

function tick() {
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-elapsed-since]")) {
    // data-elapsed-base: seconds already run before the last pause. Paused: no start, only the base.
    const since = Date.parse(element.dataset.elapsedSince);
    const base = Number(element.dataset.elapsedBase ?? 0);
    put(element, span(base + (Number.isFinite(since) ? (now - since) / 1000 : 0)));
  }
  for (const element of document.querySelectorAll("[data-remaining-until]")) {
    const left = (Date.parse(element.dataset.remainingUntil) - now) / 1000;
    if (!Number.isFinite(left)) continue;
    // The header counts seconds; what says the same elsewhere says minutes until the last two.
    put(element, "byMinute" in element.dataset && left >= 120 ? `${Math.ceil(left / 60)} min` : span(left));
    element.classList.toggle("is-overdue", left < 0);
  }
  for (const element of document.querySelectorAll("[data-clock]")) {
    put(element, clockOf(element.dataset.clock).format(now));
  }
  for (const element of document.querySelectorAll("[data-at]")) age(element, now);
}

tick();
setInterval(tick, 1000);
// A panel that has just come says its times at once, not at the next second.
document.addEventListener("htmx:afterSwap", tick);

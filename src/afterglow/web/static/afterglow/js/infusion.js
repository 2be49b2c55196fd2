// The infusion page: stream frames become readings, panels look again when something structural happens,
// and everything still works, every five seconds, when the stream is lost.
import "./elsewhere_fold.js";
import "./grid_more.js";
import "./held_keys.js";
import { serverNow, setServerNow } from "./clock.js";

const body = document.body;
const POLL = 5000;
const dialog = document.getElementById("infusion-dialog");
const inside = document.getElementById("infusion-dialog-body");

function tell(name, detail) {
  body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

const refresh = () => tell("infusion:refresh");

// ---- readings: live.js says one sign at a time. A hand's reading is in the grid at once; a device's cuff
// fills a cell of a column, and one look in a while is enough for it, however often the monitor repeats it.
body.addEventListener("live:reading", ({ detail }) => {
  heard("monitor", detail);
  if (detail.source === "hand") return lookSoon(0);
  if (detail.code && !detail.artefact) offer(detail.code, detail.text ?? (detail.systolic === undefined ? detail.value : `${detail.systolic}/${detail.diastolic}`));
  if (detail.sign === "pressure") lookSoon(LOOK_EVERY);
});

/** Show in the open column what the monitor says, as a shade behind the empty field; it enters nothing. */
function offer(code, value) {
  const field = document.querySelector(`[data-code="${CSS.escape(code)}"]`);
  if (field && !field.value && field.placeholder !== value) field.placeholder = value;
}

const LOOK_EVERY = 15_000;
let soon = 0;
let soonAt = Infinity;
let lookedAt = -Infinity;
/** Let the grid and the numbers look again in a moment, and not sooner than `apart` ms after the last time. */
function lookSoon(apart) {
  const at = Math.max(performance.now() + 400, lookedAt + apart);
  if (at >= soonAt) return;
  clearTimeout(soon);
  soonAt = at;
  soon = setTimeout(() => {
    soonAt = Infinity;
    lookedAt = performance.now();
    tell("infusion:readings");
  }, at - performance.now());
}

// ---- devices: when each was last heard
function heard(kind, reading) {
  if (kind === "monitor" && reading.source === "hand") return;
  const place = document.querySelector(`[data-device="${kind}"]`);
  if (!place || place.dataset.at === reading.at) return;
  place.hidden = false;
  place.dataset.at = reading.at;
  place.dataset.staleAfter = "30";
}
let pumpRate = null;
body.addEventListener("live:pump", ({ detail }) => {
  heard("pump", { at: detail.taken_at });
  if (pumpRate !== null && detail.rate_ml_per_h !== pumpRate) setTimeout(refresh, 400);
  pumpRate = detail.rate_ml_per_h;
});
// Signed out in another tab: the parts come again on the page's ticket, without who the patient is.
body.addEventListener("signin:ended", () => {
  if (body.dataset.signedOut) return;
  body.dataset.signedOut = "true";
  refresh();
});
// A page on which somebody types is not loaded anew (live.js): its panels and its graph are.
body.addEventListener("live:caught-up", () => {
  refresh();
  readTrend();
});

// ---- the stream is lost: read what is new, and let the panels look again
let poll = 0;
let since = new Date(serverNow()).toISOString();
async function readOnce() {
  try {
    const answer = await fetch(`${body.dataset.readingsUrl}?after=${encodeURIComponent(since)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { now, readings } = await answer.json();
    setServerNow(now);
    since = now;
    for (const reading of readings) tell("live:reading", reading);
    refresh();
  } catch {
    // No network: the connection line says so, and the next round tries again.
  }
}
body.addEventListener("connection:lost", () => {
  if (poll || !body.dataset.readingsUrl) return;
  since = new Date(serverNow() - 30_000).toISOString();
  poll = setInterval(readOnce, POLL);
  readOnce();
});
body.addEventListener("connection:connected", () => {
  if (!poll) return;
  clearInterval(poll);
  poll = 0;
  readOnce();
});

// ---- an address that asks opens in the dialog; without this script it is a page of its own
function ask(url) {
  htmx.ajax("GET", url, { target: "#infusion-dialog-body", swap: "innerHTML" });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask(link.href);
});
body.addEventListener("infusion:ask", ({ detail }) => ask(detail.url));

// ---- what is believed has changed: the graph takes its data anew
async function readTrend() {
  const host = document.querySelector("[data-trend-url]");
  if (!host?.trend) return;
  try {
    const answer = await fetch(host.dataset.trendUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    host.trend.load(await answer.json());
    host.trend.advance();
  } catch {
    // No network: the graph keeps what it has, and the connection line says why.
  }
}
for (const name of ["reading-marked-artefact", "artefact-mark-taken-back"]) body.addEventListener(`live:${name}`, readTrend);

// ---- events are numbered on the axis of the graph
/** A line that goes on past its edge fades there: what is cut says that there is more. */
function fadeStrip(strip) {
  const rest = strip.scrollWidth - strip.clientWidth - strip.scrollLeft;
  strip.style.setProperty("--before", strip.scrollLeft > 4 ? "32px" : "0px");
  strip.style.setProperty("--behind", rest > 4 ? "32px" : "0px");
}
document.addEventListener("scroll", ({ target }) => target.matches?.("[data-marks]") && fadeStrip(target), true);
function marks() {
  const strip = document.querySelector("[data-marks]");
  const trend = document.querySelector("[data-trend]")?.trend;
  if (!strip) return;
  strip.scrollLeft = strip.scrollWidth;
  fadeStrip(strip);
  if (!trend) return setTimeout(marks, 200);
  trend.data.events = JSON.parse(strip.dataset.marks);
  trend.advance();
}
marks();

// ---- a column that somebody is filling is never taken away
const grid = document.getElementById("panel-grid");
const isBeingFilled = () => grid && [...grid.querySelectorAll("input[data-entry], #entry-when")].some((field) => field.value || field === document.activeElement);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === grid && event.detail.requestConfig.verb === "get" && isBeingFilled()) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === grid && event.detail.requestConfig.verb === "get" && isBeingFilled()) event.detail.shouldSwap = false;
});
// What was charted leaves its fields, and so the grid may be drawn anew; what was typed meanwhile stays, under a key of
// its own, and an Enter that was pressed meanwhile is done then.
const entries = () => [...grid.querySelectorAll("input[data-entry], #entry-when")];
let sent = null; // field by name → what went to the server, while it is on its way
let sentAt = -Infinity;
const FORGET = 15_000; // longer than any answer is waited for: it never left, as when the form was drawn anew while the disk wrote
let isAskedAgain = false;
const saidIn = (said) => new Map(entries().map((field) => [field.name, String(said.get(field.name) ?? "")]));
// This tablet writes it down first (offline_acts.js): from the press on it is on its way.
document.addEventListener("infusion:taken", ({ target, detail }) => {
  if (target.id === "observation") [sent, sentAt] = [saidIn(detail.said), performance.now()];
});
document.addEventListener("infusion:left", ({ target, detail }) => {
  if (target.id === "observation") answered(detail.onDisk);
});
document.addEventListener("htmx:beforeRequest", ({ detail, defaultPrevented }) => {
  if (detail.elt.id !== "observation" || defaultPrevented) return;
  [sent, sentAt] = [saidIn(detail.requestConfig.formData), performance.now()];
  // Whatever becomes of it, and whether or not the form was drawn anew meanwhile.
  detail.xhr.addEventListener("loadend", () => answered(detail.xhr.status >= 200 && detail.xhr.status < 300));
});
document.addEventListener(
  "submit",
  (event) => {
    if (event.target.id !== "observation" || !sent) return;
    if (performance.now() - sentAt > FORGET) {
      [sent, isAskedAgain] = [null, false];
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    isAskedAgain = true;
  },
  true,
);
function answered(isCharted) {
  const [gone, again] = [sent, isAskedAgain];
  sent = null;
  isAskedAgain = false;
  if (!isCharted || !gone) return; // long forgotten: what is in the fields now is of another one
  for (const field of entries()) if (field.value === gone.get(field.name)) field.value = "";
  const form = document.getElementById("observation");
  form.elements.key.value = crypto.randomUUID?.() ?? uuid();
  grid.dispatchEvent(new CustomEvent("grid:emptied", { bubbles: true }));
  if (!entries().some((field) => field.value)) document.activeElement?.blur();
  else if (again) form.requestSubmit();
}

// ---- a slot that opens is drawn when it opens
let opening = 0;
function watchOpening() {
  clearTimeout(opening);
  const at = Date.parse(document.querySelector("[data-refresh-at]")?.dataset.refreshAt);
  if (Number.isFinite(at)) opening = setTimeout(refresh, Math.min(Math.max(at - serverNow(), 0) + 500, 600_000));
}
watchOpening();

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const drawn = detail.target === inside && detail.xhr.getResponseHeader("HX-Reswap") !== "none"; // else nothing was swapped: leave the focus where it is
  if (drawn && inside.childElementCount && !dialog.open) dialog.showModal();
  if (drawn) bringDraft();
  if (drawn) (inside.querySelector("[aria-invalid=true]") ?? inside.querySelector(".dialog-body input:not([type=hidden]), .dialog-body textarea") ?? inside.querySelector("form[method=dialog] button"))?.focus(); // never the stop: a dialog that asks nothing closes by Enter
  if (detail.target.id === "panel-events") marks();
  if (detail.target === grid) watchOpening();
});
// Only what was asked in the dialog closes it: a mark's late answer must not take away what was opened meanwhile.
body.addEventListener("infusion:close", ({ target }) => {
  if (!inside?.contains(target)) return;
  inside.replaceChildren(); // at once: the swap that follows must not find something to open the dialog for again
  dialog.close();
});
// What was typed in a dialog is kept by its address until it is saved: Escape, a stray tap and a lost line throw
// no word away. Only in this page's memory; secrets and one-time keys are never kept.
const drafts = new Map();
const asked = () => inside?.querySelector("form[action]:not([method=dialog]):has(textarea, input:not([type=hidden]))");
const typedIn = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "submit"].includes(field.type));
function keepDraft() {
  const form = asked();
  if (!form) return;
  const typed = typedIn(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? field.checked && field.value : field.value]);
  if (typed.some(([name, value]) => value && value !== form.querySelector(`[name="${CSS.escape(name)}"]`)?.defaultValue)) drafts.set(form.getAttribute("action"), typed);
}
function bringDraft() {
  const form = asked();
  const typed = form && drafts.get(form.getAttribute("action"));
  if (!typed) return;
  drafts.delete(form.getAttribute("action")); // it is in the form again, and is kept anew when that is closed
  for (const [name, value] of typed) {
    for (const field of typedIn(form).filter((one) => one.name === name)) {
      if (field.type === "checkbox" || field.type === "radio") field.checked ||= field.value === value;
      else if (field.value === field.defaultValue && value) field.value = value;
    }
  }
}
dialog?.addEventListener("close", () => {
  keepDraft();
  inside.replaceChildren();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const address = detail.elt.getAttribute?.("action");
  if (detail.successful && detail.requestConfig.verb === "post" && address) drafts.delete(address);
});

// ---- a toast leaves by itself; a one-tap form gets a new key after each tap
new MutationObserver(() => {
  const toasts = [...document.querySelectorAll("#messages [data-fades]")];
  for (const toast of toasts.slice(0, -2)) toast.remove();
  for (const toast of toasts) {
    if (toast.dataset.leaving) continue;
    toast.dataset.leaving = "true";
    setTimeout(() => !toast.matches(":focus-within, :hover") && toast.remove(), 12_000);
  }
}).observe(document.getElementById("messages"), { childList: true });
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.closest?.("[data-toast]") && detail.successful) detail.elt.closest("[data-toast]").remove();
  if (!detail.elt.matches?.("[data-renews-key]") || !detail.successful) return;
  detail.elt.elements.key.value = crypto.randomUUID?.() ?? uuid();
  if (detail.elt.matches("[data-empties]")) detail.elt.elements.text.value = "";
});
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// ---- S stops and M marks even from a field that takes digits only
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("input[data-entry], input[inputmode=decimal], input[inputmode=numeric]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key !== "s" && key !== "m") return;
  const scope = document.querySelector("dialog[open]") ?? document;
  const button = scope.querySelector(`[data-key="${key}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

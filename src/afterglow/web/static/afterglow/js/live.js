// One EventSource per page: <body data-live-url="/live/…" data-live-events="patient-moved">.
// "vital-signs", "alarms", "pump", "beat", "resync" and every name in an hx-trigger="live:…" are listened to without asking.
// Each message becomes a DOM event `live:<event>` on <body>, with its JSON as detail, so that
// hx-trigger="live:infusion-started from:body" and modules can listen. Ids only travel in names.
// `data-live-after` is the id of the last event the page was made from; nothing between is lost.
import { age, setServerNow, put as write } from "./clock.js";
import { heardHeart, isBehindEcg } from "./heart.js";
import { words } from "./words.js";

const body = document.body;
const url = body.dataset.liveUrl;
const BEAT = "beat";
const names = new Set([BEAT, "vital-signs", "alarms", "pump", "resync", "stream-stalled", "stream-resumed", ...(body.dataset.liveEvents ?? "").split(/\s+/).filter(Boolean)]);
const silence = Number(body.dataset.liveSilence ?? 20) * 1000;

let source = null;
let after = body.dataset.liveAfter ?? "";
let heard = performance.now();
let wait = 500;
let timer = 0;

let said = "";

/** Draw the state; `age` is how old the stream's newest proof is, in words, while it is behind. */
function state(name, age = "") {
  const isNew = body.dataset.live !== name;
  if (!isNew && said === age) return;
  body.dataset.live = name;
  said = age;
  for (const element of document.querySelectorAll("[data-connection]")) {
    element.dataset.connection = name;
    const words = element.querySelector("[data-connection-words]");
    if (words) words.textContent = age && words.dataset.behind ? words.dataset.behind.replace("#", age) : (words.dataset[name] ?? name);
  }
  if (isNew) body.dispatchEvent(new CustomEvent(`connection:${name}`, { bubbles: true }));
}

let isBehind = false;

// The line is there and still the numbers may be old: the server reads no events, or one long
// transaction holds them back. A stream that stalls never looks calm.
function behind(name, detail) {
  if (name === "stream-stalled") isBehind = true;
  if (name === "stream-resumed") isBehind = false;
  if (name === BEAT && detail.reading !== undefined) isBehind = detail.reading === false;
  if (!isBehind) return state("connected");
  if (!detail.now) return;
  const seconds = detail.proof ? Math.max(0, Math.round((Date.parse(detail.now) - Date.parse(detail.proof)) / 1000)) : 0;
  state("lost", seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);
}

function receive(event) {
  heard = performance.now();
  wait = 500;
  if (event.lastEventId) after = event.lastEventId;
  let detail;
  try {
    detail = event.data ? JSON.parse(event.data) : {};
  } catch {
    detail = { text: event.data };
  }
  const name = event.type === "message" ? detail.event : event.type;
  if (name === BEAT && detail.now) setServerNow(detail.now);
  behind(name, detail);
  if (name) body.dispatchEvent(new CustomEvent(`live:${name}`, { bubbles: true, detail }));
}

/** Listen to every event that some element of the page waits for. */
function listen() {
  for (const element of document.querySelectorAll('[hx-trigger*="live:"]')) {
    for (const [, name] of element.getAttribute("hx-trigger").matchAll(/live:([\w-]+)/g)) {
      if (names.has(name)) continue;
      names.add(name);
      source?.addEventListener(name, receive);
    }
  }
}

function connect() {
  clearTimeout(timer);
  source?.close();
  const target = new URL(url, location.href);
  if (after) target.searchParams.set("after", after);
  source = new EventSource(target);
  heard = performance.now();
  source.addEventListener("open", () => {
    heard = performance.now();
    state("connected");
  });
  source.addEventListener("message", receive);
  for (const name of names) source.addEventListener(name, receive);
  source.addEventListener("error", () => {
    state("lost");
    if (source.readyState === EventSource.CLOSED) again();
  });
}

function again() {
  clearTimeout(timer);
  timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, 10_000);
}

if (url) {
  state("connecting");
  listen();
  document.addEventListener("htmx:afterSwap", listen);
  connect();
  // A line can die without a word. The server says "beat"; silence is a lost connection.
  setInterval(() => {
    if (performance.now() - heard > silence && source.readyState !== EventSource.CONNECTING) {
      state("lost");
      source.close();
      again();
      heard = performance.now();
    }
  }, 1000);
  window.addEventListener("online", connect);
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) anew(); // what the back button shows must be what is true now
  });
}

// The stream sends a batch of values; who draws wants one sign at a time. What is flagged is kept in
// the record, hollow in the graph and never a number. Cuff pressures of one moment are one sign.
const SIGNS = { heart_rate: "heart", pulse_rate: "heart", spo2: "oxygen", respiratory_rate: "breath", etco2: "co2", temperature: "temperature" };
body.addEventListener("live:vital-signs", ({ detail }) => {
  const cuffs = new Map();
  const readings = detail.readings ?? [];
  heardHeart(readings);
  for (const reading of readings) {
    const { code, value, source, flag, taken_at: at } = reading;
    const artefact = Boolean(flag);
    if (!artefact && isBehindEcg(reading)) continue;
    const sign = SIGNS[code];
    if (sign) {
      draw({ sign, value, at, code, source, artefact });
    } else if (["systolic", "diastolic", "mean"].includes(code)) {
      const key = `${source} ${at}`;
      const cuff = cuffs.get(key) ?? { sign: "pressure", code: "pressure", at, source, artefact };
      cuff[code] = value;
      cuff.artefact ||= artefact;
      cuffs.set(key, cuff);
    }
  }
  for (const cuff of cuffs.values()) {
    if (cuff.systolic !== undefined && cuff.diastolic !== undefined) draw(cuff);
  }
});

function draw(detail) {
  body.dispatchEvent(new CustomEvent("live:reading", { bubbles: true, detail }));
}

// The stream lost its place: what is on the page may be old, so all of it is fetched anew. Where somebody types,
// and the page has parts that can be fetched by themselves, it stays and they are: nothing typed is thrown away.
const fields = "main input:not([type=hidden], [type=range]), main textarea, dialog[open] input:not([type=hidden]), dialog[open] textarea";
const isTyping = () => [...document.querySelectorAll(fields)].some((field) => field.type !== "checkbox" && field.type !== "radio" && field.value !== field.defaultValue);
function anew() {
  if (isTyping() && document.querySelector('[hx-trigger*="infusion:refresh"]')) stayAndCatchUp();
  else location.reload();
}
function stayAndCatchUp() {
  body.dispatchEvent(new CustomEvent("live:caught-up", { bubbles: true }));
  if (source?.readyState !== EventSource.OPEN) connect();
}
body.addEventListener("live:resync", anew);

// Readings draw themselves in the big numbers; a panel re-fetches only on structural events.
const put = (element, text) => element && write(element, text);
// A monitor says every sign at once; laid out together they cost more than one beat of a slow screen, so each sign takes a
// frame of its own. Where no frame comes (a tab behind another) they are written at once, at the latest after LATEST ms.
const LATEST = 200;
const waiting = new Map();
let latest = 0;
body.addEventListener("live:reading", ({ detail }) => {
  if (!detail.sign || detail.artefact) return;
  if (document.hidden || detail.source === "hand") return showNumber(detail);
  const before = waiting.get(detail.sign);
  if (before && Date.parse(before.at) > Date.parse(detail.at)) return;
  waiting.set(detail.sign, detail);
  if (waiting.size > 1 || before) return;
  requestAnimationFrame(showNext);
  clearTimeout(latest);
  latest = setTimeout(() => [...waiting.values()].forEach(showNumber), LATEST);
});
function showNext() {
  const [detail] = waiting.values();
  if (!detail) return;
  showNumber(detail);
  if (waiting.size) requestAnimationFrame(showNext);
}
function showNumber(detail) {
  if (waiting.get(detail.sign) === detail || detail.source === "hand") waiting.delete(detail.sign);
  for (const tile of document.querySelectorAll(`.vital[data-sign="${CSS.escape(detail.sign)}"]`)) {
    if (tile.dataset.at && Date.parse(tile.dataset.at) > Date.parse(detail.at)) continue;
    const pressure = detail.systolic !== undefined;
    const text = detail.text ?? (pressure ? `${detail.systolic}/${detail.diastolic}` : detail.value);
    put(tile.querySelector("[data-value]"), text ?? "–");
    const byHand = detail.source === "hand" ? words.byHand : "";
    put(tile.querySelector("[data-detail]"), pressure && detail.mean ? `(${detail.mean})${byHand && ` ${byHand}`}` : byHand);
    if (!detail.at) continue;
    tile.dataset.at = detail.at;
    age(tile); // a value and its age change in one go
  }
}

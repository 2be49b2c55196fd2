// Alarm sounds, in the pattern of each priority. Secondary to the monitor's own. A browser plays nothing
// before a gesture, so what can really be heard is said on the page: on, off, or blocked until a tap.
// The worst of all [data-sound-level] on the page sounds: this room's strip, and other rooms' that nobody answers.
const PATTERNS = {
  red: { pulses: [0, 0.2, 0.4, 0.75, 0.95], tone: 880, length: 0.12 },
  amber: { pulses: [0, 0.35, 0.7], tone: 660, length: 0.2 },
  technical: { pulses: [0], tone: 440, length: 0.25 },
  gone: { pulses: [0], tone: 440, length: 0.25, gain: 0.1 },
};
// What came and went and nobody has seen is said once, softly; its band stays.
const EVERY = { red: 10_000, amber: 25_000, technical: 30_000, gone: Infinity };
const ORDER = ["red", "amber", "technical", "gone"];
const STORE = "afterglow-sound";
const SCREEN = "afterglow-screen";
const QUIET = "afterglow-emergency-off"; // switched off while an emergency sounded: until that ends
// Each tablet has a speaker of its own: what was heard on one says nothing of another.
const screenName = localStorage.getItem(SCREEN) ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
localStorage.setItem(SCREEN, screenName);
const isTested = (panel) => panel.dataset.tested === "true" || (panel.dataset.heardOn ?? "").split(" ").includes(screenName);
let context = null;
let playedAt = -Infinity;
let played = "";

const isCalled = () => document.querySelector("[data-sound-emergency]") !== null;
/** Whether this screen is to sound: while an emergency calls it, whatever was switched off before, for that meant other alarms; a room's screen unless it was switched off; another when switched on. */
function wanted() {
  if (isCalled()) return sessionStorage.getItem(QUIET) === null;
  return document.querySelector("[data-sound-panel]") ? localStorage.getItem(STORE) !== "off" : localStorage.getItem(STORE) === "on";
}

function state() {
  if (!wanted()) return "off";
  return context?.state === "running" ? "on" : "blocked";
}

async function open() {
  context ??= new AudioContext();
  context.onstatechange ??= show;
  // A browser that wants a gesture first leaves this promise open; a second later it counts as blocked.
  await Promise.race([context.resume(), new Promise((later) => setTimeout(later, 1000))]);
  show();
  return context.state === "running";
}

/** Play one burst for a level; returns false when it cannot be heard. */
export function play(level) {
  const pattern = PATTERNS[level];
  if (!pattern || context?.state !== "running") return false;
  for (const start of pattern.pulses) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + start;
    tone.frequency.value = pattern.tone;
    gain.gain.setValueAtTime(0, at);
    const loudness = pattern.gain ?? 0.25;
    gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
    gain.gain.setValueAtTime(loudness, at + pattern.length - 0.03);
    gain.gain.linearRampToValueAtTime(0, at + pattern.length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + pattern.length);
  }
  document.body.dataset.soundPlayed = `${level} ${Number((document.body.dataset.soundPlayed ?? "0").split(" ").pop()) + 1}`;
  return true;
}

function worst() {
  const levels = [...document.querySelectorAll("[data-sound-level]")].map((each) => each.dataset.soundLevel);
  return ORDER.find((level) => levels.includes(level)) ?? "";
}

/** Sound again when it is time, and at once when it got worse. */
function tick() {
  const level = worst();
  if (!level || state() !== "on") {
    played = level ? played : "";
    return;
  }
  const worse = ORDER.indexOf(level) < (played ? ORDER.indexOf(played) : ORDER.length);
  if (!worse && level === played && performance.now() - playedAt < EVERY[level]) return;
  if (play(level)) {
    played = level;
    playedAt = performance.now();
  }
}

/** Say on the page what can be heard. */
function show() {
  const now = state();
  document.body.dataset.sound = now;
  for (const panel of document.querySelectorAll("[data-sound-panel]")) {
    panel.dataset.soundPanel = now;
    panel.hidden = now === "on" && isTested(panel);
    for (const part of panel.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(now);
    panel.classList.toggle("is-off", now !== "on");
  }
  // A room's own panel says the same already.
  const isSaid = document.querySelector("[data-sound-panel]") !== null;
  for (const hint of document.querySelectorAll("[data-no-sound]")) {
    hint.hidden = now === "on" || isSaid;
    for (const part of hint.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== now;
  }
  for (const button of document.querySelectorAll("[data-sound-toggle]")) {
    button.setAttribute("aria-pressed", String(now === "on"));
    button.textContent = now === "on" ? button.dataset.on : button.dataset.off;
  }
}

document.addEventListener("click", async (event) => {
  const toggle = event.target.closest("[data-sound-toggle]");
  if (toggle) {
    const isOn = state() === "on";
    localStorage.setItem(STORE, isOn ? "off" : "on");
    if (isOn && isCalled()) sessionStorage.setItem(QUIET, "yes");
    else sessionStorage.removeItem(QUIET);
    if (wanted()) await open();
    show();
    tick();
    return;
  }
  const test = event.target.closest("[data-sound-test]");
  if (!test) return;
  localStorage.setItem(STORE, "on");
  const heard = await open();
  const panel = test.closest("[data-sound-panel]");
  if (!heard) return;
  for (const [index, level] of ["technical", "amber", "red"].entries()) setTimeout(() => play(level), index * 1400);
  for (const field of panel.querySelectorAll("[name=screen]")) field.value = screenName;
  for (const field of panel.querySelectorAll("[name=wake]")) field.value = document.body.dataset.wake ?? "";
  const ask = panel.querySelector("[data-sound-ask]");
  if (ask) ask.hidden = false;
});

// Any first touch is the gesture the browser waits for.
for (const gesture of ["pointerdown", "keydown"]) {
  document.addEventListener(gesture, () => state() === "blocked" && open(), { passive: true });
}
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id === "alarms-elsewhere" && !isCalled()) sessionStorage.removeItem(QUIET);
  // An emergency makes a screen sound that did not until now; a page that was touched before needs no further tap.
  if (wanted() && !context && "AudioContext" in window) open();
  show();
  tick();
});
if (wanted() && "AudioContext" in window) open();
show();
setInterval(tick, 1000);

// A test that was heard is done: the strip leaves.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.("[data-sound-ask]");
  if (!form || !detail.successful) return;
  const heard = detail.requestConfig.parameters.heard ?? detail.requestConfig.formData?.get("heard");
  const panel = form.closest("[data-sound-panel]");
  panel.dataset.tested = String(heard === "yes");
  form.hidden = true;
  show();
});

// The infusion page without a connection. Each act is written to this tablet under a key of its own before anything
// else happens with it; it leaves when the server has answered that key. See docs/adr/0024-a-tablet-keeps-recording.md.
import { serverNow, setOffset } from "./clock.js";
import { drawBanner, drawClock, drawColumns, drawEvents, drawLine, drawNumbers, drawOverdue, drawStop, make, numbersShown, overdueSlot } from "./offline_draw.js";
import { actOf, clockOf, read } from "./offline_entry.js";
import { ask, CannotKeep, erase, keepPage, persist, prove, startWorker } from "./offline_keep.js";
import { send, whyStopped } from "./offline_send.js";
import * as store from "./offline_store.js";
import { sealed } from "./offline_who.js";
import { words } from "./offline_words.js";
import { toast } from "./small.js";

const body = document.body;
const session = body.dataset.session;
const isKept = "kept" in body.dataset;
const ASKS = ["rate", "note", "event", "drug"];
const TRY_MS = 5000;
const FRESH_MS = 120_000;
const ANSWER_MS = 9000;
const FLIGHT_MS = 20_000;
const WISH = "afterglow-lock";

const tablet = {
  can: false, // whether this tablet records by itself
  why: "checking", // why it does not
  sure: true, // whether the browser promised to keep what is written
  reach: isKept ? "no" : "yes", // yes, no, signed-out
  since: 0, // when the server was last heard, once it is not
  held: "", // why the server takes nothing although it is there
  kit: null,
  kitAt: 0, // when it was asked for
  dialogs: {},
  account: body.dataset.account ?? "",
  who: null, // on a kept page: {login, claim}
  entries: [],
  last: null, // the entry that was recorded here last
};
const heard = []; // readings that came by the stream since the kit: [{code, at}]

// ---- what waits

const isWaiting = (entry) => entry.state === "waiting" || (entry.state === "sending" && entry.until < Date.now());
const waiting = () => tablet.entries.filter(isWaiting);
const pumps = () => waiting().filter((entry) => entry.kind === "pump");
const isAnswered = (entry) => entry.state === "refused" || entry.state === "conflict";

const others = "BroadcastChannel" in window ? new BroadcastChannel("afterglow-offline") : null;
others?.addEventListener("message", () => reload());

async function reload() {
  if (!tablet.can) return;
  tablet.entries = await store.entries(session);
  draw();
}

// ---- starting: can it?

async function start() {
  try {
    if (!session) return;
    if (isKept) await startKept();
    else if (await lockedAsWished()) await startConnected();
    tablet.can = true;
    tablet.why = "";
    await reload();
    if (!isKept) await trySending();
  } catch (problem) {
    deny(problem);
  }
  draw();
}

async function startConnected() {
  await prove();
  tablet.sure = await persist();
  await refresh();
}

async function startKept() {
  const kept = await store.kept(session).catch(() => null);
  if (!kept) throw new CannotKeep("none");
  if (!Number.isFinite(kept.offset)) throw new CannotKeep("clock");
  setOffset(kept.offset);
  Object.assign(tablet, { kit: kept.kit, dialogs: kept.dialogs, account: kept.account, since: kept.heardAt });
  drawNumbers(kept.numbers);
  closePage();
  await prove();
}

/** Whether it is the browser that refused, and not a network that failed. */
const isOfStorage = (problem) => problem instanceof CannotKeep || (problem instanceof DOMException && !["AbortError", "TimeoutError", "NetworkError"].includes(problem.name));

function deny(problem) {
  if (!(problem instanceof CannotKeep)) console.error(problem?.name ?? "error");
  tablet.can = false;
  tablet.why = problem instanceof CannotKeep ? problem.code : problem?.name === "QuotaExceededError" ? "full" : isOfStorage(problem) ? "storage" : "files";
}

// ---- keeping what it needs fresh

let refreshed = 0;
let dialogsOf = null;
async function refresh() {
  refreshed = Date.now();
  const answer = await ask(`/sessions/${session}/infusion/kit.json`);
  const stopped = whyStopped(answer);
  if (stopped) {
    reached(stopped === "signed-out" ? "signed-out" : "yes");
    throw new CannotKeep(stopped === "forbidden" ? "may_not" : "files");
  }
  const asked = refreshed;
  const kit = await answer.json();
  if (kit.account !== tablet.account) throw new CannotKeep("other");
  if (kit.why_not) {
    await trySending();
    await erase(session);
    throw new CannotKeep(kit.why_not);
  }
  const before = await store.kept(session);
  if (before && !dialogsOf) tablet.dialogs = before.dialogs;
  const now = `${kit.pump?.sequence} ${kit.state}`;
  if (!kit.locked && dialogsOf !== now) {
    tablet.dialogs = Object.fromEntries(await Promise.all(ASKS.map(async (name) => [name, await dialog(name)])));
    dialogsOf = now;
  }
  tablet.kit = kit;
  tablet.kitAt = asked;
  heard.length = 0;
  await startWorker();
  await keepPage(session, kit);
  await keepState();
}

async function dialog(name) {
  const answer = await ask(`/sessions/${session}/infusion/${name}/`, { headers: { "HX-Request": "true" } });
  return answer.ok ? answer.text() : (tablet.dialogs[name] ?? "");
}

async function keepState() {
  const { kit, dialogs, account } = tablet;
  const { files: _files, csrf: _csrf, ...rules } = kit;
  const offset = serverNow() - Date.now();
  await store.keep(session, { kit: rules, dialogs, account, offset, heardAt: serverNow(), numbers: numbersShown() });
}

async function freshen() {
  if (isKept || tablet.reach !== "yes" || Date.now() - refreshed < 10_000) return;
  try {
    if (!tablet.can) await prove();
    await refresh();
    if (!tablet.can && tablet.why !== "checking") Object.assign(tablet, { can: true, why: "" });
  } catch (problem) {
    // What is kept stays good when a single look fails; a reason that will not pass is said.
    if (problem instanceof CannotKeep && problem.code !== "files") deny(problem);
    else if (problem?.name === "TimeoutError" || problem instanceof TypeError) look();
  }
  draw();
}

let soon = 0;
function freshenSoon() {
  clearTimeout(soon);
  soon = setTimeout(freshen, 3000);
}
setInterval(() => Date.now() - refreshed > FRESH_MS && freshen(), 15_000);
for (const name of ["infusion:refresh", "live:rate-changed", "live:infusion-paused", "live:infusion-resumed", "live:infusion-stopped", "live:clinician-changed"]) body.addEventListener(name, freshenSoon);
body.addEventListener("live:vital-signs", ({ detail }) => {
  for (const { code, taken_at, flag } of detail.readings ?? []) if (!flag) heard.push({ code, at: Date.parse(taken_at) });
  heard.splice(0, Math.max(0, heard.length - 500));
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && tablet.can && tablet.kit && !isKept && tablet.reach === "yes") keepState().catch(() => {});
});

// ---- is the server there? The browser's own word for it is only a hint.

function reached(how) {
  if (how === tablet.reach) return;
  if (how !== "yes" && tablet.reach === "yes") tablet.since = serverNow();
  tablet.reach = how;
  if (how === "yes") {
    trySending();
    freshenSoon();
  }
  draw();
}

let looking = false;
async function look() {
  if (looking) return;
  looking = true;
  try {
    const answer = await ask(`/sessions/${session}/infusion/kit.json`, { patience: 4000 });
    const stopped = whyStopped(answer);
    reached(stopped === "failing" ? "no" : stopped === "signed-out" ? "signed-out" : "yes");
  } catch {
    reached("no");
  } finally {
    looking = false;
  }
}
if (session) {
  body.addEventListener("connection:lost", look);
  body.addEventListener("connection:connected", () => reached("yes"));
  window.addEventListener("online", look);
  window.addEventListener("offline", look);
  setInterval(() => {
    if (tablet.reach !== "yes") look();
    else if (waiting().length) trySending();
    draw();
  }, TRY_MS);
  setInterval(drawLate, 1000);
}

// ---- sending

let sending = false;
async function trySending() {
  if (sending) return;
  sending = true;
  try {
    const became = await send();
    tablet.held = ["locked", "forbidden", "failing"].includes(became) ? became : "";
    if (became === "unreachable") reached("no");
    if (became === "signed-out") reached("signed-out");
    const before = tablet.entries.length;
    tablet.entries = await store.entries(session);
    if (before !== tablet.entries.length) {
      others?.postMessage("sent");
      body.dispatchEvent(new CustomEvent("infusion:refresh", { bubbles: true }));
    }
  } catch (problem) {
    if (tablet.can && isOfStorage(problem)) deny(problem);
  } finally {
    sending = false;
  }
  draw();
  if (!(await lockedAsWished())) return;
  if (isKept && tablet.reach === "yes" && tablet.entries.every((entry) => !isWaiting(entry)) && !isBeingUsed()) location.reload();
}

const isBeingUsed = () => document.querySelector("dialog[open]") !== null || [...document.querySelectorAll("input[data-entry], #recording input")].some((field) => field.value);

// ---- an act: first onto this tablet, then to the server

const busy = new Set();
const flying = new Map(); // form → entry
const pressed = new WeakSet(); // emergency forms under way

document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, path } = event.detail;
  const act = actOf(path);
  if (!act || !session) return;
  if (verb === "get") {
    if (!ASKS.includes(act) || tablet.reach === "yes" || !tablet.can) return;
    event.preventDefault();
    openKept(act);
    return;
  }
  if (!tablet.can) return;
  if (act === "emergency" && tablet.reach !== "no") {
    pressed.add(elt);
    return;
  }
  event.preventDefault();
  record(elt, act, event.detail.triggeringEvent?.submitter ?? null, () => event.detail.issueRequest(true));
});

async function record(form, pressedAct, submitter, issue) {
  if (busy.has(form)) return;
  const act = pressedAct === "pause" && lastPump() === "pause" ? "resume" : pressedAct;
  const stopped = pumps().find((entry) => entry.body.kind === "stop");
  if (stopped && ["stop", "pause", "resume", "rate"].includes(act)) {
    const at = clockOf(Date.parse(stopped.happened_at), tablet.kit.zone);
    toast(act === "stop" ? words.stopBefore(at) : words.afterStop(at), "error");
    return;
  }
  const online = tablet.reach === "yes";
  const found = read(act, form, { kit: tablet.kit, now: serverNow(), submitter });
  if (found.errors) {
    if (online) issue();
    else showErrors(form, found.errors);
    return;
  }
  busy.add(form);
  try {
    if (act === "emergency") await stopFirst();
    const entry = await keepEntry(found, online ? "sending" : "waiting");
    if (online) {
      flying.set(form, entry);
      issue();
    } else {
      busy.delete(form);
      recordedHere(entry, act, form);
    }
  } catch (problem) {
    busy.delete(form);
    deny(problem?.name === "QuotaExceededError" ? new CannotKeep("full") : new CannotKeep("failed"));
    draw();
    if (online) issue(); // the server may still take it; the banner says that this tablet does not
  }
}

/** An emergency ends the infusion, as it does with a connection. */
async function stopFirst() {
  if (tablet.kit.state !== "infusing" || pumps().some((entry) => entry.body.kind === "stop")) return;
  await keepEntry({ kind: "pump", body: { kind: "stop", reason: "Emergency" }, at: serverNow(), said: words.entry.stop }, "waiting");
}

const lastPump = () => pumps().at(-1)?.body.kind;

/** Write an entry to this tablet under a new key. Resolves when it is on the disk. */
async function keepEntry(found, state) {
  const own = pumps().at(-1);
  const inside = { ...found.body };
  if (found.kind === "pump" && own) inside.after = own.key;
  const entry = await store.add({
    key: crypto.randomUUID(),
    session,
    state,
    until: Date.now() + FLIGHT_MS,
    kind: found.kind,
    body: inside,
    happened_at: new Date(found.at).toISOString(),
    typed_by: tablet.who ? null : tablet.account,
    claim: tablet.who?.claim ?? null,
    said: found.said,
    shown: found.shown ?? null,
  });
  tablet.entries.push(entry);
  others?.postMessage("kept");
  return entry;
}

/** It is on the tablet: the banner names it, its place in the grid or the events shows it, and its form is done. */
function recordedHere(entry, act, form) {
  tablet.last = entry;
  if (act === "emergency") toast(words.emergencyHere, "error");
  form.dispatchEvent(new CustomEvent("infusion:close", { bubbles: true }));
  if (act === "observations") {
    for (const field of document.querySelectorAll("#observation input[data-entry], #entry-when")) field.value = "";
    document.querySelector(".offline-errors")?.remove();
    document.activeElement?.blur();
  }
  draw();
}

function showErrors(form, errors) {
  document.querySelector(".offline-errors")?.remove();
  const list = make("ul", "grid-errors offline-errors", ...errors.map((error) => make("li", "", error)));
  list.setAttribute("role", "alert");
  (form.closest(".dialog-body") ?? form).prepend(list);
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const entry = flying.get(detail.elt);
  if (entry) {
    detail.parameters.key = entry.key;
    detail.timeout = ANSWER_MS;
    detail.recorded = true;
  } else if (pressed.has(detail.elt)) {
    detail.timeout = ANSWER_MS;
    detail.recorded = true;
  } else if (tablet.can && detail.verb === "get" && ASKS.includes(actOf(detail.path))) {
    detail.timeout = TRY_MS;
    detail.recorded = true;
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig?.elt;
  const entry = flying.get(form);
  const answered = isAnswer(detail);
  if (entry) {
    flying.delete(form);
    busy.delete(form);
    if (answered) left(entry);
    else staysHere(entry, actOf(detail.requestConfig.path), form);
  } else if (pressed.delete(form) && !answered) {
    look();
    const found = read("emergency", form, { kit: tablet.kit, now: serverNow() });
    stopFirst().then(() => keepEntry(found, "waiting")).then((kept) => recordedHere(kept, "emergency", form), deny).finally(draw);
  } else if (detail.requestConfig?.verb === "get" && ASKS.includes(actOf(detail.requestConfig.path)) && !answered && tablet.can) {
    look();
    openKept(actOf(detail.requestConfig.path));
  }
});

/** Whether the server itself answered what was asked: not a sign-in page, a proxy's error, or nothing. */
function isAnswer({ xhr, requestConfig }) {
  const path = (url) => new URL(url, location.href).pathname;
  if (!xhr.status || !xhr.responseURL || path(xhr.responseURL) !== path(requestConfig.path)) return false;
  return (xhr.status >= 200 && xhr.status < 300) || xhr.status === 409 || xhr.status === 422;
}

async function left(entry) {
  tablet.entries = tablet.entries.filter((each) => each.key !== entry.key);
  await store.remove(entry.order).catch(() => {}); // it is charted; sent again it is the same entry
  draw();
}

async function staysHere(entry, act, form) {
  entry.state = "waiting";
  await store.put(entry).catch(() => {}); // it lies there as "sending", which waits as well
  recordedHere(entry, act, form);
  await look();
  if (tablet.reach === "yes") setTimeout(trySending, 1000);
}

// ---- the dialogs that were kept

const dialogBox = document.getElementById("infusion-dialog");
const inside = document.getElementById("infusion-dialog-body");

function openKept(act) {
  if (lock()) return;
  const html = tablet.dialogs[act];
  if (!html) {
    toast(words.needsConnection, "error");
    return;
  }
  inside.innerHTML = html;
  inside.querySelector(".dialog-body")?.prepend(make("p", "notice notice-caution", words.keptForm));
  htmx.process(inside);
  if (!dialogBox.open) dialogBox.showModal();
  inside.querySelector(".dialog-body input:not([type=hidden]), .dialog-body textarea")?.focus();
}

function askName(mark) {
  const field = make("input", "control");
  field.id = "offline-name";
  field.maxLength = 120;
  field.required = true;
  const name = make("label", "", words.markName);
  name.htmlFor = field.id;
  const save = make("button", "button button-primary", words.save);
  const form = make("form", "form dialog-body", name, field, make("div", "actions", save));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    const found = { kind: "name", body: { about: mark.key, label: field.value.trim() }, at: serverNow(), said: `${words.entry.name}: ${field.value.trim()}` };
    try {
      recordedHere(await keepEntry(found, "waiting"), "name", form);
      if (tablet.reach === "yes") trySending();
    } catch (problem) {
      deny(problem);
      draw();
    }
  });
  const title = make("h2", "", words.markName);
  title.id = "infusion-dialog-title";
  inside.replaceChildren(make("header", "dialog-head", title), form);
  if (!dialogBox.open) dialogBox.showModal();
  field.focus();
}

// What only a server can do says so, and nothing is lost: the form stays as it is.
document.addEventListener("submit", (event) => {
  if (!session || tablet.reach !== "no" || !event.target.action?.endsWith("/screen/lock/")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  try {
    localStorage.setItem(WISH, "1");
  } catch {
    // A browser that stores nothing: the page hides who it is below, and cannot lock by itself later.
  }
  if (tablet.can) location.reload(); // comes back as the kept page, which is locked
  else {
    document.getElementById("panel-header")?.replaceChildren(make("p", "locked-who", words.lockLater));
    document.getElementById("panel-grid").inert = true;
  }
}, true);

/** Who locked without a connection is locked by the server before this page is drawn anew. False: it is there and did not. */
async function lockedAsWished() {
  if (tablet.reach !== "yes" || !wished()) return true;
  try {
    const { locked, csrf } = await (await ask(`/sessions/${session}/infusion/kit.json`)).json();
    if (!locked) {
      const answer = await ask(body.dataset.lockUrl, { method: "POST", headers: { "X-CSRFToken": csrf } });
      if (!answer.ok && answer.type !== "opaqueredirect") return false; // it answers by leading on
    }
    localStorage.removeItem(WISH);
    if (!isKept) location.reload();
    return true;
  } catch {
    return false;
  }
}
function wished() {
  try {
    return localStorage.getItem(WISH) !== null;
  } catch {
    return false;
  }
}

// ---- a kept page is locked until somebody says who records

const OPEN_ALWAYS = '[hx-post$="/infusion/stop/"], [hx-post$="/emergency/declare/"]';
const lock = () => isKept && !tablet.who;

function closePage() {
  document.getElementById("panel-grid").inert = lock();
  for (const part of document.querySelectorAll("#panel-actions > *")) {
    if (!part.querySelector(OPEN_ALWAYS) && !part.matches(OPEN_ALWAYS)) part.inert = lock();
  }
}

function whoForm() {
  const field = (id, type, text, more) => {
    const input = make("input", "control");
    Object.assign(input, { id, type, required: true, autocomplete: "off", ...more });
    const label = make("label", "", text, " ", input);
    return [label, input];
  };
  const [first, login] = field("offline-login", "text", words.login, { maxLength: 80, autocapitalize: "none" });
  const [second, pin] = field("offline-pin", "password", words.pin, { inputMode: "numeric", maxLength: 128 });
  const form = make("form", "recording-who", first, second, make("button", "button button-primary", words.open), make("span", "note", words.pinMore));
  form.dataset.id = "who";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = login.value.trim();
    const secret = pin.value;
    pin.value = "";
    const claim = { login: name, sealed: await sealed(secret, { session, login: name, tablet: await store.tablet(), publicKey: tablet.kit.seal }) };
    tablet.who = { login: name, claim };
    login.value = "";
    closePage();
    draw();
    document.querySelector("#panel-grid input[data-entry]")?.focus();
  });
  return form;
}

function button(text, act, id) {
  const one = make("button", "button button-secondary", text);
  one.type = "button";
  one.dataset.id = id;
  one.addEventListener("click", act);
  return one;
}
function link(text, href) {
  const one = make("a", "button button-secondary", text);
  one.href = href;
  one.dataset.id = href;
  return one;
}

// ---- drawing

function draw() {
  if (!session) return;
  const zone = tablet.kit?.zone ?? body.dataset.zone;
  const shown = tablet.entries.filter((entry) => isWaiting(entry) || isAnswered(entry));
  drawBanner(banner(zone));
  drawLine(!tablet.can ? "" : tablet.sure ? words.ready : words.readyUnsure);
  if (tablet.why === "checking") drawLine(words.checking);
  drawStream();
  drawColumns(shown.filter((entry) => entry.kind === "readings"), zone);
  drawEvents(shown.filter((entry) => entry.kind !== "readings"), zone, isNameless, askName);
  drawStop(pumps().find((entry) => entry.body.kind === "stop") ?? null, zone);
  drawClock(pumps());
  const pause = document.querySelector('[hx-post$="/infusion/pause/"] button span');
  if (pause) pause.textContent = lastPump() === "pause" ? words.resume : pause.dataset.was ?? (pause.dataset.was = pause.textContent);
  drawLate();
}

/** The line of the stream says that it reads by itself while it is lost; without a server it does not. */
function drawStream() {
  const said = document.querySelector("[data-connection-words]");
  if (!said?.dataset.gone) return;
  if (tablet.reach === "no") said.textContent = said.dataset.gone;
  else if (said.textContent === said.dataset.gone) said.textContent = said.dataset[body.dataset.live] ?? "";
}

const isNameless = (entry) => entry.body.kind === "mark" && !entry.body.label && !tablet.entries.some((each) => each.body.about === entry.key);

function drawLate() {
  if (!tablet.kit || tablet.reach === "yes") return drawOverdue(null, "technical", "UTC");
  const typed = tablet.entries.flatMap((entry) => Object.keys(entry.body.readings ?? {}).concat(Object.keys(entry.body.scales ?? {})).map((code) => ({ code, at: Date.parse(entry.happened_at) })));
  drawOverdue(overdueSlot(tablet.kit, [...heard, ...typed]), tablet.kit.overdue_level, tablet.kit.zone);
}

function banner(zone) {
  const paper = link(words.printSheet, `/sessions/${session}/paper.pdf`);
  const count = waiting().length;
  if (tablet.why === "checking" || tablet.why === "over" || tablet.why === "may_not") return { state: "" };
  if (!tablet.can) {
    const why = words.why[tablet.why] ?? words.why.storage;
    if (tablet.reach === "yes" && tablet.why !== "failed") return { state: "not-ready", title: words.notReady, facts: why, acts: [paper] };
    return { state: "not-recording", title: words.notRecording, facts: why, more: `${words.paper} ${words.noNumbers}` };
  }
  const since = words.since(clockOf(tablet.since || serverNow(), zone, false));
  const last = tablet.last && isWaiting(tablet.last) ? [`${words.last} ${tablet.last.said} ${clockOf(Date.parse(tablet.last.happened_at), zone)}`] : [];
  const facts = [count ? words.waiting(count) : words.nothingWaits, since, ...last].join(" · ");
  if (tablet.reach === "no") {
    if (lock()) return { state: "kept", title: words.keptPage, facts: [words.room(tablet.kit.room), facts].join(" · "), more: words.keptMore, acts: [whoForm()] };
    const acts = isKept ? [button(words.lockAgain, () => location.reload(), "lock")] : [];
    if (!isKept && "locked" in body.dataset) acts.push(button(words.openKept, () => location.reload(), "open"));
    const more = isKept ? `${words.recordsAs(tablet.who.login)} ${words.noNumbers}` : words.noNumbers;
    const who = askedAfter();
    if (!who) return { state: "recording", title: words.lost, facts, more, acts };
    return { state: "recording", title: words.lost, facts, more: `${words.isThere(who)} ${more}`, acts: [hereButton(), ...acts] };
  }
  if (tablet.reach === "signed-out") return { state: "recording", title: words.signedOut, facts, more: words.signedOutMore, acts: [link(words.signIn, `/accounts/login/?next=${encodeURIComponent(location.pathname)}`)] };
  if (isKept) return { state: "sending", title: words.sending, facts: count ? words.waiting(count) : "", acts: [button(words.loadAgain, () => location.reload(), "load")] };
  if (count) return { state: "sending", title: words.sending, facts: words.waiting(count), more: { locked: words.locked, forbidden: words.forbidden, failing: words.trying }[tablet.held] ?? words.sendingMore };
  return unsettled();
}

// ---- is somebody there? The server asks its screens; without a connection this tablet does, and keeps the answer.

/** Whom to ask after: nothing was done here for as long as the protocol waits; else "". */
function askedAfter() {
  const asks = tablet.kit?.presence;
  if (!asks || lock() || (!isKept && "locked" in body.dataset)) return "";
  const last = Math.max(Date.parse(asks.last_sign), ...tablet.entries.map((entry) => Date.parse(entry.happened_at)));
  return serverNow() - last > asks.ask_after_s * 1000 ? asks.who : "";
}

function hereButton() {
  const one = button(words.yesHere, () => {
    one.disabled = true; // a second tap would be a second answer
    const found = read("present", document.createElement("form"), { kit: tablet.kit, now: serverNow() });
    keepEntry(found, "waiting").then((entry) => { tablet.last = entry; }, deny).finally(draw);
  }, "here");
  one.dataset.key = "h";
  one.setAttribute("aria-keyshortcuts", "h");
  return one;
}

function unsettled() {
  const open = tablet.kit?.unsettled ?? [];
  // What a person has settled meanwhile is settled here as well.
  const known = new Set(open.map((each) => each.key));
  const reasons = new Map(open.map((each) => [each.key, each.reasons]));
  for (const entry of tablet.entries.filter(isAnswered)) {
    // What the server could not even read it does not hold: that stays here until somebody takes it from the list.
    if (entry.answeredAt && tablet.kitAt > entry.answeredAt && !known.has(entry.key)) left(entry);
    else reasons.set(entry.key, entry.reasons);
  }
  if (!reasons.size) return { state: "" };
  return { state: "unsettled", title: words.settleMore(reasons.size), facts: [...new Set([...reasons.values()].flat())].join(" "), acts: [link(words.settle, `/sessions/${session}/offline/`)] };
}

// A panel that was fetched anew does not know what waits here.
document.addEventListener("htmx:afterSwap", () => draw());
start();

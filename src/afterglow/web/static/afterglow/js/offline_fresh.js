// Beginning, and keeping fresh what the page needs without a server: the rules, the dialogs, the last numbers, the page.
import { serverNow, setOffset } from "./clock.js";
import { drawNumbers, numbersShown } from "./offline_draw.js";
import { takeUp } from "./offline_entries.js";
import { ask, erase, keepPages, persist, prove, startWorker } from "./offline_keep.js";
import { closePage, lockedAsWished } from "./offline_locked.js";
import { look, reached, trySending } from "./offline_reach.js";
import { whyStopped } from "./offline_send.js";
import * as store from "./offline_store.js";
import { allow, body, CannotKeep, changed, deny, isKept, isSignedOut, session, tablet } from "./offline_tablet.js";

/** The questions whose dialogs are kept. */
export const ASKS = ["rate", "note", "event", "drug"];
const FRESH_MS = 120_000;

/** Readings that came by the stream since the kit: [{code, at}]. */
export const heard = [];

/** Find out whether this tablet records by itself, and let it. */
export async function start() {
  try {
    if (isSignedOut) await startSignedOut();
    else if (isKept) await startKept();
    else if (await lockedAsWished()) await startConnected();
    allow();
    takeUp(await store.entries(session));
    changed();
    if (!isKept) await trySending();
  } catch (problem) {
    deny(problem);
    await takeUpEarlier().catch(() => {});
  }
  hasStarted = true;
  changed();
}

/** What was typed here before waits still, although nothing more can be kept: it is said, and sent. */
async function takeUpEarlier() {
  if (window.isSecureContext && "indexedDB" in window && (await store.isThere())) takeUp(await store.entries(session));
}

/** Nobody is signed in: nothing is recorded. */
async function startSignedOut() {
  tablet.reach = "signed-out";
  throw new CannotKeep("signed_out");
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

let refreshed = 0;
let hasStarted = false;
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
  await keepPages(session, kit);
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
  if (isKept || isSignedOut || tablet.reach !== "yes") return;
  const wait = refreshed + 10_000 - Date.now();
  if (tablet.can && wait > 0) return freshenSoon(wait); // looked at a moment ago; what has changed since is not forgotten
  try {
    if (!tablet.can) await prove();
    await refresh();
    if (!tablet.can && hasStarted) allow();
  } catch (problem) {
    // What is kept stays good when a single look fails; a reason that will not pass is said.
    if (problem instanceof CannotKeep && problem.code !== "files") deny(problem);
    else if (problem?.name === "TimeoutError" || problem instanceof TypeError) look();
  }
  changed();
}

let soon = 0;
/** Look again in a moment. */
export function freshenSoon(wait) {
  clearTimeout(soon);
  soon = setTimeout(freshen, typeof wait === "number" ? wait : 3000); // a listener hands over its event
}

/** Begin to keep fresh. */
export function keepFresh() {
  setInterval(() => Date.now() - refreshed > FRESH_MS && freshen(), 15_000);
  // Who has the patient has changed: what was said of it holds no more, until the server has said it anew.
  body.addEventListener("live:clinician-changed", () => {
    if (tablet.can || tablet.why !== "handed_over") return;
    tablet.why = "checking";
    changed();
  });
  for (const name of ["infusion:refresh", "live:rate-changed", "live:infusion-paused", "live:infusion-resumed", "live:infusion-stopped", "live:clinician-changed"]) body.addEventListener(name, freshenSoon);
  body.addEventListener("live:vital-signs", ({ detail }) => {
    for (const { code, taken_at, flag } of detail.readings ?? []) if (!flag) heard.push({ code, at: Date.parse(taken_at) });
    heard.splice(0, Math.max(0, heard.length - 500));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && tablet.can && tablet.kit && !isKept && tablet.reach === "yes") keepState().catch(() => {});
  });
}

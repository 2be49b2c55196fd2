// Is the server there? The browser's own word for it is only a hint: the stream, a failed act and a look every five
// seconds decide. When it is there, what waits is sent.
import { serverNow } from "./clock.js";
import { leave, takeUp, tellOthers, writeAgain } from "./offline_entries.js";
import { ask, prove } from "./offline_keep.js";
import { lockedAsWished } from "./offline_locked.js";
import { send, sendThese, whyStopped } from "./offline_send.js";
import * as store from "./offline_store.js";
import { allow, body, changed, deny, isKept, isOfStorage, isSignedOut, isWaiting, session, tablet, waiting } from "./offline_tablet.js";

const TRY_MS = 5000;
const PROVE_MS = 15_000;
let whenBack = () => {};

/** Call this when the server answers again. */
export function whenServerIsBack(act) {
  whenBack = act;
}

export function reached(how) {
  if (how === tablet.reach) return;
  if (isSignedOut && how === "yes") return location.reload(); // somebody has signed in on this browser
  if (how !== "yes" && tablet.reach === "yes") tablet.since = serverNow();
  tablet.reach = how;
  if (how === "yes") {
    trySending();
    whenBack();
  }
  changed();
  return undefined;
}

let looking = false;
/** Ask the server whether it is there. */
export async function look() {
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

let sending = false;
/** Send what waits, once it may be sent. */
export async function trySending() {
  if (sending || !window.isSecureContext) return; // else there is nothing
  sending = true;
  try {
    let became = await send();
    const before = tablet.entries.length;
    takeUp(await store.entries(session));
    if (tablet.late.size) became = await sendLate(became);
    heardOf(became);
    if (before !== tablet.entries.length) charted();
  } catch (problem) {
    if (tablet.can && isOfStorage(problem)) deny(problem);
    if (tablet.late.size && tablet.reach === "yes") heardOf(await sendLate("sent"));
  } finally {
    sending = false;
  }
  changed();
  if (!(await lockedAsWished())) return;
  if (isKept && tablet.reach === "yes" && !tablet.late.size && tablet.entries.every((entry) => !isWaiting(entry)) && !isBeingUsed()) location.reload();
}

function heardOf(became) {
  tablet.held = ["locked", "forbidden", "failing", "stumbled"].includes(became) ? became : "";
  if (became === "unreachable") reached("no");
  if (became === "signed-out") reached("signed-out");
}

function charted() {
  tellOthers();
  body.dispatchEvent(new CustomEvent("infusion:refresh", { bubbles: true }));
  // The recovery page has no parts that look again by themselves.
  if (document.getElementById("recovery-forms") && tablet.reach === "yes" && !waiting().length && !tablet.late.size && !isBeingUsed()) location.reload();
}

/** Send what lies in this page's memory only: the disk did not take it. */
async function sendLate(became) {
  if (!["sent", "nothing", "stumbled"].includes(became)) return became;
  const late = [...tablet.late.keys()].filter((entry) => entry.state === "waiting" || entry.until < Date.now());
  if (!late.length) return became;
  const said = await sendThese(session, late, (entry, outcome) => outcome !== "unread" && leave(entry));
  charted();
  return said === "sent" ? became : said;
}

const FIELDS = "input[data-entry], #recording input, #recovery-forms :is(input:not([type=hidden]), textarea)";
const isChanged = (field) => (field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
const isBeingUsed = () => document.querySelector("dialog[open]") !== null || [...document.querySelectorAll(FIELDS)].some(isChanged);

// A disk that refused, or did not answer, is tried again: what it did not take is written as soon as it takes it.
let provedAt = 0;
async function proveAgain() {
  const isToBe = tablet.can ? tablet.late.size : tablet.kit && ["stuck", "full", "storage"].includes(tablet.why);
  if (!isToBe || Date.now() - provedAt < PROVE_MS) return;
  provedAt = Date.now();
  try {
    await prove();
    allow();
    await writeAgain();
    if (tablet.can) takeUp(await store.entries(session));
  } catch (problem) {
    deny(problem);
  }
  changed();
}

/** Begin to watch. */
export function watchServer() {
  body.addEventListener("connection:lost", look);
  body.addEventListener("connection:connected", () => (isSignedOut ? look() : reached("yes")));
  window.addEventListener("online", look);
  window.addEventListener("offline", look);
  setInterval(async () => {
    await proveAgain();
    if (tablet.reach !== "yes") look();
    else if (waiting().length || tablet.late.size) trySending();
    changed();
  }, TRY_MS);
}

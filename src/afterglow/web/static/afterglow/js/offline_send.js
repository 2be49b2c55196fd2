// Sending what waits: in the order of typing, in batches, by one tab at a time. An entry leaves the tablet only when
// the server has answered its key; the server charts a key once, however often it is sent. One that the server stumbles
// over holds back nothing but what builds on it.
import { ask } from "./offline_keep.js";
import * as store from "./offline_store.js";

const BATCH = 50;
const LOCK = "afterglow-offline-send";
const AGAIN_MS = 5000;
const AGAIN_MOST_MS = 300_000;
const stumbles = new Map(); // key → {tries, at}: the server failed over this entry; not before `at` is it tried again

/** Send what waits. Resolves to "sent", "nothing", "busy", "unreachable", "signed-out", "locked", "forbidden", "failing" or "stumbled". */
export function send() {
  if (!navigator.locks) return sendAll();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? sendAll() : "busy"));
}

/** Send entries that lie in memory only. Calls `answered` with each that the server holds now; resolves as `send` does. */
export function sendThese(session, entries, answered) {
  return sendSession(session, entries, async (entry, { outcome }) => answered(entry, outcome));
}

const isDue = (entry) => entry.state === "waiting" || (entry.state === "sending" && entry.until < Date.now());

async function sendAll() {
  const due = (await store.entries()).filter(isDue);
  if (!due.length) return "nothing";
  let became = "sent";
  for (const session of new Set(due.map((entry) => entry.session))) {
    const answer = await sendSession(session, due.filter((entry) => entry.session === session), write);
    if (answer !== "sent") became = answer;
    if (answer === "unreachable" || answer === "signed-out") break;
  }
  return became;
}

/** Write what the server said of an entry. */
async function write(entry, { outcome, reasons }) {
  if (outcome === "charted") await store.remove(entry.order);
  else if (outcome === "unread") await store.put({ ...entry, state: "unread", reasons });
  else await store.put({ ...entry, state: outcome, reasons, answeredAt: Date.now() });
}

async function sendSession(session, due, settle) {
  const form = await token(session);
  if (form.stopped) return form.stopped;
  const tablet = await store.tablet().catch(() => null); // a stuck disk names nobody; the server takes any name
  const post = (entries) => postTo(session, { tablet: tablet ?? NO_TABLET, entries }, form);
  const failing = new Set(); // keys that nothing may be built on
  let became = "sent";
  let size = BATCH;
  let rest = due;
  while (rest.length) {
    const batch = rest.slice(0, size);
    const ready = batch.filter((entry) => !isHeldBack(entry, failing));
    const said = ready.length ? await post(ready.map(sent)) : { entries: [] };
    if (said.stopped) return said.stopped;
    if (!said.entries && ready.length > 1) {
      size = 1; // one of them is it
      continue;
    }
    rest = rest.slice(batch.length);
    if (said.isStumble) stumbled(ready[0], failing);
    else if (said.error) await unread(ready[0], said.error, post, settle);
    else if (await settleEach(ready, said.entries, settle, failing)) became = "locked";
  }
  return failing.size && became === "sent" ? "stumbled" : became;
}

/** Whether an entry must wait for another: the server failed over it, or over one that it builds on. A stop waits for none. */
function isHeldBack(entry, failing) {
  const isStop = entry.body.kind === "stop";
  const waits = stumbles.get(entry.key)?.at > Date.now() || (!isStop && (failing.has(entry.body.after) || failing.has(entry.body.about)));
  if (waits) failing.add(entry.key);
  return waits;
}

function stumbled(entry, failing) {
  failing.add(entry.key);
  const tries = (stumbles.get(entry.key)?.tries ?? 0) + 1;
  stumbles.set(entry.key, { tries, at: Date.now() + Math.min(AGAIN_MS * 2 ** tries, AGAIN_MOST_MS) });
}

/** Hand on what the server said of each; says whether one is held back by a locked screen. It leaves out what it fails over. */
async function settleEach(entries, answers, settle, failing) {
  const outcomes = new Map(answers.map((each) => [each.key, each]));
  let held = false;
  for (const entry of entries) {
    const said = outcomes.get(entry.key);
    if (!said) stumbled(entry, failing);
    else if (said.outcome === "locked") held = true;
    else await settle(entry, said);
  }
  return held;
}

/** The server cannot read an entry. Its words it can: then it stands in the list, and a person says what holds. Else it stays here. */
async function unread(entry, error, post, settle) {
  const plain = (text) => String(text).replace(/[\ud800-\udfff\0]/g, "\ufffd").slice(0, 1000);
  const body = { kind: plain(entry.kind), said: plain(entry.said), by: plain(entry.claim?.login ?? "") };
  const said = await post([{ key: entry.key, kind: "unread", body, happened_at: entry.happened_at, typed_by: null, claim: null }]);
  if (said.stopped) return;
  const [answer] = said.entries ?? [{ outcome: "unread", reasons: [error] }];
  if (answer && answer.outcome !== "locked") await settle(entry, answer);
}

const NO_TABLET = "00000000-0000-0000-0000-000000000000";
const sent = ({ key, kind, body, happened_at, typed_by, claim }) => ({ key, kind, body, happened_at, typed_by: typed_by ?? null, claim: claim ?? null });

/** Post entries: {entries: […]}, {stopped: why nothing goes}, {isStumble} or {error: what it could not read}. */
async function postTo(session, content, form) {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await ask(`/sessions/${session}/offline/`, {
        method: "POST",
        patience: 20_000,
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.token },
        body: JSON.stringify(content),
      });
      if (answer.status === 403 && tries === 1) {
        // Who signs in makes older tokens void; only a fresh one that is refused says who may not.
        Object.assign(form, await token(session));
        if (!form.stopped) continue;
      }
      if (STUMBLES.includes(answer.status)) return { isStumble: true };
      const stopped = whyStopped(answer);
      if (stopped) return { stopped };
      const said = await answer.json(); // half an answer is none
      return answer.status === 400 || answer.status === 413 ? { error: said.error ?? String(answer.status) } : said;
    } catch {
      return { stopped: "unreachable" };
    }
  }
}

/** The form token of now: the one on the page may be of a sign-in that has ended. */
async function token(session) {
  try {
    const answer = await ask(`/sessions/${session}/infusion/kit.json`);
    const stopped = whyStopped(answer);
    if (stopped) return { stopped };
    return { token: (await answer.json()).csrf };
  } catch {
    return { stopped: "unreachable" };
  }
}

/** The server is there and failed over what it was sent; others (502 to 504) say that it is not. */
const STUMBLES = [500, 501];

export function whyStopped(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 401) return "signed-out";
  if (answer.status === 423) return "locked";
  if (answer.status === 403) return "forbidden";
  if (answer.status >= 500 || answer.status === 404 || answer.status === 429) return "failing";
  return "";
}

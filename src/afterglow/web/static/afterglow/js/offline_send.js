// Sending what waits: in the order of typing, in batches, by one tab at a time. An entry leaves the tablet only when
// the server has answered its key; the server charts a key once, however often it is sent.
import { ask } from "./offline_keep.js";
import * as store from "./offline_store.js";

const BATCH = 50;
const LOCK = "afterglow-offline-send";

/** Send what waits. Resolves to "sent", "nothing", "busy", "unreachable", "signed-out", "locked", "forbidden" or "failing". */
export function send() {
  if (!navigator.locks) return sendAll();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? sendAll() : "busy"));
}

const isDue = (entry) => entry.state === "waiting" || (entry.state === "sending" && entry.until < Date.now());

async function sendAll() {
  const due = (await store.entries()).filter(isDue);
  if (!due.length) return "nothing";
  let became = "sent";
  for (const session of new Set(due.map((entry) => entry.session))) {
    const answer = await sendSession(session, due.filter((entry) => entry.session === session));
    if (answer !== "sent") became = answer;
    if (answer === "unreachable" || answer === "signed-out") break;
  }
  return became;
}

async function sendSession(session, due) {
  const csrf = await token(session);
  if (csrf.stopped) return csrf.stopped;
  let size = BATCH;
  let rest = due;
  let held = false;
  while (rest.length) {
    const batch = rest.slice(0, size);
    let answer;
    let said;
    try {
      answer = await ask(`/sessions/${session}/offline/`, {
        method: "POST",
        patience: 20_000,
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf.token },
        body: JSON.stringify({ tablet: await store.tablet(), entries: batch.map(sent) }),
      });
      said = whyStopped(answer) ? null : await answer.json(); // half an answer is none
    } catch {
      return "unreachable";
    }
    const stopped = whyStopped(answer);
    if (stopped) return stopped;
    if (answer.status === 400 || answer.status === 413) {
      if (batch.length > 1) {
        size = 1;
        continue;
      }
      await store.put({ ...batch[0], state: "refused", reasons: [said.error ?? String(answer.status)] });
    } else {
      const outcomes = new Map(said.entries.map((each) => [each.key, each]));
      for (const entry of batch) held = (await settle(entry, outcomes.get(entry.key))) || held;
    }
    rest = rest.slice(batch.length);
  }
  return held ? "locked" : "sent";
}

/** Write what the server said of an entry; says whether it is held back by a locked screen. */
async function settle(entry, outcome) {
  if (!outcome || outcome.outcome === "locked") return true;
  if (outcome.outcome === "charted") await store.remove(entry.order);
  else await store.put({ ...entry, state: outcome.outcome, reasons: outcome.reasons, answeredAt: Date.now() });
  return false;
}

const sent = ({ key, kind, body, happened_at, typed_by, claim }) => ({ key, kind, body, happened_at, typed_by: typed_by ?? null, claim: claim ?? null });

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

export function whyStopped(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 401) return "signed-out";
  if (answer.status === 423) return "locked";
  if (answer.status === 403) return "forbidden";
  if (answer.status >= 500 || answer.status === 404 || answer.status === 429) return "failing";
  return "";
}

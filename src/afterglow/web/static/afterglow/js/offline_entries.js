// What was typed: made into an entry under a key of its own, written to this tablet before anything else, and gone from it
// when the server has answered that key. An entry that the disk does not take in time is kept in this page's memory,
// said to be on no record, and written or sent as soon as either goes.
import { serverNow } from "./clock.js";
import * as store from "./offline_store.js";
import { allow, body, changed, deny, isLate, pumps, session, tablet } from "./offline_tablet.js";
import { words } from "./offline_words.js";

export const FLIGHT_MS = 20_000;
const gone = new Set(); // keys that the server has answered; the disk may be slower
const failed = new WeakSet(); // the disk refused them; the others it has not answered yet
let whenHere = () => {};

const others = "BroadcastChannel" in window ? new BroadcastChannel("afterglow-offline") : null;
others?.addEventListener("message", () => tablet.can && reload().catch(() => {}));
export const tellOthers = () => others?.postMessage("changed");

/** Call this with each entry that a late disk has taken after all: (entry, {act, form}). */
export function whenLateComes(act) {
  whenHere = act;
}

const CLOCKS_MS = 60_000;
/** When an entry happened: not before the one that it builds on, by another tab's clock or a time typed to the minute. */
function timeOf(at, before) {
  const was = before ? Date.parse(before.happened_at) : -Infinity;
  return was >= at && was - at < CLOCKS_MS ? was + 1 : at;
}

/** An entry of what a form says: `found` as offline_entry.js reads it. */
export function entryOf(found, state) {
  const own = pumps().at(-1);
  const before = found.kind === "pump" ? own : found.kind === "name" ? tablet.entries.find((each) => each.key === found.body.about) : null;
  const inside = { ...found.body };
  if (found.kind === "pump" && own) inside.after = own.key;
  return {
    key: crypto.randomUUID(),
    session,
    state,
    until: Date.now() + FLIGHT_MS,
    kind: found.kind,
    body: inside,
    happened_at: new Date(timeOf(found.at, before)).toISOString(),
    typed_by: tablet.who || inside.unsigned ? null : tablet.account,
    claim: inside.unsigned ? null : (tablet.who?.claim ?? null),
    said: found.said,
    plain: found.plain ?? found.said,
    shown: found.shown ?? null,
  };
}

/** Write entries to this tablet, in their order. Resolves when all are on the disk; rejects after `patience` ms, or when it refuses. */
export async function write(entries, patience, { act = "", form = null } = {}) {
  tablet.entries.push(...entries);
  try {
    await store.within(patience, put(entries));
  } catch (problem) {
    for (const entry of entries) if (entry.order === undefined) tablet.late.set(entry, { act, form });
    deny(problem);
    throw problem;
  }
}

async function put(entries) {
  for (const entry of entries) {
    failed.delete(entry);
    try {
      await landed(entry, await store.add(entry));
    } catch (problem) {
      for (const each of entries) if (each.order === undefined) failed.add(each);
      throw problem;
    }
  }
}

async function landed(entry, order) {
  entry.order = order;
  if (gone.has(entry.key)) return store.remove(order).catch(() => {}); // charted meanwhile; sent again it is the same entry
  tellOthers();
  if (isLate(entry)) isHereAfterAll(entry);
  return undefined;
}

function isHereAfterAll(entry) {
  const was = tablet.late.get(entry);
  tablet.late.delete(entry);
  if (!tablet.late.size && tablet.why === "stuck") allow();
  whenHere(entry, was);
  changed();
}

/** Try the disk again with what it has refused. */
export async function writeAgain() {
  const again = [...tablet.late.keys()].filter((entry) => failed.has(entry));
  if (again.length) await store.within(4000, put(again)).catch(deny);
}

/** Take up what lies on the disk; what lies in memory only stays. */
export async function reload() {
  takeUp(await store.entries(session));
  changed();
}

/** What the disk holds is what is held, and the page's own entries stay the same objects. */
export function takeUp(rows) {
  const known = new Map(tablet.entries.map((entry) => [entry.key, entry]));
  const onDisk = rows.filter((row) => !gone.has(row.key)).map((row) => (known.has(row.key) ? Object.assign(known.get(row.key), row) : row));
  tablet.entries = [...onDisk, ...tablet.entries.filter((entry) => entry.order === undefined)];
  for (const entry of onDisk) if (isLate(entry)) isHereAfterAll(entry);
}

/** The server has answered this entry: it leaves the tablet. */
export async function leave(entry) {
  gone.add(entry.key);
  tablet.late.delete(entry);
  tablet.entries = tablet.entries.filter((each) => each.key !== entry.key);
  if (entry.order !== undefined) await store.remove(entry.order).catch(() => {}); // sent again it is the same entry
  tellOthers();
  changed();
}

/** No answer came: it waits. Says whether it lies on this tablet. */
export async function stay(entry) {
  entry.state = "waiting";
  if (entry.order === undefined) return false;
  await store.put(entry).catch(() => {}); // it lies there as "sending", which waits as well
  return true;
}

/** An emergency ends the infusion, as it does with a connection. */
export function stopOfEmergency() {
  if (tablet.kit?.state !== "infusing" || [...pumps(), ...lateEntries()].some((entry) => entry.body.kind === "stop")) return [];
  return [entryOf({ kind: "pump", body: { kind: "stop", reason: "Emergency" }, at: serverNow(), said: words.entry.stop }, "waiting")];
}

/** What the disk has not taken, in words, each with its time. */
export const lateEntries = () => tablet.entries.filter(isLate);


// What the band at the top says: one state, in words that nobody can take for another, and what to do.
import { serverNow } from "./clock.js";
import { make } from "./offline_draw.js";
import { showUnread } from "./offline_dialogs.js";
import { entryOf, lateEntries, leave, write } from "./offline_entries.js";
import { clockOf, read } from "./offline_entry.js";
import { isClosed, whoForm } from "./offline_locked.js";
import { body, changed, isAnswered, isKept, isSignedOut, isUnread, isWaiting, saidOf, session, tablet, waiting } from "./offline_tablet.js";
import { words } from "./offline_words.js";

const HERE_MS = 4000;

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
const reload = () => location.reload();
const saidAt = (entry, zone) => `${saidOf(entry)} ${clockOf(Date.parse(entry.happened_at), zone)}`;

/** What the band shows now: {state, title, facts, more, acts}. */
export function banner(zone) {
  const { reach, why } = tablet;
  if (isSignedOut && reach !== "no") return signedOut();
  if (why === "checking") return reach === "no" && !isKept ? notRecording(zone) : { state: "" };
  if (why === "over" || why === "may_not") return unsettled();
  if (!tablet.can || tablet.late.size) return denied(zone);
  const count = waiting().length;
  const last = tablet.last && isWaiting(tablet.last) ? [`${words.last} ${saidAt(tablet.last, zone)}`] : [];
  const since = words.since(clockOf(tablet.since || serverNow(), zone, false));
  const facts = [count ? words.waiting(count) : words.nothingWaits, since, ...last].join(" · ");
  if (reach === "no") return alone(facts);
  if (reach === "signed-out") return { state: "recording", title: words.signedOut, facts, more: words.signedOutMore, acts: [signIn()] };
  if (isKept) return { state: "sending", title: words.sending, facts: count ? words.waiting(count) : "", acts: [button(words.loadAgain, reload, "load")] };
  if (!count) return unsettled();
  const held = { locked: words.locked, forbidden: words.forbidden, failing: words.trying, stumbled: words.stumbled };
  return { state: "sending", title: words.sending, facts: words.waiting(count), more: held[tablet.held] ?? words.sendingMore };
}

const signIn = () => link(words.signIn, `/accounts/login/?next=${encodeURIComponent(location.pathname)}`);

/** The page was drawn for nobody: numbers and alarms come, and nothing is recorded before somebody signs in. */
function signedOut() {
  const count = waiting().length;
  return { state: "signed-out", title: words.signedOutHere, facts: count ? words.waiting(count) : "", more: count ? words.signedOutMore : "", acts: [signIn()] };
}

function denied(zone) {
  const count = waiting().length;
  const facts = [words.why[tablet.why] ?? words.why.storage, ...(count ? [words.waiting(count)] : [])].join(" ");
  if (tablet.reach === "yes" && !tablet.late.size) return { state: "not-ready", title: words.notReady, facts, acts: [link(words.printSheet, `/sessions/${session}/paper.pdf`)] };
  return notRecording(zone);
}

function notRecording(zone) {
  const late = lateEntries().map((entry) => saidAt(entry, zone));
  const why = words.why[tablet.why === "" ? "stuck" : tablet.why] ?? words.why.storage;
  const count = waiting().length;
  const facts = [why, ...(late.length ? [words.onNoRecord(late.join(" · "))] : []), ...(count ? [words.waiting(count)] : [])].join(" ");
  const acts = isSignedOut ? [button(words.openKept, reload, "open")] : [];
  return { state: "not-recording", title: words.notRecording, facts, more: tablet.reach === "no" ? `${words.paper} ${words.noNumbers}` : words.paper, acts };
}

function alone(facts) {
  if (isClosed()) return { state: "kept", title: words.keptPage, facts: [words.room(tablet.kit.room), facts].join(" · "), more: words.keptMore, acts: [whoForm()] };
  const acts = isKept ? [button(words.lockAgain, reload, "lock")] : [];
  if (!isKept && "locked" in body.dataset) acts.push(button(words.openKept, reload, "open"));
  const more = isKept ? `${words.recordsAs(tablet.who.login)} ${words.noNumbers}` : words.noNumbers;
  const who = askedAfter();
  if (!who) return { state: "recording", title: words.lost, facts, more, acts };
  // As on the server: nobody answers for somebody else.
  if (isAsked()) return { state: "recording", title: words.lost, facts, more: `${words.isThere(who)} ${more}`, acts: [hereButton(), ...acts] };
  const they = isKept ? acts : [button(words.theyAnswer, reload, "they"), ...acts];
  return { state: "recording", title: words.lost, facts, more: `${words.isThere(who)} ${words.onlyThey(who)} ${more}`, acts: they };
}

// ---- is somebody there? The server asks its screens; without a connection this tablet does, and keeps the answer.

const isLogin = (one, other) => one.toLowerCase() === other.toLowerCase();

/** Whether whoever records here now is the one who is asked for. */
function isAsked() {
  const { account, login } = tablet.kit.presence;
  if (!account) return true; // a kit from before it named anybody: the server judges
  return tablet.who ? isLogin(tablet.who.login, login) : tablet.account === account;
}

/** Whether an entry is of whoever is asked for: what a colleague types bears out nothing about them. */
function isOfAsked(entry) {
  const { account, login } = tablet.kit.presence;
  if (!account) return true;
  return entry.claim ? isLogin(entry.claim.login, login) : entry.typed_by === account;
}

/** Whom to ask after: nothing was done here for as long as the protocol waits; else "". */
function askedAfter() {
  const asks = tablet.kit?.presence;
  if (!asks || isClosed() || (!isKept && "locked" in body.dataset)) return "";
  const last = Math.max(Date.parse(asks.last_sign), ...tablet.entries.filter(isOfAsked).map((entry) => Date.parse(entry.happened_at)));
  return serverNow() - last > asks.ask_after_s * 1000 ? asks.who : "";
}

function hereButton() {
  const one = button(words.yesHere, async () => {
    one.disabled = true; // a second tap would be a second answer
    const entry = entryOf(read("present", document.createElement("form"), { kit: tablet.kit, now: serverNow() }), "waiting");
    try {
      await write([entry], HERE_MS);
      tablet.last = entry;
    } catch {
      // The banner says that nothing is recorded here.
    }
    changed();
  }, "here");
  one.dataset.key = "h";
  one.setAttribute("aria-keyshortcuts", "h");
  return one;
}

// ---- what no server has charted by itself

function unsettled() {
  const unread = tablet.entries.filter(isUnread);
  if (unread.length) return { state: "unsettled", title: words.unread(unread.length), facts: unread.map(saidOf).join(" · "), acts: unread.map((entry) => button(words.settle, () => showUnread(entry), entry.key)) };
  const open = tablet.kit?.unsettled ?? [];
  const known = new Set(open.map((each) => each.key));
  const reasons = new Map(open.map((each) => [each.key, each.reasons]));
  for (const entry of tablet.entries.filter(isAnswered)) {
    // What a person has settled meanwhile is settled here as well.
    if (entry.answeredAt && tablet.kitAt > entry.answeredAt && !known.has(entry.key)) leave(entry);
    else reasons.set(entry.key, entry.reasons);
  }
  if (!reasons.size || !tablet.can) return { state: "" };
  // What nobody may overlook is named first: a stop, an emergency.
  const mine = tablet.entries.filter((entry) => isAnswered(entry) && reasons.has(entry.key) && !known.has(entry.key)).map((entry) => ({ ...entry, urgent: entry.body.kind === "stop" ? "stop" : entry.body.label === "Emergency" ? "emergency" : "" }));
  const urgent = [...open, ...mine].filter((each) => each.urgent).map((each) => `${words.entry[each.urgent].toUpperCase()} ${clockOf(Date.parse(each.happened_at), tablet.kit.zone)}.`);
  return { state: "unsettled", title: words.settleMore(reasons.size), facts: [...urgent, ...new Set([...reasons.values()].flat())].join(" "), acts: [link(words.settle, `/sessions/${session}/offline/`)] };
}

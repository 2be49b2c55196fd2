// This tablet: whether it records by itself, whether it hears the server, and what it holds that no server has answered.
import { Stuck } from "./offline_store.js";
import { words } from "./offline_words.js";

export const body = document.body;
export const session = body.dataset.session;
export const isKept = "kept" in body.dataset;
/** Drawn after the sign-in had ended: it shows who nobody is, and records nothing. */
export const isSignedOut = "signedOut" in body.dataset;

export const tablet = {
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
  late: new Map(), // entries that the disk has not taken: entry → {act, form}; they lie in this page's memory only
  last: null, // the entry that was recorded here last
};

/** An error that says by its `code` why nothing can be kept; offline_words.js has the sentence. */
export class CannotKeep extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const listeners = [];
/** Call this when something of the tablet has changed. */
export const whenChanged = (listener) => listeners.push(listener);
export const changed = () => listeners.forEach((listener) => listener());

// ---- what waits

export const isLate = (entry) => tablet.late.has(entry);
export const isWaiting = (entry) => entry.order !== undefined && (entry.state === "waiting" || (entry.state === "sending" && entry.until < Date.now()));
export const isAnswered = (entry) => entry.state === "refused" || entry.state === "conflict";
export const isUnread = (entry) => entry.state === "unread";
export const waiting = () => tablet.entries.filter(isWaiting);
/** The steps of the pump that wait, in the order of pressing. */
export const pumps = () => waiting().filter((entry) => entry.kind === "pump");

// ---- what may be said of it

/** Whether this screen hides who it is: then nothing that a person has put in words is shown either. */
const isHiding = () => isSignedOut || (isKept ? !tablet.who : "locked" in body.dataset);
/** An entry in words; on a screen that hides, in those of the catalogue only. */
export const saidOf = (entry) => (isHiding() ? (entry.plain ?? words.entry[entry.kind] ?? words.entry.note) : entry.said);

// ---- why it does not record

/** Whether it is the browser that refused, and not a network that failed. */
export const isOfStorage = (problem) =>
  problem instanceof CannotKeep || problem instanceof Stuck || (problem instanceof DOMException && !["AbortError", "TimeoutError", "NetworkError"].includes(problem.name));

/** Say that nothing is kept here, and why. */
export function deny(problem) {
  if (!(problem instanceof CannotKeep || problem instanceof Stuck)) console.error(problem?.name ?? "error");
  tablet.can = false;
  if (problem instanceof CannotKeep) tablet.why = problem.code;
  else if (problem instanceof Stuck) tablet.why = "stuck";
  else if (problem?.name === "QuotaExceededError") tablet.why = "full";
  else tablet.why = isOfStorage(problem) ? "storage" : "files";
}

export function allow() {
  tablet.can = true;
  tablet.why = "";
}

// A press: first onto this tablet, then to the server. What was pressed is what the button said; a second tap of a
// trembling finger is no second act; and no press waits for the disk without an end, a stop least of all.
import { serverNow } from "./clock.js";
import { make } from "./offline_draw.js";
import { openKept } from "./offline_dialogs.js";
import { entryOf, leave, stay, stopOfEmergency, whenLateComes, write } from "./offline_entries.js";
import { actOf, clockOf, read } from "./offline_entry.js";
import { ASKS } from "./offline_fresh.js";
import { look, trySending } from "./offline_reach.js";
import { body, changed, isLate, pumps, saidOf, session, tablet, waiting } from "./offline_tablet.js";
import { words } from "./offline_words.js";
import { toast } from "./small.js";

const ANSWER_MS = 9000;
const ASK_MS = 5000;
const DISK_MS = { stop: 1000, emergency: 1000 };
const DISK_MOST_MS = 4000;
const SECOND_TAP_MS = 700;

const [PUMP, STOP, EMERGENCY] = [{}, {}, {}];
const busy = new WeakMap(); // press → until when it is under way
const tapped = new WeakMap(); // press → when it was last taken
const flying = new Map(); // form → {entry, press, said}
const lastSaid = new WeakMap(); // form → what it said when its press was last taken
const emergencies = new WeakSet(); // forms of an emergency under way to a server

/** What one press is: pause and resume stand in one place, and so do all of one kind; else it is the form. */
const pressOf = (act, form) => ({ pause: PUMP, resume: PUMP, stop: STOP, emergency: EMERGENCY })[act] ?? form;
/** A trembling finger says the same twice; a hand that types on says something else. */
const isSecondTap = (press, form) => Date.now() - (tapped.get(press) ?? -Infinity) < SECOND_TAP_MS && (form.id !== "observation" || lastSaid.get(form) === textOf(form));

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
  if (isSecondTap(pressOf(act, elt), elt)) {
    event.preventDefault();
    return;
  }
  if (!tablet.can) {
    if (tablet.reach === "no") sayOnPaper(act);
    return;
  }
  if (act === "emergency" && tablet.reach !== "no") {
    emergencies.add(elt);
    return;
  }
  event.preventDefault();
  record(elt, act, event.detail.triggeringEvent?.submitter ?? null, () => event.detail.issueRequest(true));
});

async function record(form, act, submitter, issue) {
  const press = pressOf(act, form);
  if ((busy.get(press) ?? 0) > Date.now()) {
    toast(words.underWay);
    return;
  }
  const stopped = pumps().find((entry) => entry.body.kind === "stop");
  if (stopped && ["stop", "pause", "resume", "rate"].includes(act)) {
    const at = clockOf(Date.parse(stopped.happened_at), tablet.kit.zone);
    toast(act === "stop" ? words.stopBefore(at) : words.afterStop(at), "error");
    return;
  }
  // A stop goes to the server from a screen whose sign-in has ended as well: it never waits for one.
  const online = tablet.reach === "yes" || (tablet.reach === "signed-out" && act === "stop");
  const found = read(act, form, { kit: tablet.kit, now: serverNow(), submitter, before: criteriaSaid(), lastPump: lastPumpAt() });
  if (found.errors) {
    if (online) issue();
    else showErrors(form, found.errors);
    return;
  }
  tapped.set(press, Date.now());
  const said = saidBy(form, submitter);
  lastSaid.set(form, textOf(form));
  form.dispatchEvent(new CustomEvent("infusion:taken", { bubbles: true, detail: { said } }));
  busy.set(press, Date.now() + ANSWER_MS + DISK_MOST_MS);
  if (act === "emergency") toast(words.emergencyHere, "error");
  // Who had signed in need not be who presses now: such a stop is nobody's, here as on the server.
  const isNobodys = act === "stop" && tablet.reach === "signed-out";
  const entry = entryOf(isNobodys ? { ...found, body: { ...found.body, unsigned: true } } : found, online ? "sending" : "waiting");
  typed.set(entry, textOf(form));
  const entries = act === "emergency" ? [...stopOfEmergency(), entry] : [entry];
  const onDisk = await write(entries, DISK_MS[act] ?? DISK_MOST_MS, { act, form }).then(() => true, () => false);
  tapped.set(press, Date.now());
  if (online) {
    // The server may take what this tablet does not; the banner says that it does not.
    flying.set(form, { entry, press, said });
    issue();
  } else {
    busy.delete(press);
    if (onDisk) recordedHere(entry, act, form);
    else sayLate(entries);
    form.dispatchEvent(new CustomEvent("infusion:left", { bubbles: true, detail: { onDisk } }));
  }
  if (!onDisk) changed();
}

/** It is on the tablet: the banner names it, its place in the grid or the events shows it, and its form is done. */
export function recordedHere(entry, act, form) {
  tablet.last = entry;
  form?.dispatchEvent(new CustomEvent("infusion:close", { bubbles: true }));
  if (act === "observations") emptyGrid(entry);
  if ((act === "set" || act === "score") && textOf(form) === typed.get(entry)) form.reset();
  if (act === "criteria") standsAs(form, entry.body.answers);
  changed();
}

/** What a form says at the press: the disk takes a moment, and what is typed meanwhile is of the next one. */
function saidBy(form, submitter) {
  const said = new FormData(form);
  if (submitter?.name) said.append(submitter.name, submitter.value);
  return said;
}

const typed = new WeakMap(); // entry → what its form said; what was typed since stays
const textOf = (form) => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && !name.endsWith("key"))).toString();

/** When the pump was last acted on, as far as this tablet knows: charted, or waiting here. */
const lastPumpAt = () => Math.max(...[tablet.kit.pump?.at, ...pumps().map((entry) => entry.happened_at)].filter(Boolean).map((at) => Date.parse(at)));

/** The criteria that wait here, one on the other. */
const criteriaSaid = () => Object.assign({}, ...waiting().filter((entry) => entry.kind === "criteria").map((entry) => entry.body.answers));

/** What was recorded is what the page says from now on: only what differs from it is a new answer. */
function standsAs(form, answers) {
  document.querySelector(".offline-errors")?.remove();
  for (const each of form.elements) {
    if (!(each.name in answers)) continue;
    if (each.type === "radio") each.defaultChecked = each.value === answers[each.name];
    else each.defaultValue = answers[each.name];
  }
}

/** Empty the fields that hold what was recorded; what was typed since is of the next column. */
function emptyGrid(entry) {
  const fields = [...document.querySelectorAll("#observation input[data-entry], #entry-when")];
  for (const field of fields) if (field.value.trim() === (entry.shown?.[field.name] ?? "")) field.value = "";
  document.querySelector(".offline-errors")?.remove();
  if (!fields.some((field) => field.value)) document.activeElement?.blur();
}

const saidAt = (entry) => `${saidOf(entry)} ${clockOf(Date.parse(entry.happened_at), tablet.kit?.zone ?? body.dataset.zone)}`;

const lateToasts = new WeakMap(); // entry → what says that it is on no record
function sayLate(entries) {
  if (entries.some((entry) => entry.body.kind === "stop")) toast(words.stopByHand, "error");
  for (const entry of entries) lateToasts.set(entry, toast(words.notRecordedHere(saidAt(entry)), "error"));
}

/** Nothing is recorded at all: what must be done all the same is said at once. */
function sayOnPaper(act) {
  if (act === "emergency") toast(words.emergencyHere, "error");
  if (act === "stop" || act === "emergency") toast(`${words.stopByHand}. ${words.notRecordedHere(`${words.entry[act]} ${clockOf(serverNow(), body.dataset.zone)}`)}`, "error");
}

// What the disk has taken after all is not typed twice: its form is done.
whenLateComes((entry, { act, form }) => {
  lateToasts.get(entry)?.remove();
  toast(words.recordedAfterAll(saidAt(entry)));
  if (tablet.reach === "no") recordedHere(entry, act, form);
});

function showErrors(form, errors) {
  document.querySelector(".offline-errors")?.remove();
  const list = make("ul", "grid-errors offline-errors", ...errors.map((error) => make("li", "", error)));
  list.setAttribute("role", "alert");
  (form.closest(".dialog-body") ?? form).prepend(list);
}

/** The name under which a form sends its key. */
const keyOf = (form) => form.querySelector('input[type=hidden][name$="-key"]')?.name ?? "key";

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const flight = flying.get(detail.elt);
  const act = actOf(detail.path);
  if (flight) {
    for (const name of new Set([...detail.formData.keys(), ...flight.said.keys()])) {
      detail.formData.delete(name);
      for (const value of flight.said.getAll(name)) detail.formData.append(name, value);
    }
    detail.parameters[keyOf(detail.elt)] = flight.entry.key;
    detail.timeout = ANSWER_MS;
    detail.recorded = true;
  } else if (emergencies.has(detail.elt)) {
    detail.timeout = ANSWER_MS;
    detail.recorded = true;
  } else if (tablet.can && detail.verb === "get" && ASKS.includes(act)) {
    detail.timeout = ASK_MS;
    detail.recorded = true;
  } else if (session && act && detail.verb === "post") {
    detail.timeout = ANSWER_MS; // recorded nowhere: that nothing was saved is said soon
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig?.elt;
  const flight = flying.get(form);
  const answered = isAnswer(detail);
  if (flight) {
    flying.delete(form);
    busy.delete(flight.press);
    if (answered) leave(flight.entry);
    else staysHere(flight.entry, actOf(detail.requestConfig.path), form);
  } else if (emergencies.delete(form) && !answered) {
    emergencyAlone(form);
  } else if (detail.requestConfig?.verb === "get" && ASKS.includes(actOf(detail.requestConfig.path)) && !answered && tablet.can) {
    look();
    openKept(actOf(detail.requestConfig.path));
  }
});

/** The server did not answer an emergency: it is recorded here, and what to do is said before the disk is asked. */
async function emergencyAlone(form) {
  look();
  tapped.set(EMERGENCY, Date.now());
  toast(words.emergencyHere, "error");
  const entry = entryOf(read("emergency", form, { kit: tablet.kit, now: serverNow() }), "waiting");
  const entries = [...stopOfEmergency(), entry];
  try {
    await write(entries, DISK_MS.emergency, { act: "emergency", form });
    recordedHere(entry, "emergency", form);
  } catch {
    sayLate(entries);
    changed();
  }
}

/** Whether the server itself answered what was asked: not a sign-in page, a proxy's error, or nothing. */
function isAnswer({ xhr, requestConfig }) {
  const path = (url) => new URL(url, location.href).pathname;
  const asked = path(requestConfig.path);
  const mayCome = asked.includes("/recovery/") ? [asked, `/sessions/${session}/recovery/`] : [asked]; // what is saved there leads back to it
  if (!xhr.status || !xhr.responseURL || !mayCome.includes(path(xhr.responseURL))) return false;
  return (xhr.status >= 200 && xhr.status < 300) || xhr.status === 409 || xhr.status === 422;
}

async function staysHere(entry, act, form) {
  await stay(entry);
  if (isLate(entry)) {
    sayLate([entry]);
    changed();
  } else recordedHere(entry, act, form);
  await look();
  if (tablet.reach === "yes") setTimeout(trySending, 1000);
}

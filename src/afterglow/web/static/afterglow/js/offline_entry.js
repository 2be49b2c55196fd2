// What a form of the infusion page says, as an entry that can be kept: the same fields that the server reads.
// Bad input gives a sentence at once; what the server alone can judge, it judges when the entry arrives.
import { words } from "./offline_words.js";

const CLOCK = /^([01]?\d|2[0-3])[:.h ]?([0-5]\d)$/;
const NUMBER = /^\d{1,6}(?:[.,]\d{1,6})?$/;
const RECOVERY = /\/recovery\/(readings|criteria|scores\/[\w-]+)\/$/;
const ACTS = /\/infusion\/(mark|pause|resume|stop|observations|rate|note|event|drug|present)\/$/;

/** Which act an address asks for, or "". An emergency cannot be led from here: its press is stamped. */
export function actOf(path) {
  const url = new URL(path, location.href).pathname;
  if (url.endsWith("/infusion/emergency/declare/")) return "emergency";
  const recovers = RECOVERY.exec(url)?.[1];
  if (recovers) return recovers.startsWith("scores/") ? "score" : { readings: "set", criteria: "criteria" }[recovers];
  return ACTS.exec(url)?.[1] ?? "";
}

/** The clock on the wall of the site, to the second. */
export const clockOf = (at, zone, seconds = true) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}), timeZone: zone }).format(at);

/** The latest instant, at most a minute ahead of `now`, at which the site's clock showed this time; null for no time. */
export function instantOf(text, zone, now) {
  const found = CLOCK.exec(text.trim());
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2])];
  const shown = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  // Back by minutes from now: a day has at most 25 hours, and a clock that is put back shows a time twice.
  const last = Math.floor((now + 60_000) / 60_000) * 60_000;
  for (let at = last; at > last - 26 * 3_600_000; at -= 60_000) {
    if (clockOf(at, zone, false) === shown) return at;
  }
  return null;
}

/**
 * Read a form: {kind, body, at, said, plain?, shown?} to keep (`plain`: without what a person has put in words), or {errors: [sentences]}. `now`: the server's clock, in ms;
 * `before`: the criteria that wait already, {name: answer}; `lastPump`: when the pump was last acted on, charted or waiting here, in ms.
 */
export function read(act, form, { kit, now, submitter = null, before = {}, lastPump = -Infinity }) {
  const data = new FormData(form, form.contains(submitter) || submitter?.form === form ? submitter : null);
  const field = (name) => String(data.get(name) ?? "").trim();
  const entry = READ[act]({ field, kit, form, before });
  if (entry.errors?.length) return entry;
  let at = now;
  if (field("when")) {
    at = instantOf(field("when"), kit.zone, now);
    if (at === null) return { errors: [words.wrong.time(field("when"))] };
    at = Math.min(at, now);
    // A time ahead of now is read as last night's: for a rate, that lies before the pump's last entry.
    if (act === "rate" && at < lastPump) {
      return { errors: [words.wrong.rateTime(field("when"), clockOf(lastPump, kit.zone), clockOf(now, kit.zone))] };
    }
    // A time that has not come yet, and was over yesterday before anything began, is no time of last night.
    if (kit.since && at < Date.parse(kit.since)) return { errors: [words.wrong.future(field("when"), clockOf(now, kit.zone, false))] };
  }
  return { at, ...entry };
}

const READ = {
  mark({ field, kit, form }) {
    const code = field("favourite");
    const label = code ? (kit.favourites[code] ?? "") : "";
    const said = code ? (form.querySelector("button span, button")?.textContent.trim() ?? label) : words.mark;
    return { kind: "note", body: { kind: "mark", label }, said };
  },
  emergency() {
    return { kind: "note", body: { kind: "mark", label: "Emergency", code: "EMERGENCY" }, said: words.entry.emergency };
  },
  pause: ({ field }) => ({ kind: "pump", body: { kind: "pause", seen_sequence: number(field("seen_sequence")) }, said: words.entry.pause }),
  resume: ({ field }) => ({ kind: "pump", body: { kind: "resume", seen_sequence: number(field("seen_sequence")) }, said: words.entry.resume }),
  stop: () => ({ kind: "pump", body: { kind: "stop" }, said: words.entry.stop }),
  present: () => ({ kind: "presence", body: {}, said: words.entry.presence }),
  rate({ field, kit }) {
    const rate = decimal(field("rate"));
    if (!rate || Number(rate) <= 0) return { errors: [words.wrong.rate(field("rate"))] };
    const most = kit.pump?.fastest;
    if (most && Number(rate) > Number(most)) return { errors: [words.wrong.rateAbove(rate, most)] };
    const body = { kind: "change_rate", rate, reason: field("reason"), seen_sequence: number(field("seen_sequence")) };
    return { kind: "pump", body, said: words.entry.rate(rate) };
  },
  note({ field }) {
    if (!field("text")) return { errors: [words.wrong.words] };
    if (field("from_paper")) return { errors: [words.needsConnection] }; // a copied sheet is one act, at one time
    return { kind: "note", body: { kind: "note", text: field("text") }, said: `${words.entry.note}: ${field("text")}`, plain: words.entry.note };
  },
  event({ field, kit }) {
    const [head, code] = field("what").split(":");
    const text = field("text");
    if (!head) return { errors: [words.wrong.empty] };
    if (!code) return { kind: "note", body: { kind: head, text }, said: words.entry.kinds[head] ?? head };
    const name = kit.symptoms[code] ?? code;
    const over = head === "over";
    return { kind: "note", body: { kind: "symptom", code, text, over }, said: over ? words.entry.over(name) : name };
  },
  drug({ field, kit }) {
    const chosen = kit.medicines[field("what")];
    const dose = field("dose") ? decimal(field("dose")) : chosen?.dose;
    if (!chosen || !dose || Number(dose) <= 0) return { errors: [words.wrong.dose] };
    const body = {
      product: chosen.product, dose_mg: dose, route: chosen.route, indication: field("indication") || chosen.for, confirmed: field("confirmed") !== "",
    };
    return { kind: "medicine", body, said: words.entry.medicine(chosen.medicine, dose, chosen.route) };
  },
  observations({ field, kit }) {
    const found = column(kit, field, "");
    if (!found.errors && field("when")) found.shown.when = field("when");
    return found;
  },
  set: ({ field, kit }) => column(kit, field, "set-"),
  score({ field, kit, form }) {
    const instrument = form.getAttribute("action").split("/").at(-2);
    const rule = kit.scores?.[instrument];
    if (!rule) return { errors: [words.needsConnection] };
    const errors = [];
    const answers = {};
    for (const [item, range] of Object.entries(rule.items)) {
      const text = field(`${instrument}-${item}`);
      answers[item] = text === "" ? null : Number(text);
      if (text && !/^\d{1,3}$/.test(text)) errors.push(words.wrong.number(rule.name, text));
      else if (text && (Number(text) < range.low || Number(text) > range.high)) errors.push(words.wrong.range(rule.name, text, range.low, range.high));
    }
    const given = Object.values(answers).filter((each) => each !== null);
    if (!given.length) errors.push(words.wrong.empty);
    return errors.length ? { errors } : { kind: "readings", body: { readings: {}, scales: { [instrument]: answers } }, said: `${rule.name} ${given.join(" · ")}` };
  },
  criteria({ form, before }) {
    const was = { ...defaults(form), ...before };
    const given = answered(form, "checked", "value").filter(({ name, value }) => value !== (was[name] ?? ""));
    if (!given.length) return { errors: [words.wrong.empty] };
    const answers = Object.fromEntries(given.map(({ name, value }) => [name, value]));
    const seen = Object.fromEntries(Object.entries(was).filter(([name]) => name in answers));
    return { kind: "criteria", body: { answers, was: seen }, said: given.map(({ said }) => said).join(" · "), plain: words.entry.criteria(given.length) };
  },
};

/** What is answered in a form of radios and text: [{name, value, said}], nothing for what is blank. */
const answered = (form, checked, value) =>
  [...form.elements]
    .filter((each) => each.name && !["hidden", "submit", "button", "fieldset"].includes(each.type) && (each.type === "radio" ? each[checked] : true))
    .map((each) => ({ name: each.name, value: (each.type === "radio" ? each.value : each[value]).trim(), said: sentenceOf(each) }))
    .filter((each) => each.value);
/** A question and its answer, as they stand on the page. */
function sentenceOf(field) {
  const label = field.labels?.[0]?.textContent.trim() ?? "";
  if (field.type !== "radio") return `${label}: ${field.value}`;
  const asked = field.closest("fieldset")?.querySelector("legend")?.textContent.trim() ?? field.name;
  return `${asked}: ${label}`;
}
const defaults = (form) => Object.fromEntries(answered(form, "defaultChecked", "defaultValue").map(({ name, value }) => [name, value]));

/** One column of readings and scales, each field named by its line with a prefix. */
function column(kit, field, prefix) {
  const errors = [];
  const readings = {};
  const scales = {};
  const shown = {};
  for (const line of kit.lines) {
    const text = field(prefix + line.field);
    if (!text) continue;
    shown[line.field] = text;
    if (line.field === "pressure") pressure(text, line.label, kit, readings, errors);
    else if (line.field in kit.scales) scale(text, line, kit, scales, errors);
    else sign(text, line.field, line.label, kit, readings, errors);
  }
  if (!Object.keys(shown).length) errors.push(words.wrong.empty);
  return errors.length ? { errors } : { kind: "readings", body: { readings, scales }, shown, said: `${words.entry.readings} ${Object.values(shown).join(" · ")}` };
}

const number = (text) => (/^\d{1,5}$/.test(text) ? Number(text) : 0);
const decimal = (text) => (NUMBER.test(text) ? text.replace(",", ".") : "");

function sign(text, code, label, kit, readings, errors) {
  const rule = kit.signs[code];
  const value = decimal(text);
  if (!value || (rule?.decimals === 0 && value.includes("."))) return errors.push(words.wrong.number(label, text));
  if (rule && (Number(value) < Number(rule.low) || Number(value) > Number(rule.high))) {
    return errors.push(words.wrong.range(label, `${value} ${rule.unit}`, rule.low, `${rule.high} ${rule.unit}`));
  }
  readings[code] = value;
  return 0;
}

function pressure(text, label, kit, readings, errors) {
  const parts = text.split("/").map((part) => part.trim());
  if (parts.length !== 2 || !parts[0] || !parts[1]) return errors.push(words.wrong.pressure(text));
  const before = errors.length;
  sign(parts[0], "systolic", label, kit, readings, errors);
  sign(parts[1], "diastolic", label, kit, readings, errors);
  if (errors.length === before && Number(parts[0]) <= Number(parts[1])) errors.push(words.wrong.swapped(parts[0], parts[1]));
  return 0;
}

function scale(text, line, kit, scales, errors) {
  const rule = kit.scales[line.field];
  if (!/^\d{1,3}$/.test(text)) return errors.push(words.wrong.number(line.label, text));
  if (Number(text) < rule.low || Number(text) > rule.high) return errors.push(words.wrong.range(line.label, text, rule.low, rule.high));
  scales[line.field] = { [rule.item]: Number(text) };
  return 0;
}

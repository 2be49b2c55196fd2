// What recording without a connection looks like: the banner, the columns and events that wait, a stop that waits,
// the clock of a drip that was paused or stopped here, a reading that is overdue.
import { serverNow } from "./clock.js";
import { clockOf } from "./offline_entry.js";
import { words } from "./offline_words.js";

const banner = document.getElementById("recording");
const stopBand = document.getElementById("recording-stop");
const overdueBand = document.getElementById("recording-overdue");

/** An element with a class and text or children. */
export function make(tag, name, ...inside) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...inside);
  return element;
}

const put = (element, text) => element.textContent !== text && (element.textContent = text);

/** Draw the banner: {state, title, facts, more, acts: [elements]}; state "" hides it. What is the same is not said again. */
export function drawBanner({ state, title = "", facts = "", more = "", acts = [] }) {
  banner.hidden = !state;
  banner.dataset.recording = state;
  document.body.dataset.recording = state || "quiet";
  delete document.body.dataset.asleep;
  put(banner.querySelector("[data-title]"), title);
  put(banner.querySelector("[data-facts]"), facts);
  put(banner.querySelector("[data-more]"), more);
  const place = banner.querySelector("[data-acts]");
  const id = acts.map((act) => act.dataset.id ?? act.textContent).join("|");
  if (place.dataset.shows === id) return;
  place.dataset.shows = id;
  place.replaceChildren(...acts);
}

/** The line beside the connection: whether this tablet could record without one. */
export function drawLine(text) {
  for (const line of document.querySelectorAll("[data-recording-line]")) {
    put(line, text);
    line.hidden = !text;
  }
}

/** Whether these entries stand there already; a panel that was fetched anew has none. */
function isDrawn(place, entries, about = () => "") {
  const shows = entries.map((entry) => `${entry.key} ${entry.state} ${about(entry)}`).join();
  const same = (place.dataset.shows ?? "") === shows;
  place.dataset.shows = shows;
  return same;
}

/** The readings that wait, as columns of the grid before the open one. */
export function drawColumns(entries, zone) {
  const grid = document.querySelector("table[data-grid]");
  if (!grid || isDrawn(grid, entries)) return;
  for (const old of grid.querySelectorAll(".is-waiting")) old.remove();
  const open = grid.querySelector("thead th.is-open");
  if (!open) return;
  for (const entry of entries) {
    const head = make("th", "is-waiting", make("span", "numeric", clockOf(Date.parse(entry.happened_at), zone, false)), " ", make("span", "waits", label(entry)));
    head.scope = "col";
    open.before(head);
    for (const row of grid.querySelectorAll("tbody tr")) {
      const cell = row.querySelector("td.is-open");
      const code = cell?.querySelector("input")?.dataset.code;
      cell?.before(make("td", "is-waiting", entry.shown?.[code] ?? ""));
    }
  }
  if (entries.length) grid.parentElement.scrollLeft = grid.parentElement.scrollWidth;
}

const label = (entry) => (["refused", "conflict", "unread"].includes(entry.state) ? words.refused : words.waits);

/** Everything else that waits, at the end of the list of events: `say` puts an entry in words. */
export function drawEvents(entries, { zone, say, isNameless, name }) {
  const strip = document.querySelector(".event-strip");
  if (!strip || isDrawn(strip, entries, (entry) => `${isNameless(entry)} ${say(entry)}`)) return;
  for (const old of strip.querySelectorAll(".is-waiting")) old.remove();
  for (const entry of entries) {
    const at = make("time", "numeric", clockOf(Date.parse(entry.happened_at), zone, false));
    at.dateTime = entry.happened_at;
    const item = make("li", "event is-waiting", at, " ", make("span", "", say(entry)), " ", make("span", "waits", label(entry)));
    if (isNameless(entry)) {
      const button = make("button", "link-button", words.nameIt);
      button.type = "button";
      button.addEventListener("click", () => name(entry));
      item.append(" ", button);
    }
    strip.append(item);
  }
  if (entries.length) strip.scrollLeft = strip.scrollWidth;
}

/** The stop that was pressed here and has not arrived: it stays in sight. */
export function drawStop(entry, zone) {
  const text = entry ? `${entry.key}` : "";
  if (stopBand.dataset.shows === text) return;
  stopBand.dataset.shows = text;
  stopBand.hidden = !entry;
  stopBand.replaceChildren();
  if (!entry) return;
  const at = clockOf(Date.parse(entry.happened_at), zone);
  stopBand.append(make("strong", "", words.stopByHand), make("span", "numeric", words.stopHere(at)));
}

/** A reading that is overdue by the kept plan, with its sound, and where it is written: here or on paper. */
export function drawOverdue(slot, { level, zone, isHere }) {
  const id = slot ? `${slot.due_at} ${isHere}` : "";
  if (overdueBand.dataset.shows === id) return;
  overdueBand.dataset.shows = id;
  overdueBand.hidden = !slot;
  overdueBand.className = `recording-overdue alarm-band alarm-${level}`;
  overdueBand.replaceChildren();
  if (!slot) return;
  const sound = make("span", "");
  sound.hidden = true;
  sound.dataset.soundLevel = level;
  overdueBand.append(make("strong", "alarm-word", words.overdue(clockOf(Date.parse(slot.due_at), zone, false))), make("span", "", isHere ? words.overdueMore : words.overduePaper), sound);
}

const STATE_AFTER = { pause: "paused", resume: "running", stop: "stopped" };
/** Pause, Resume and Rate as the steps that wait here leave the pump: the page drew them as the server knew it. */
export function drawPump(pumps) {
  for (const part of document.querySelectorAll("#panel-actions [data-while]")) {
    const state = pumps.reduce((was, { body }) => STATE_AFTER[body.kind] ?? was, part.dataset.pump);
    part.hidden = part.dataset.while !== state;
  }
}

/** The drug's row says what waits of the pump: what the server charted, and that the pump agreed, holds no more. */
export function drawDrug(pumps, { zone, say }) {
  const line = document.querySelector("#panel-drug .drug-given");
  if (!line) return;
  const last = pumps.at(-1);
  line.classList.toggle("is-overtaken", Boolean(last));
  const old = line.querySelector(".drug-waits");
  const text = last ? `${say(last)} ${clockOf(Date.parse(last.happened_at), zone)}` : "";
  if (old?.dataset.shows === text) return;
  old?.remove();
  if (!last) return;
  const waits = make("span", "drug-waits", make("strong", "numeric", text), " ", make("span", "waits", words.waits));
  waits.dataset.shows = text;
  line.prepend(waits);
}

/** No alarm comes without a server: what stands on the page says of when it is. `at` null: it is of now. */
export function drawAlarmsAsOf(at, zone) {
  const line = document.getElementById("recording-alarms");
  line.hidden = at === null;
  if (at === null) return;
  const say = document.querySelector("#panel-alarms .alarm-band") ? words.alarmsAsOf : words.noAlarmAt;
  put(line, say(clockOf(at, zone, false)));
}

/** The drip's clock, with the pauses and the stop that wait here. */
export function drawClock(pumps) {
  const runs = document.querySelector(".infusion-clock [data-elapsed-since]");
  if (!runs || !pumps.length) return;
  runs.dataset.wasSince ??= runs.dataset.elapsedSince;
  runs.dataset.wasBase ??= runs.dataset.elapsedBase ?? "0";
  let since = Date.parse(runs.dataset.wasSince);
  let base = Number(runs.dataset.wasBase);
  for (const { body, happened_at } of pumps) {
    const at = Date.parse(happened_at);
    if ((body.kind === "pause" || body.kind === "stop") && Number.isFinite(since)) {
      base += Math.max(0, (at - since) / 1000);
      since = NaN;
    }
    if (body.kind === "resume" && !Number.isFinite(since)) since = at;
  }
  runs.dataset.elapsedBase = String(base);
  runs.dataset.elapsedSince = Number.isFinite(since) ? new Date(since).toISOString() : "";
  const left = document.querySelector(".infusion-clock [data-left]");
  if (left) {
    delete left.dataset.remainingUntil; // what is left follows from a rate that no server has charted yet
    put(left, "–");
  }
}

/** The numbers as they were last seen: [{sign, text, detail, at}]; clock.js dims what is old. */
export function drawNumbers(numbers) {
  for (const { sign, text, detail, at } of numbers ?? []) {
    const tile = document.querySelector(`.vital[data-sign="${CSS.escape(sign)}"]`);
    if (!tile || (tile.dataset.at && Date.parse(tile.dataset.at) > Date.parse(at))) continue;
    tile.querySelector("[data-value]").textContent = text;
    const more = tile.querySelector("[data-detail]");
    if (more) more.textContent = detail;
    tile.dataset.at = at;
  }
}

/** The numbers that stand on the page now, to be kept. */
export function numbersShown() {
  return [...document.querySelectorAll(".vital[data-sign][data-at]")].map((tile) => ({
    sign: tile.dataset.sign,
    text: tile.querySelector("[data-value]")?.textContent ?? "",
    detail: tile.querySelector("[data-detail]")?.textContent ?? "",
    at: tile.dataset.at,
  }));
}

/** The reading that is overdue now by the kept plan, or null. `taken`: [{code, at}] that no server has judged yet. */
export function overdueSlot(kit, taken) {
  const now = serverNow();
  const slots = plan(kit, now);
  const late = slots.filter((slot) => Date.parse(slot.overdue_at) < now && !(slot.closes_at && Date.parse(slot.closes_at) <= now));
  return late.find((slot) => !isTaken(slot, taken)) ?? null;
}

/** The kept plan, carried on by its own distance after its end. */
export function plan(kit, now) {
  const slots = [...kit.slots];
  const every = (kit.state === "infusing" ? kit.every_s.infusing : kit.every_s.recovery) * 1000;
  while (slots.length && every && Date.parse(slots.at(-1).due_at) < now) {
    const last = slots.at(-1);
    const ahead = (iso) => iso && new Date(Date.parse(iso) + every).toISOString();
    const next = { due_at: ahead(last.due_at), opens_at: ahead(last.opens_at), closes_at: null, overdue_at: ahead(last.overdue_at), needs: last.needs };
    slots[slots.length - 1] = { ...last, closes_at: last.closes_at ?? next.opens_at };
    slots.push(next);
  }
  return slots;
}

function isTaken(slot, taken) {
  const [from, to] = [Date.parse(slot.opens_at), slot.closes_at ? Date.parse(slot.closes_at) : Infinity];
  const codes = new Set(taken.filter((each) => each.at >= from && each.at < to).map((each) => each.code));
  return slot.needs.every((group) => group.split("/").some((code) => codes.has(code)));
}

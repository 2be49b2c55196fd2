// A finished session played back: one clock of its own moves the graph, the numbers, the pump's rate and the
// alarms as they were. Nothing is asked of the server and nothing is live.
import { words } from "./words.js";

const data = JSON.parse(document.getElementById("playback-data").textContent);
const host = document.querySelector("[data-trend]");
const clockPlace = document.querySelector("[data-playback-clock]");
const alarmsPlace = document.querySelector("[data-playback-alarms]");
const ratePlace = document.querySelector("[data-playback-rate]");
const toldPlace = document.querySelector("[data-playback-told]");
const SHOWN = 2; // bands in full, as in the room
const range = document.querySelector("[data-playback-range]");
const speed = document.querySelector("[data-playback-speed]");
const toggle = document.querySelector("[data-playback-toggle]");
const CALM_STEP = 1000; // with reduced motion the picture moves once a second

let at = data.begins;
let playing = false;
let before = 0;
let drawn = -Infinity;

let clock = null; // in the site's zone, once the graph's data says which

function whenReady(then) {
  if (host.trend) then();
  else host.addEventListener("trend:ready", then, { once: true });
}

/** What each open alarm looked like at a moment: its steps up to then, in order. */
function openAt(moment) {
  const open = new Map();
  let soundAgain = -Infinity; // what begins or gets worse breaks every silence
  for (const act of data.acts) {
    if (act.t > moment) break;
    if (act.act === "raised" || act.act === "escalated") soundAgain = act.t;
    const known = open.get(act.alarm);
    if (act.act.startsWith("told_")) continue; // who heard of it changes nothing of how it looks
    if (act.act === "ended") open.delete(act.alarm);
    else if (act.act === "acknowledged") known && open.set(act.alarm, { ...known, acknowledged: true, seenBy: act.by, level: act.level });
    else if (act.act === "silenced") known && open.set(act.alarm, { ...known, silentFrom: act.t, silentUntil: act.until });
    else {
      const asksAgain = act.act === "escalated" || act.act === "reminded";
      open.set(act.alarm, { ...known, ...act, since: known?.since ?? act.t, acknowledged: known?.acknowledged && !asksAgain, gone: act.act === "condition_gone" });
    }
  }
  for (const one of open.values()) one.silent = one.silentUntil > moment && one.silentFrom >= soundAgain;
  const weight = { red: 0, amber: 1, technical: 2 };
  return [...open.values()].sort((a, b) => Boolean(a.acknowledged) - Boolean(b.acknowledged) || weight[a.level] - weight[b.level]);
}

/** The shape of an alarm: the page holds one of each. */
const symbol = (level) => document.querySelector(`template[data-symbol="${level}"]`)?.content.cloneNode(true) ?? "";

function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

let shownAlarms = "";
function drawAlarms() {
  const open = openAt(at);
  const key = open.map((one) => `${one.alarm} ${one.level} ${one.seen} ${one.acknowledged} ${one.silent} ${one.gone} ${one.seenBy}`).join("|");
  if (key === shownAlarms) return;
  shownAlarms = key;
  const said = alarmsPlace.dataset;
  alarmsPlace.replaceChildren(
    ...open.slice(0, SHOWN).map((one) => {
      const band = element("section", `alarm-band alarm-${one.level}${one.acknowledged ? " alarm-acknowledged" : ""}`, "");
      const facts = element("p", "alarm-facts", "");
      facts.append(element("span", "alarm-value numeric", one.seen));
      if (one.limit) facts.append(element("span", "", `${said.limit} ${one.limit}`));
      facts.append(element("span", "numeric", `${said.since} ${clock.format(one.since * 1000)}`));
      if (one.gone) facts.append(element("span", "", one.seenBy ? said.goneSeen.replace("#", one.seenBy) : said.gone));
      if (one.acknowledged) facts.append(element("span", "", said.seen));
      if (one.silent) facts.append(element("span", "numeric", `${said.silent} ${clock.format(one.silentUntil * 1000)}`));
      band.append(symbol(one.level), element("p", "alarm-word", one.word), facts);
      return band;
    }),
  );
  if (!open.length) alarmsPlace.append(element("p", "alarm-none", said.none));
  if (open.length > SHOWN) alarmsPlace.append(more(open.slice(SHOWN)));
}

/** What has no band of its own: one line each, as in the room. */
function more(rest) {
  const list = element("ul", "alarm-more", "");
  for (const one of rest) {
    const line = element("li", "", "");
    line.append(symbol(one.level), element("span", "strong", one.word), element("span", "numeric", one.seen), element("span", "numeric", clock.format(one.since * 1000)));
    list.append(line);
  }
  return list;
}

/** The last of some points in order of time that is not after a moment. */
function lastOf(points, moment) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= moment) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
}

function drawNumbers() {
  for (const tile of document.querySelectorAll(".vital[data-sign]")) {
    const points = host.trend.points[tile.dataset.sign] ?? [];
    // A number is what was measured by then: the graph's minute points are drawn at the minute's end.
    const exact = data.values[tile.dataset.sign] && lastOf(data.values[tile.dataset.sign], at);
    const last = data.values[tile.dataset.sign] ? exact && { x: exact[0], y: exact[1] } : points.findLast((point) => point.x <= at && !point.artefact);
    const pressure = last?.high !== undefined && last?.y === undefined;
    tile.hidden = !points.length;
    tile.querySelector("[data-value]").textContent = last ? (pressure ? `${last.high}/${last.low}` : String(last.y)) : "–";
    tile.querySelector("[data-detail]").textContent = pressure && last.mean ? `(${last.mean})` : "";
    tile.querySelector("[data-age]").textContent = last ? words.ago(`${Math.max(0, Math.round(at - last.x))} s`) : "";
  }
  const charted = data.rates.findLast((one) => one.t <= at)?.rate ?? "–";
  const told = data.told.findLast((one) => one.t <= at)?.rate;
  ratePlace.textContent = charted;
  toldPlace.parentElement.hidden = told === undefined || told === charted;
  toldPlace.textContent = told ?? "";
}

function draw() {
  clockPlace.textContent = clock.format(at * 1000);
  range.value = String(Math.round(((at - data.begins) / (data.ends - data.begins)) * 1000));
  range.setAttribute("aria-valuetext", clockPlace.textContent);
  drawAlarms();
  drawNumbers();
  for (const line of document.querySelectorAll("[data-playback-at]")) line.classList.toggle("is-to-come", Number(line.dataset.playbackAt) > at);
  host.trend.advance();
}

function go(now) {
  if (!playing) return;
  at = Math.min(data.ends, at + ((now - before) / 1000) * Number(speed.value));
  before = now;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!calm || now - drawn >= CALM_STEP || at >= data.ends) {
    drawn = now;
    draw();
  }
  if (at >= data.ends) return play(false);
  requestAnimationFrame(go);
}

function play(on) {
  playing = on;
  toggle.querySelector("span").textContent = on ? toggle.dataset.pause : toggle.dataset.play;
  if (!on) return;
  if (at >= data.ends) at = data.begins;
  before = performance.now();
  requestAnimationFrame(go);
}

whenReady(() => {
  const zone = host.trend.data.zone;
  clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone || undefined });
  host.trend.clock = () => at;
  host.trend.data.events = data.events;
  toggle.addEventListener("click", () => play(!playing));
  range.addEventListener("input", () => {
    at = data.begins + (Number(range.value) / 1000) * (data.ends - data.begins);
    draw();
  });
  draw();
});

// The vitals graph. uPlot gives scales, axes and the cursor; the marks are drawn in trend_draw.js, because in
// this room a shape means something: ∨∧ pressures, ● heart, ◆ oxygen, ▵ breath, ◇ CO2, ▫ temperature; hollow
// is artefact; a gap stays a gap; now stands at 80 % of the width; the future is shaded.
//
// <div class="trend" data-trend="trend-data" data-window-minutes="60"></div>
// <script id="trend-data" type="application/json"> with { zone, origin, started, limits: [{sign, value, level}],
//   baseline: {pressure: [124, 78], heart: [72]}, whole: [from, to]?, gap_s: {heart: 150}, events: [{at, mark, words}],
//   lines: [{sign, source, artefact, points: [[t, value] | [t, value, low, high] | [t, systolic, diastolic, mean]]}] }
// where t is seconds after origin. `readings: [{sign, source, at, value | systolic, diastolic, mean, artefact}]` is taken too.
//
// What streams in is kept by the minute, so that a day of it costs no more than a day of minutes.
import uPlot from "../../vendor/uplot/uPlot.esm.js";

import { serverNow } from "./clock.js";
import { drawOver, drawUnder } from "./trend_draw.js";
import { words } from "./words.js";


const NOW_AT = 0.8;
const SIGNS = ["pressure", "heart", "oxygen", "breath", "co2", "temperature"];
const SHORT = { pressure: "BP", heart: "HR", oxygen: "SpO2", breath: "RR", co2: "EtCO2", temperature: "T" };
const WINDOWS = [10, 20, 30, 60, 120, 240, 480, 960].map((minutes) => minutes * 60);
const MINUTE = 60;
const CUFF = 15; // an arterial line says a pressure every second: carets nearer than this lie on each other
const DEVICE = "device";
export const VENT_TOP = 60; // the top of the panel of breaths (/min) and CO2 (mmHg)
const SHARE = 0.3; // how much of the height that panel takes
const HIGH_ENOUGH = 190; // CSS pixels below which there is no room for it
const seconds = (iso) => Date.parse(iso) / 1000;

/** The index of the first point at or after a time; with `after`, of the first one that is later. */
function indexAt(list, x, after = false) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].x < x || (after && list[middle].x === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Put a point where its time is; nearly always that is the end. */
function insert(list, point) {
  list.splice(indexAt(list, point.x, true), 0, point);
}

class Trend {
  constructor(host, data) {
    this.host = host;
    this.window = Number(host.dataset.windowMinutes ?? 60) * 60;
    this.still = host.dataset.until ? seconds(host.dataset.until) : null; // a finished session does not move
    this.behind = 0; // seconds that a person has scrolled back
    this.clock = null; // a playback's own time
    this.placed = [];
    this.load(data);
    this.readColours();
    this.plot = new uPlot(this.options(), this.frame(), host);
    new ResizeObserver(() => this.resize()).observe(host);
    document.body.addEventListener("theme:changed", () => {
      this.readColours();
      this.plot.redraw();
    });
    document.body.addEventListener("live:reading", ({ detail }) => this.add(detail));
    setInterval(() => this.advance(), 5000);
    this.handle();
  }

  /** Take the whole data anew; the events that are on the axis stay. */
  load(data) {
    const events = this.data?.events;
    this.data = data;
    if (events && !data.events?.length) data.events = events;
    this.points = Object.fromEntries(SIGNS.map((sign) => [sign, []]));
    const origin = data.origin ?? 0;
    for (const { sign, source = DEVICE, artefact, points } of data.lines ?? []) {
      const list = this.points[sign];
      if (!list) continue;
      for (const [t, value, low, high] of points) {
        if (sign === "pressure") list.push({ x: origin + t, source, artefact, high: value, low, mean: high });
        else list.push({ x: origin + t, source, artefact, y: value, low: low ?? value, high: high ?? value });
      }
    }
    for (const sign of SIGNS) this.points[sign].sort((a, b) => a.x - b.x);
    for (const reading of data.readings ?? []) this.take(reading);
    this.first = Math.min(...SIGNS.map((sign) => this.points[sign][0]?.x ?? Infinity), data.started ?? Infinity);
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colour = Object.fromEntries(
      [...SIGNS, "ink", "ink-2", "line", "shade", "surface", "red", "amber", "primary", "paper"].map((name) => [name, token(name)]),
    );
    this.family = token("font");
    this.font = `14px ${this.family}`;
  }

  // A hand and a device are two lines: neither becomes a part of the other's minute. Returns "new", "moved" (a point
  // that was there took it in), or false.
  take({ sign, at, value, systolic, diastolic, mean, source = DEVICE, artefact = false }) {
    const list = this.points[sign];
    if (!list) return false;
    const point = { x: seconds(at), source, artefact };
    if (sign === "pressure") Object.assign(point, { high: Number(systolic), low: Number(diastolic), mean: mean == null ? null : Number(mean) });
    else point.low = point.high = point.y = Number(value);
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y ?? point.high)) return false;
    const apart = sign === "pressure" ? CUFF : MINUTE;
    const known = this.slotOf(list, point, apart);
    if (sign === "pressure") {
      // The cuff that was drawn and comes once more is that cuff; a later one of the same moment takes its place.
      if (known && known.x > point.x) return false;
      if (known && known.x === point.x && known.high === point.high && known.low === point.low) return false;
      if (!known) insert(list, point);
      else Object.assign(known, point);
      return known ? "moved" : "new";
    }
    if (!known) {
      insert(list, point);
      return "new";
    }
    known.low = Math.min(known.low, point.y);
    known.high = Math.max(known.high, point.y);
    if (point.x >= known.x) {
      known.x = point.x;
      known.y = sign === "oxygen" ? known.low : point.y;
    } else if (sign === "oxygen") known.y = known.low;
    return "moved";
  }

  /** The point of the same source that stands for the same stretch of time; the newest are looked at first. */
  slotOf(list, { x, source, artefact }, apart) {
    const slot = Math.floor(x / apart);
    for (let i = list.length - 1; i >= 0 && list[i].x >= slot * apart; i -= 1) {
      const other = list[i];
      if (other.source === source && other.artefact === artefact && Math.floor(other.x / apart) === slot) return other;
    }
    return null;
  }

  /** Take a reading that has just arrived; late ones find their place in time. */
  add(reading) {
    const taken = this.take(reading);
    if (!taken) return;
    this.first = Math.min(this.first, this.points[reading.sign][0].x);
    // A cuff is drawn at once; an arterial line that moves its last caret each second is not.
    if ((reading.sign === "pressure" && taken === "new") || reading.source === "hand" || reading.artefact) this.advance();
    else this.advanceSoon();
  }

  isStill() {
    return this.still !== null && !this.clock;
  }

  now() {
    return this.clock?.() ?? this.still ?? serverNow() / 1000;
  }

  range() {
    if (this.data.whole) return this.data.whole; // a rehearsal is seen from its first to its last second
    const edge = this.now() - this.behind;
    if (this.isStill()) return [edge - this.window, edge];
    return [edge - this.window * NOW_AT, edge + this.window * (1 - NOW_AT)];
  }

  between(sign, from, to) {
    const list = this.points[sign];
    return list.slice(indexAt(list, from), indexAt(list, to, true));
  }

  frame() {
    const [from, to] = this.range();
    return [[from, to], [null, null], [null, null], [null, null]];
  }

  // A monitor speaks every second, and in an hour's window a pixel is five: what streams is drawn when a pixel has
  // passed, and within three seconds. The big numbers say each reading at once.
  advanceSoon() {
    if (this.soon) return;
    const pixel = (1000 * this.window) / Math.max(200, this.plot.width); // the host is not asked: that lays the page out
    this.soon = setTimeout(() => this.advance(), Math.min(3000, pixel));
  }

  advance() {
    clearTimeout(this.soon);
    this.soon = 0;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.plot.setData(this.frame());
      this.tellMoved();
    });
  }

  /** Say that another stretch is shown, once it differs by a pixel or so. */
  tellMoved() {
    const [from, to] = this.range();
    const [wasFrom, wasTo] = this.told ?? [0, 0];
    if (Math.abs(from - wasFrom) + Math.abs(to - wasTo) < (to - from) / 800) return;
    this.told = [from, to];
    document.dispatchEvent(new CustomEvent("trend:moved"));
  }

  resize() {
    const { width, height } = this.host.getBoundingClientRect();
    if (width <= 50 || height <= 50) return;
    this.plot.setSize({ width, height });
    this.plot.setData(this.frame()); // the panel of breaths comes or goes with the height, and every scale with it
  }

  // ---- looking back: numbers and alarms go on beside the graph, and one tap is back at now

  scroll(by) {
    const most = Math.max(0, this.now() - this.first - this.window * 0.5);
    this.behind = Math.min(most, Math.max(0, this.behind + by));
    if (this.behind < this.window * 0.02) this.behind = 0;
    this.say();
  }

  zoom(step) {
    const index = WINDOWS.findIndex((size) => size >= this.window);
    const next = WINDOWS[Math.min(WINDOWS.length - 1, Math.max(0, (index < 0 ? WINDOWS.length - 1 : index) + step))];
    this.window = next;
    this.scroll(0);
  }

  toNow() {
    this.behind = 0;
    this.say();
  }

  say() {
    this.host.classList.toggle("is-behind", this.behind > 0);
    const tools = document.querySelector("[data-trend-tools]");
    if (tools) {
      tools.querySelector("[data-trend-now]").hidden = this.behind === 0;
      tools.querySelector("[data-trend-window]").textContent = this.window < 3600 ? `${this.window / 60} min` : `${this.window / 3600} h`;
    }
    this.advance();
  }

  handle() {
    const { host } = this;
    document.querySelector("[data-trend-tools]")?.addEventListener("click", (event) => {
      const act = event.target.closest("[data-trend-do]")?.dataset.trendDo;
      if (act === "out") this.zoom(1);
      if (act === "in") this.zoom(-1);
      if (act === "back") this.scroll(this.window / 4);
      if (act === "now") this.toNow();
    });
    host.addEventListener("keydown", (event) => {
      const acts = {
        ArrowLeft: () => this.scroll(this.window / 4),
        ArrowRight: () => this.scroll(-this.window / 4),
        Home: () => this.scroll(Infinity),
        End: () => this.toNow(),
        "+": () => this.zoom(-1),
        "-": () => this.zoom(1),
      };
      if (!(event.key in acts) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      acts[event.key]();
    });
    host.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) this.zoom(event.deltaY > 0 ? 1 : -1);
        else this.scroll((-event.deltaX / host.clientWidth) * this.window);
      },
      { passive: false },
    );
    let held = null;
    host.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, from: this.behind, moved: false };
    });
    host.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons) return this.readOut(event);
      const by = event.clientX - held.x;
      if (Math.abs(by) < 6 && !held.moved) return;
      held.moved = true;
      this.behind = held.from;
      this.scroll((by / host.clientWidth) * this.window);
    });
    host.addEventListener("pointerup", (event) => {
      if (held && !held.moved) this.tap(event);
      held = null;
    });
    host.addEventListener("pointercancel", () => (held = null));
    // A new alarm is about now: whoever looked back is brought to it.
    document.body.addEventListener("live:alarms", () => this.behind && this.toNow());
  }

  place(event) {
    const box = this.plot.over.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** A tap on a number leads to its note; a tap elsewhere to the raw readings of that minute. */
  tap(event) {
    const { x, y } = this.place(event);
    const { bbox } = this.plot;
    const mark = this.placed.find((one) => Math.hypot((one.x - bbox.left) / devicePixelRatio - x, (one.y - bbox.top) / devicePixelRatio - y) <= 16);
    if (mark) {
      const note = document.querySelector(`[data-event="${mark.mark}"]`);
      note?.scrollIntoView({ block: "nearest", inline: "center" });
      note?.focus({ preventScroll: true });
      return;
    }
    const at = this.plot.posToVal(x, "x");
    if (this.host.dataset.rawUrl && x >= 0 && at <= this.now()) {
      document.body.dispatchEvent(new CustomEvent("infusion:ask", { detail: { url: `${this.host.dataset.rawUrl}${Math.floor(at / MINUTE) * MINUTE}/` } }));
    }
  }

  /** Say under the pointer what stood there: the nearest minute of each sign. */
  readOut(event) {
    const out = document.querySelector("[data-trend-readout]");
    if (!out || event.pointerType === "touch") return;
    const at = this.plot.posToVal(this.place(event).x, "x");
    if (at > this.now()) return out.replaceChildren();
    const said = SIGNS.flatMap((sign) => {
      const near = this.between(sign, at - 300, at + 300).filter((p) => !p.artefact);
      const best = near.reduce((a, b) => (a && Math.abs(a.x - at) <= Math.abs(b.x - at) ? a : b), null);
      if (!best || (sign !== "pressure" && Math.abs(best.x - at) > 90)) return [];
      const value = sign === "pressure" ? `${best.high}/${best.low}` : best.y;
      return [`${SHORT[sign]} ${value} (${this.clockWords.format(best.x * 1000)}${best.source === "hand" ? `, ${words.byHand}` : ""})`];
    });
    out.textContent = said.length ? `${this.clockWords.format(at * 1000)}  ${said.join(" · ")}` : "";
  }

  gap(sign) {
    return this.data.gap_s?.[sign] ?? (sign === "pressure" ? 900 : 60);
  }

  options() {
    const { width, height } = this.host.getBoundingClientRect();
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: this.data.zone || undefined });
    this.clockWords = clock;
    const axis = (more) => ({
      stroke: () => this.colour["ink-2"],
      grid: { stroke: () => this.colour.line, width: 1 },
      ticks: { show: false },
      font: this.font,
      ...more,
    });
    return {
      width: Math.max(200, width),
      height: Math.max(120, height),
      padding: [8, 4, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      legend: { show: false },
      scales: {
        x: { time: true, range: () => this.range() },
        y: { range: () => this.leftRange() },
        percent: { range: () => this.percentRange() },
        vent: { range: () => [0, VENT_TOP / (this.share() || 1)] },
      },
      series: [{}, { scale: "y" }, { scale: "percent" }, { scale: "vent" }],
      axes: [
        axis({ values: (_, splits) => splits.map((at) => clock.format(at * 1000)), incrs: [60, 120, 300, 600, 900, 1800, 3600, 7200], space: 60, size: 30 }),
        axis({ scale: "y", incrs: [20, 40, 50, 100], size: 44, space: 24, filter: (_, splits) => splits.map((v) => (v >= 0 ? v : null)) }),
        axis({ scale: "percent", side: 1, grid: { show: false }, incrs: [5, 10, 20], size: 46, space: 24, filter: (_, splits) => splits.map((v) => (v >= this.percentFloor() ? v : null)), values: (_, splits) => splits.map((v) => (v !== null && v <= 100 ? `${v} %` : "")) }),
      ],
      hooks: { drawClear: [(u) => drawUnder(this, u)], draw: [(u) => drawOver(this, u)] },
    };
  }

  seen(sign) {
    const [from, to] = this.range();
    return this.between(sign, from, to).filter((point) => !point.artefact);
  }

  leftRange() {
    const top = Math.max(0, ...this.seen("pressure").map((p) => p.high), ...this.seen("heart").map((p) => p.high));
    return this.above(0, Math.max(180, Math.ceil((top + 10) / 20) * 20));
  }

  percentRange() {
    return this.above(this.percentFloor(), 100.5);
  }

  // Breaths and CO2 have a panel of their own at the foot (0 to 60) where the graph is high enough for one:
  // on the scale of pressures a fall from 14 to 8 breaths is a hair.
  share() {
    if ((this.plot?.height ?? 0) < HIGH_ENOUGH) return 0;
    return this.points.breath.length || this.points.co2.length ? SHARE : 0;
  }

  /** Lay a scale from `low` to `high` into what the panel of breaths leaves. */
  above(low, high) {
    const share = this.share();
    return [low - ((high - low) * share) / (1 - share), high];
  }

  percentFloor() {
    const bottom = Math.min(100, ...this.seen("oxygen").map((p) => p.low));
    return bottom >= 82 ? 80 : Math.max(0, Math.floor((bottom - 2) / 10) * 10);
  }
}

for (const host of document.querySelectorAll("[data-trend]")) {
  const source = document.getElementById(host.dataset.trend);
  host.trend = new Trend(host, source ? JSON.parse(source.textContent) : {});
  host.trend.say();
  host.dispatchEvent(new CustomEvent("trend:ready", { bubbles: true }));
}

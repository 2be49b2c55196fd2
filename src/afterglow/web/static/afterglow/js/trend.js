// The vitals graph. uPlot gives scales, axes and the cursor; the marks are drawn here, because in this
// room a shape means something: ∨∧ pressures, ● heart, ◆ oxygen, ▵ breath, ◇ CO2; hollow is artefact;
// a gap stays a gap; now stands at 80 % of the width; the future is shaded.
//
// <div class="trend" data-trend="trend-data" data-window-minutes="60"></div>
// {{ trend|json_script:"trend-data" }} with
// { zone, readings: [{sign, at, value | systolic, diastolic, mean, artefact}], limits: [{sign, value, level}],
//   events: [{at, mark, words}], spans: {from, to}?, gap_s: {heart: 30}, level: [{at, low, mid, high}]?, level_max }
import uPlot from "../../vendor/uplot/uPlot.esm.js";

import { serverNow } from "./clock.js";
import { words } from "./words.js";

const NOW_AT = 0.8;
const SIGNS = ["pressure", "heart", "oxygen", "breath", "co2"];
const SCALE = { pressure: "y", heart: "y", breath: "y", co2: "y", oxygen: "percent" };
const SPACING = 9; // pixels between marks of one trace, so that dense traces stay readable
const seconds = (iso) => Date.parse(iso) / 1000;

class Trend {
  constructor(host, data) {
    this.host = host;
    this.window = Number(host.dataset.windowMinutes ?? 60) * 60;
    this.still = host.dataset.until ? seconds(host.dataset.until) : null; // a finished session does not move
    this.data = data;
    this.points = Object.fromEntries(SIGNS.map((sign) => [sign, []]));
    for (const reading of data.readings ?? []) this.take(reading);
    for (const sign of SIGNS) this.points[sign].sort((a, b) => a.x - b.x);
    this.readColours();
    this.plot = new uPlot(this.options(), this.frame(), host);
    new ResizeObserver(() => this.resize()).observe(host);
    document.body.addEventListener("theme:changed", () => {
      this.readColours();
      this.plot.redraw();
    });
    document.body.addEventListener("live:reading", ({ detail }) => this.add(detail));
    setInterval(() => this.advance(), 5000);
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colour = Object.fromEntries(
      [...SIGNS, "ink", "ink-2", "line", "shade", "surface", "red", "amber", "primary", "paper"].map((name) => [name, token(name)]),
    );
    this.font = `14px ${token("font")}`;
  }

  take({ sign, at, value, systolic, diastolic, mean, artefact = false }) {
    if (!(sign in this.points)) return false;
    const point = { x: seconds(at), artefact };
    if (sign === "pressure") Object.assign(point, { high: Number(systolic), low: Number(diastolic), mean: mean == null ? null : Number(mean) });
    else point.y = Number(value);
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y ?? point.high)) return false;
    this.points[sign].push(point);
    return true;
  }

  /** Take a reading that has just arrived; late ones find their place in time. */
  add(reading) {
    if (!this.take(reading)) return;
    const list = this.points[reading.sign];
    if (list.length > 1 && list.at(-1).x < list.at(-2).x) list.sort((a, b) => a.x - b.x);
    this.advance();
  }

  now() {
    return this.still ?? serverNow() / 1000;
  }

  range() {
    const now = this.now();
    if (this.still !== null) return [now - this.window, now];
    return [now - this.window * NOW_AT, now + this.window * (1 - NOW_AT)];
  }

  frame() {
    const [from, to] = this.range();
    return [[from, to], [null, null], [null, null]];
  }

  advance() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.plot.setData(this.frame());
    });
  }

  resize() {
    const { width, height } = this.host.getBoundingClientRect();
    if (width > 50 && height > 50) this.plot.setSize({ width, height });
  }

  options() {
    const { width, height } = this.host.getBoundingClientRect();
    const zone = this.data.zone;
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone || undefined });
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
        percent: { range: () => [this.percentFloor(), 100.5] },
      },
      series: [{}, { scale: "y" }, { scale: "percent" }],
      axes: [
        axis({ values: (_, splits) => splits.map((at) => clock.format(at * 1000)), incrs: [300, 600, 900, 1800, 3600, 7200], space: 60, size: 30 }),
        axis({ scale: "y", incrs: [20, 40, 50, 100], size: 44, space: 24 }),
        axis({ scale: "percent", side: 1, grid: { show: false }, incrs: [5, 10, 20], size: 46, space: 24, values: (_, splits) => splits.map((v) => (v <= 100 ? `${v} %` : "")) }),
      ],
      hooks: { drawClear: [(u) => this.under(u)], draw: [(u) => this.over(u)] },
    };
  }

  seen(sign) {
    const [from, to] = this.range();
    return this.points[sign].filter((point) => point.x >= from && point.x <= to && !point.artefact);
  }

  leftRange() {
    const top = Math.max(0, ...this.seen("pressure").map((p) => p.high), ...this.seen("heart").map((p) => p.y));
    return [0, Math.max(180, Math.ceil((top + 10) / 20) * 20)];
  }

  percentFloor() {
    const bottom = Math.min(100, ...this.seen("oxygen").map((p) => p.y));
    return bottom >= 82 ? 80 : Math.max(0, Math.floor((bottom - 2) / 10) * 10);
  }

  under(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (this.still === null) {
      const now = u.valToPos(this.now(), "x", true);
      ctx.fillStyle = this.colour.shade;
      ctx.fillRect(now, bbox.top, bbox.left + bbox.width - now, bbox.height);
    }
    this.level(u);
    ctx.restore();
  }

  // The predicted level: a pale band at the foot of the graph, named for what it is.
  level(u) {
    const points = this.data.level ?? [];
    if (points.length < 2) return;
    const { ctx, bbox } = u;
    const top = this.data.level_max ?? Math.max(...points.map((p) => p.high));
    const foot = bbox.top + bbox.height;
    const y = (value) => foot - (value / top) * bbox.height * 0.25;
    const x = (p) => u.valToPos(seconds(p.at), "x", true);
    ctx.globalAlpha = 0.16;
    ctx.fillStyle = this.colour.primary;
    ctx.beginPath();
    points.forEach((p) => ctx.lineTo(x(p), y(p.high)));
    [...points].reverse().forEach((p) => ctx.lineTo(x(p), y(p.low)));
    ctx.fill();
    ctx.globalAlpha = 0.6;
    ctx.strokeStyle = this.colour.primary;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    points.forEach((p) => ctx.lineTo(x(p), y(p.mid)));
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.fillStyle = this.colour["ink-2"];
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(this.host).fontFamily}`;
    ctx.textAlign = "right";
    ctx.fillText(words.prediction, bbox.left + bbox.width - 8 * devicePixelRatio, foot - 8 * devicePixelRatio);
  }

  over(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.limits(u);
    for (const sign of ["breath", "co2", "heart", "oxygen"]) this.trace(u, sign);
    this.carets(u);
    this.marks(u);
    if (this.still === null) {
      const now = Math.round(u.valToPos(this.now(), "x", true));
      ctx.fillStyle = this.colour.ink;
      ctx.fillRect(now, bbox.top, Math.max(1, devicePixelRatio), bbox.height);
    }
    ctx.restore();
  }

  limits(u) {
    const { ctx, bbox } = u;
    for (const limit of this.data.limits ?? []) {
      const y = Math.round(u.valToPos(Number(limit.value), SCALE[limit.sign] ?? "y", true));
      ctx.strokeStyle = this.colour[limit.sign] ?? this.colour["ink-2"];
      ctx.lineWidth = (limit.level === "red" ? 1.5 : 1) * devicePixelRatio;
      ctx.globalAlpha = 0.65;
      ctx.setLineDash(limit.level === "red" ? [] : [6 * devicePixelRatio, 5 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  gap(sign) {
    return this.data.gap_s?.[sign] ?? (sign === "pressure" ? 900 : 60);
  }

  trace(u, sign) {
    const { ctx } = u;
    const scale = SCALE[sign];
    const [from, to] = this.range();
    const points = this.points[sign].filter((p) => p.x >= from - this.gap(sign) && p.x <= to);
    ctx.strokeStyle = ctx.fillStyle = this.colour[sign];
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.beginPath();
    let before = null;
    for (const p of points) {
      if (p.artefact) continue;
      const x = u.valToPos(p.x, "x", true);
      const y = u.valToPos(p.y, scale, true);
      if (before && p.x - before.x <= this.gap(sign)) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      before = p;
    }
    ctx.stroke();
    let last = -Infinity;
    for (const p of points) {
      const x = u.valToPos(p.x, "x", true);
      if (!p.artefact && x - last < SPACING * 2.2 * devicePixelRatio && p !== points.at(-1)) continue;
      if (!p.artefact) last = x;
      // What lies off the scale is drawn at its edge: an artefact must not vanish.
      const y = u.valToPos(p.y, scale, true);
      const edge = 6 * devicePixelRatio;
      this.shape(ctx, sign, x, Math.min(u.bbox.top + u.bbox.height - edge, Math.max(u.bbox.top + edge, y)), p.artefact);
    }
  }

  shape(ctx, sign, x, y, hollow) {
    const r = 4 * devicePixelRatio;
    ctx.beginPath();
    if (sign === "heart") ctx.arc(x, y, r * 0.85, 0, 7);
    else if (sign === "breath") {
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y + r * 0.8);
      ctx.lineTo(x - r, y + r * 0.8);
      ctx.closePath();
    } else {
      ctx.moveTo(x, y - r * 1.15);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r * 1.15);
      ctx.lineTo(x - r, y);
      ctx.closePath();
    }
    const open = hollow || sign === "breath" || sign === "co2";
    ctx.fillStyle = open ? this.colour.paper : this.colour[sign];
    ctx.fill();
    if (open) {
      ctx.setLineDash(hollow ? [2 * devicePixelRatio, 2 * devicePixelRatio] : []);
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  carets(u) {
    const { ctx } = u;
    const [from, to] = this.range();
    const w = 6 * devicePixelRatio;
    const h = 7 * devicePixelRatio;
    ctx.strokeStyle = this.colour.pressure;
    for (const p of this.points.pressure) {
      if (p.x < from || p.x > to) continue;
      const x = u.valToPos(p.x, "x", true);
      const high = u.valToPos(p.high, "y", true);
      const low = u.valToPos(p.low, "y", true);
      ctx.lineWidth = (p.artefact ? 1 : 2.25) * devicePixelRatio;
      ctx.setLineDash(p.artefact ? [2 * devicePixelRatio, 2 * devicePixelRatio] : []);
      ctx.beginPath();
      ctx.moveTo(x - w, high - h);
      ctx.lineTo(x, high);
      ctx.lineTo(x + w, high - h);
      ctx.moveTo(x - w, low + h);
      ctx.lineTo(x, low);
      ctx.lineTo(x + w, low + h);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.globalAlpha = 0.4;
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, high);
      ctx.lineTo(x, low);
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
  }

  marks(u) {
    const { ctx, bbox } = u;
    const r = 10 * devicePixelRatio;
    const y = bbox.top + r + 2 * devicePixelRatio;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = `650 ${12 * devicePixelRatio}px ${getComputedStyle(this.host).fontFamily}`;
    for (const event of this.data.events ?? []) {
      const x = u.valToPos(seconds(event.at), "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.globalAlpha = 0.5;
      ctx.fillStyle = this.colour["ink-2"];
      ctx.fillRect(Math.round(x), y, devicePixelRatio, bbox.top + bbox.height - y);
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 7);
      ctx.fillStyle = this.colour.surface;
      ctx.fill();
      ctx.strokeStyle = this.colour.ink;
      ctx.lineWidth = devicePixelRatio;
      ctx.stroke();
      ctx.fillStyle = this.colour.ink;
      ctx.fillText(String(event.mark), x, y + devicePixelRatio);
    }
    ctx.textBaseline = "alphabetic";
  }
}

for (const host of document.querySelectorAll("[data-trend]")) {
  const source = document.getElementById(host.dataset.trend);
  host.trend = new Trend(host, source ? JSON.parse(source.textContent) : {});
}

// How the vitals graph is drawn: shapes that mean something, limits, the baseline, events, the future.
// Everything here reads the Trend and draws; nothing here changes it.
import { words } from "./words.js";

const VENT = ["breath", "co2"];
export const scaleOf = (trend, sign) => (sign === "oxygen" ? "percent" : VENT.includes(sign) && trend.share() ? "vent" : "y");
const SPACING = 20; // CSS pixels between marks of one trace, so that dense traces stay readable
const CONTINUOUS = ["breath", "co2", "heart", "oxygen"];
const PAST = 0.22; // how strongly a limit is drawn behind the traces
const dpr = () => devicePixelRatio;

/** Draw what lies behind the traces: the future, the baseline, the level that a model predicts. */
export function drawUnder(trend, u) {
  inside(u, ({ ctx, bbox }) => {
    baseline(trend, u);
    if (!trend.isStill()) {
      const now = Math.max(bbox.left, u.valToPos(trend.now(), "x", true));
      ctx.fillStyle = trend.colour.shade;
      if (now < bbox.left + bbox.width) ctx.fillRect(now, bbox.top, bbox.left + bbox.width - now, bbox.height);
    }
    level(trend, u);
  });
}

/** Draw limits, traces, pressures, events and the line of now. */
export function drawOver(trend, u) {
  inside(u, ({ ctx, bbox }) => {
    panel(trend, u);
    limits(trend, u);
    for (const sign of CONTINUOUS) trace(trend, u, sign);
    degrees(trend, u);
    carets(trend, u);
    if (!trend.isStill()) {
      const now = Math.round(u.valToPos(trend.now(), "x", true));
      ctx.fillStyle = trend.colour.ink;
      ctx.fillRect(now, bbox.top, Math.max(1, dpr()), bbox.height);
    }
    marks(trend, u);
  });
}

function inside(u, draw) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw({ ctx, bbox });
  ctx.restore();
}

// The patient's own baseline: a pale band between diastolic and systolic, a dotted line for the heart.
function baseline(trend, u) {
  const { ctx, bbox } = u;
  const { pressure, heart } = trend.data.baseline ?? {};
  if (pressure?.length === 2) {
    const top = u.valToPos(pressure[0], "y", true);
    const foot = u.valToPos(pressure[1], "y", true);
    ctx.globalAlpha = 0.07;
    ctx.fillStyle = trend.colour.pressure;
    ctx.fillRect(bbox.left, top, bbox.width, foot - top);
    ctx.globalAlpha = 1;
    ctx.fillStyle = trend.colour["ink-2"];
    ctx.font = `${12 * dpr()}px ${trend.family}`;
    ctx.textAlign = "left";
    ctx.fillText(`${words.baseline} ${Math.round(pressure[0])}/${Math.round(pressure[1])}`, bbox.left + 4 * dpr(), top - 4 * dpr());
  }
  if (heart?.length) {
    const y = Math.round(u.valToPos(heart[0], "y", true));
    ctx.strokeStyle = trend.colour.heart;
    ctx.globalAlpha = 0.5;
    ctx.lineWidth = dpr();
    ctx.setLineDash([2 * dpr(), 6 * dpr()]);
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }
}

function line(ctx, x1, y1, x2, y2) {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

// The predicted level, where a page gives one: a pale band at the foot, named for what it is.
function level(trend, u) {
  const points = trend.data.level ?? [];
  if (points.length < 2) return;
  const { ctx, bbox } = u;
  const top = trend.data.level_max ?? Math.max(...points.map((p) => p.high));
  const foot = bbox.top + bbox.height;
  const y = (value) => foot - (value / top) * bbox.height * 0.25;
  const x = (p) => u.valToPos(Date.parse(p.at) / 1000, "x", true);
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = trend.colour.primary;
  ctx.beginPath();
  points.forEach((p) => ctx.lineTo(x(p), y(p.high)));
  [...points].reverse().forEach((p) => ctx.lineTo(x(p), y(p.low)));
  ctx.fill();
  ctx.globalAlpha = 0.6;
  ctx.strokeStyle = trend.colour.primary;
  ctx.lineWidth = dpr();
  ctx.setLineDash([4 * dpr(), 4 * dpr()]);
  ctx.beginPath();
  points.forEach((p) => ctx.lineTo(x(p), y(p.mid)));
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  ctx.fillStyle = trend.colour["ink-2"];
  ctx.font = `${12 * dpr()}px ${trend.family}`;
  ctx.textAlign = "right";
  ctx.fillText(words.prediction, bbox.left + bbox.width - 8 * dpr(), foot - 8 * dpr());
}

function limits(trend, u) {
  const { ctx, bbox } = u;
  const end = bbox.left + bbox.width;
  const now = trend.isStill() ? end : Math.min(end, Math.max(bbox.left, u.valToPos(trend.now(), "x", true)));
  for (const limit of trend.data.limits ?? []) {
    const y = Math.round(u.valToPos(Number(limit.value), scaleOf(trend, limit.sign), true));
    ctx.strokeStyle = trend.colour[limit.sign] ?? trend.colour["ink-2"];
    ctx.lineWidth = (limit.level === "red" ? 1.5 : 1) * dpr();
    ctx.setLineDash(limit.level === "red" ? [] : [6 * dpr(), 5 * dpr()]);
    // Ahead of now a limit is what the next reading is held against; behind it a dozen lines would hide the traces.
    ctx.globalAlpha = PAST;
    line(ctx, bbox.left, y, now, y);
    ctx.globalAlpha = 0.75;
    line(ctx, now, y, end, y);
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

// The panel of breaths and CO2: its own foot, its own numbers.
function panel(trend, u) {
  if (!trend.share()) return;
  const { ctx, bbox } = u;
  const top = Math.round(bbox.top + bbox.height * (1 - trend.share()));
  ctx.strokeStyle = trend.colour["ink-2"];
  ctx.lineWidth = dpr();
  line(ctx, bbox.left, top, bbox.left + bbox.width, top);
  ctx.fillStyle = trend.colour["ink-2"];
  ctx.font = `${12 * dpr()}px ${trend.family}`;
  ctx.textAlign = "left";
  for (const value of [20, 40]) ctx.fillText(String(value), bbox.left + 3 * dpr(), u.valToPos(value, "vent", true) + 4 * dpr());
}

// A temperature is a number: a line of it would be flat on any scale that fits the rest.
function degrees(trend, u) {
  const { ctx, bbox } = u;
  const [from, to] = trend.range();
  ctx.font = `${13 * dpr()}px ${trend.family}`;
  ctx.textAlign = "center";
  let last = -Infinity;
  for (const p of trend.between("temperature", from, Math.min(to, trend.now()))) {
    const x = u.valToPos(p.x, "x", true);
    if (x - last < 64 * dpr()) continue;
    last = x;
    ctx.fillStyle = trend.colour.temperature;
    ctx.fillText(p.artefact ? `(${p.y}°)` : `${p.y}°`, x, bbox.top + 14 * dpr());
  }
}

function trace(trend, u, sign) {
  const { ctx, bbox } = u;
  const scale = scaleOf(trend, sign);
  const gap = trend.gap(sign);
  const [from, to] = trend.range();
  const points = trend.between(sign, from - gap, Math.min(to, trend.now()));
  if (!points.length) return;
  const x = (p) => u.valToPos(p.x, "x", true);
  const edge = 6 * dpr();
  // What lies off the scale is drawn at its edge: an artefact must not vanish.
  const y = (value) => Math.min(bbox.top + bbox.height - edge, Math.max(bbox.top + edge, u.valToPos(value, scale, true)));
  ctx.strokeStyle = ctx.fillStyle = trend.colour[sign];
  // Between which values a minute moved, where it moved at all.
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = 3 * dpr();
  ctx.beginPath();
  for (const p of points) {
    if (p.artefact || p.low === p.high) continue;
    ctx.moveTo(x(p), y(p.low));
    ctx.lineTo(x(p), y(p.high));
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1.5 * dpr();
  ctx.beginPath();
  let before = null;
  for (const p of points) {
    if (p.artefact) continue;
    if (before && p.x - before.x <= gap) ctx.lineTo(x(p), y(p.y));
    else ctx.moveTo(x(p), y(p.y));
    before = p;
  }
  ctx.stroke();
  // Every mark of a trace is one path: a stroke for each would cost more than all of them together.
  const believed = new Path2D();
  const hollow = new Path2D();
  let last = -Infinity;
  for (const p of points) {
    const at = x(p);
    if (!p.artefact && at - last < SPACING * dpr() && p !== points.at(-1)) continue;
    if (!p.artefact) last = at;
    shape(p.artefact ? hollow : believed, sign, at, y(p.y));
  }
  const open = sign === "breath" || sign === "co2" || sign === "temperature";
  ctx.fillStyle = open ? trend.colour.paper : trend.colour[sign];
  ctx.fill(believed);
  if (open) ctx.stroke(believed);
  ctx.fillStyle = trend.colour.paper;
  ctx.fill(hollow);
  ctx.setLineDash([2 * dpr(), 2 * dpr()]);
  ctx.stroke(hollow);
  ctx.setLineDash([]);
}

function shape(path, sign, x, y) {
  const r = 4 * dpr();
  if (sign === "heart") {
    path.moveTo(x + r * 0.85, y);
    path.arc(x, y, r * 0.85, 0, 7);
  } else if (sign === "temperature") path.rect(x - r * 0.8, y - r * 0.8, r * 1.6, r * 1.6);
  else if (sign === "breath") {
    path.moveTo(x, y - r);
    path.lineTo(x + r, y + r * 0.8);
    path.lineTo(x - r, y + r * 0.8);
    path.closePath();
  } else {
    path.moveTo(x, y - r * 1.15);
    path.lineTo(x + r, y);
    path.lineTo(x, y + r * 1.15);
    path.lineTo(x - r, y);
    path.closePath();
  }
}

function carets(trend, u) {
  const { ctx } = u;
  const [from, to] = trend.range();
  const w = 6 * dpr();
  const h = 7 * dpr();
  const pairs = { false: new Path2D(), true: new Path2D() };
  const marked = { false: new Path2D(), true: new Path2D() };
  let last = -Infinity;
  for (const p of trend.between("pressure", from, Math.min(to, trend.now()))) {
    const hollow = Boolean(p.artefact);
    const x = u.valToPos(p.x, "x", true);
    const high = u.valToPos(p.high, "y", true);
    const low = u.valToPos(p.low, "y", true);
    pairs[hollow].moveTo(x, high);
    pairs[hollow].lineTo(x, low);
    // Carets that would lie on each other are left to the line between them; an artefact never is.
    if (!hollow && x - last < 8 * dpr()) continue;
    if (!hollow) last = x;
    const path = marked[hollow];
    path.moveTo(x - w, high - h);
    path.lineTo(x, high);
    path.lineTo(x + w, high - h);
    path.moveTo(x - w, low + h);
    path.lineTo(x, low);
    path.lineTo(x + w, low + h);
  }
  ctx.strokeStyle = trend.colour.pressure;
  for (const hollow of [false, true]) {
    ctx.setLineDash(hollow ? [2 * dpr(), 2 * dpr()] : []);
    ctx.globalAlpha = 0.4;
    ctx.lineWidth = dpr();
    ctx.stroke(pairs[hollow]);
    ctx.globalAlpha = 1;
    ctx.lineWidth = (hollow ? 1 : 2.25) * dpr();
    ctx.stroke(marked[hollow]);
  }
  ctx.setLineDash([]);
}

// Events stand on the axis, numbered as in the line of notes; those of one moment are stacked.
function marks(trend, u) {
  const { ctx, bbox } = u;
  const r = 10 * dpr();
  const foot = bbox.top + bbox.height - r - 2 * dpr();
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `650 ${12 * dpr()}px ${trend.family}`;
  trend.placed = [];
  for (const event of trend.data.events ?? []) {
    const at = Date.parse(event.at) / 1000;
    const x = u.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width || (trend.clock && at > trend.now())) continue;
    const beside = trend.placed.filter((other) => Math.abs(other.x - x) < 2.1 * r).length;
    const y = foot - Math.min(beside, 3) * 2.15 * r;
    ctx.globalAlpha = 0.45;
    ctx.fillStyle = trend.colour["ink-2"];
    ctx.fillRect(Math.round(x), bbox.top, dpr(), y - bbox.top);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 7);
    ctx.fillStyle = trend.colour.surface;
    ctx.fill();
    ctx.strokeStyle = trend.colour.ink;
    ctx.lineWidth = dpr();
    ctx.stroke();
    ctx.fillStyle = trend.colour.ink;
    ctx.fillText(String(event.mark), x, y + dpr());
    trend.placed.push({ x, y, r, mark: event.mark });
  }
  ctx.textBaseline = "alphabetic";
}

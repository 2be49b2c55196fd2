// A rehearsal: the server tells the whole story of what happens if nobody acts; an act asks for the story again
// with the act in it, and the page goes on from where it was. Nothing is kept anywhere.
const body = document.body;
const host = document.querySelector("[data-trend]");
const log = document.querySelector("[data-rehearsal-log]");
const alarmsPlace = document.querySelector("[data-rehearsal-alarms]");
const toggle = document.querySelector("[data-rehearsal-toggle]");
const speed = document.querySelector("[data-rehearsal-speed]");
const soundPlace = document.querySelector("[data-rehearsal-sound]");
const rules = JSON.parse(document.getElementById("rehearsal-rules").textContent);
const did = [];
const acknowledged = new Map(); // alarm → when it was acknowledged
const silenced = new Map(); // alarm → { until, times }
const answered = new Set(); // alarms whose question was answered
const passed = new Map(); // alarm → who was told since it waits
const waits = new Map(); // alarm → since when it waits
let story = null;
let at = 0;
let running = false;
let wanted = false; // pressed before the story had come
let before = 0;
let drawn = -1;
let said = "";

const span = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** The shape of an alarm: the page holds one of each. */
const symbol = (level) => document.querySelector(`template[data-symbol="${level}"]`)?.content.cloneNode(true) ?? "";

function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

async function tell() {
  const answer = await fetch(`${body.dataset.rehearsal}?did=${did.map((one) => `${one.t}:${one.act}`).join(",")}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  story = await answer.json();
  const line = (sign, points) => ({ sign, source: "device", artefact: false, points });
  const column = (index) => story.frames.map((frame) => [frame[0], frame[index]]);
  host.trend.load({
    ...host.trend.data,
    lines: [line("heart", column(1)), line("oxygen", column(2)), line("breath", column(3)), line("co2", column(4)), line("pressure", story.pressures.map(([t, high, low]) => [t, high, low, null]))],
  });
  drawn = -1;
  draw();
  if (wanted) run(true);
}

/** The open alarms, each as its last step says; a worse one asks anew, as in the room. */
function openAlarms() {
  const open = new Map();
  for (const one of story.alarms) {
    if (one.t > at) break;
    if (one.act === "ended") open.delete(one.alarm);
    else open.set(one.alarm, one);
    if (one.t <= heardUntil) continue;
    if (one.act === "raised" || one.act === "escalated") {
      acknowledged.delete(one.alarm);
      silenced.clear();
      if (!waits.has(one.alarm)) waits.set(one.alarm, one.t);
    }
  }
  heardUntil = at;
  return [...open.values()].filter((one) => !(acknowledged.has(one.alarm) && one.act === "condition_gone"));
}
let heardUntil = -1;

const isSilent = (one) => (silenced.get(one.alarm)?.until ?? -1) > at;

/** What the protocol does by the clock: an acknowledgement ends, what nobody answers is passed on. */
function keepRules(open) {
  const words = alarmsPlace.dataset;
  for (const one of open) {
    const since = acknowledged.get(one.alarm);
    if (since !== undefined && at - since >= (rules.acknowledged[one.priority] ?? Infinity)) {
      acknowledged.delete(one.alarm);
      waits.set(one.alarm, at);
      passed.delete(one.alarm);
      note(words.again, one.word);
    }
    if (acknowledged.has(one.alarm) || isSilent(one)) continue;
    const told = passed.get(one.alarm) ?? [];
    for (const whom of one.act === "condition_gone" ? ["site"] : ["site", "prescriber"]) {
      if (told.includes(whom) || at - waits.get(one.alarm) < (rules[whom][one.priority] ?? Infinity)) continue;
      passed.set(one.alarm, [...told, whom]);
      told.push(whom);
      note(words[whom], one.word);
    }
  }
  const loud = open.filter((one) => !acknowledged.has(one.alarm) && !isSilent(one));
  const level = ["red", "amber", "technical"].find((each) => loud.some((one) => one.level === each && one.act !== "condition_gone"));
  soundPlace.dataset.soundLevel = level ?? (loud.length ? "gone" : "");
}

function button(text, then, kind = "secondary") {
  const made = element("button", `button button-${kind}`, text);
  made.type = "button";
  made.addEventListener("click", () => {
    then();
    said = "";
    draw();
  });
  return made;
}

function drawAlarms() {
  const open = openAlarms();
  keepRules(open);
  const key = open.map((one) => `${one.alarm}${one.level}${one.seen}${one.act}${acknowledged.has(one.alarm)}${isSilent(one)}${answered.has(one.alarm)}`).join("|");
  if (key === said) return;
  said = key;
  const words = alarmsPlace.dataset;
  open.sort((a, b) => acknowledged.has(a.alarm) - acknowledged.has(b.alarm) || (a.level === "red" ? 0 : 1) - (b.level === "red" ? 0 : 1));
  alarmsPlace.replaceChildren(...open.slice(0, 2).map((one) => band(one, words)));
  if (!open.length) alarmsPlace.append(element("p", "alarm-none", words.none));
}

function band(one, words) {
  const known = acknowledged.has(one.alarm);
  const made = element("section", `alarm-band alarm-${one.level}${known ? " alarm-acknowledged" : ""}`, "");
  const actions = element("div", "alarm-actions", "");
  if (one.asks && !answered.has(one.alarm)) {
    const answer = (text) => () => {
      answered.add(one.alarm);
      acknowledged.set(one.alarm, at);
      note(words.asks, text);
    };
    actions.append(element("span", "strong", words.asks), button(words.yes, answer(words.yes)), button(words.no, answer(words.no)));
  }
  if (known) actions.append(element("span", "", words.seen));
  else {
    actions.append(
      button(words.acknowledge, () => {
        acknowledged.set(one.alarm, at);
        silenced.delete(one.alarm);
        passed.delete(one.alarm);
        note(words.acknowledge, one.seen);
      }),
    );
    const quiet = silenced.get(one.alarm);
    if (isSilent(one)) actions.append(element("span", "numeric", `${words.silenced} ${span(quiet.until)}`));
    else if ((quiet?.times ?? 0) >= rules.silences) actions.append(element("span", "note", words.often));
    else {
      const seconds = rules.silence[one.priority];
      actions.append(
        button(words.silence.replace("#", String(seconds / 60)), () => {
          silenced.set(one.alarm, { until: at + seconds, times: (quiet?.times ?? 0) + 1 });
          note(words.silence.replace("#", String(seconds / 60)), one.seen);
        }, "quiet"),
      );
    }
  }
  made.append(symbol(one.level), element("p", "alarm-word", one.word));
  if (one.act === "condition_gone") made.append(element("p", "alarm-facts", known ? words.goneSeen : words.gone));
  made.append(actions);
  return made;
}

function note(words, detail = "") {
  const line = element("li", "", "");
  line.append(element("time", "numeric", span(at)), element("span", "strong", words), element("span", "note", detail));
  log.prepend(line);
}

const told = new Set();
function draw() {
  if (!story) return;
  const frame = story.frames.findLast((one) => one[0] <= at) ?? story.frames[0];
  const cuff = story.pressures.findLast((one) => one[0] <= at);
  const values = { heart: frame[1], oxygen: frame[2], breath: frame[3], co2: frame[4], pressure: cuff ? `${cuff[1]}/${cuff[2]}` : "–" };
  for (const tile of document.querySelectorAll(".vital[data-sign]")) tile.querySelector("[data-value]").textContent = values[tile.dataset.sign];
  document.querySelector("[data-rehearsal-rate]").textContent = frame[5];
  document.querySelector("[data-rehearsal-given]").textContent = frame[6];
  document.querySelector("[data-rehearsal-clock]").textContent = span(at);
  for (const cue of story.seen) {
    if (cue.t > at || told.has(cue.say)) continue;
    told.add(cue.say);
    note(cue.say);
  }
  drawAlarms();
  host.trend.advance();
}

function go(now) {
  if (!running) return;
  at = Math.min(story.frames.at(-1)[0], at + ((now - before) / 1000) * Number(speed.value));
  before = now;
  if (Math.floor(at) !== drawn) {
    drawn = Math.floor(at);
    draw();
  }
  if (at >= story.frames.at(-1)[0]) {
    sum();
    return run(false);
  }
  requestAnimationFrame(go);
}

function run(on) {
  wanted = on && story === null;
  running = on && story !== null;
  toggle.querySelector("span").textContent = running ? toggle.dataset.pause : toggle.dataset.start;
  if (!running) return;
  before = performance.now();
  requestAnimationFrame(go);
}

/** At the end: what was done that helps, and how long after it began. */
function sum() {
  const words = alarmsPlace.dataset;
  if (!story.helped.length) return note(words.nothing);
  for (const one of [...story.helped].reverse()) {
    const label = document.querySelector(`[data-rehearsal-act="${one.act}"] span`)?.textContent ?? one.act;
    note(label, words.helped.replace("#", String(one.t - Number(words.begins))));
  }
}

function begin() {
  host.trend.clock = () => at;
  for (const button of document.querySelectorAll("[data-rehearsal-act]")) {
    button.addEventListener("click", () => {
      did.push({ t: Math.floor(at), act: button.dataset.rehearsalAct });
      note(button.querySelector("span").textContent);
      tell();
    });
  }
  tell();
}
toggle.addEventListener("click", () => run(!running));
if (host.trend) begin();
else host.addEventListener("trend:ready", begin, { once: true });

// A rehearsal: the server tells the whole story of what happens if nobody acts; an act asks for the story again
// with the act in it, and the page goes on from where it was. Nothing is kept anywhere.
const body = document.body;
const host = document.querySelector("[data-trend]");
const log = document.querySelector("[data-rehearsal-log]");
const alarmsPlace = document.querySelector("[data-rehearsal-alarms]");
const toggle = document.querySelector("[data-rehearsal-toggle]");
const speed = document.querySelector("[data-rehearsal-speed]");
const did = [];
const acknowledged = new Set();
const silenced = new Map(); // by alarm: until which second, and how often in a row
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

function openAlarms() {
  const open = new Map();
  for (const one of story.alarms) {
    if (one.t > at) break;
    if (one.act === "ended") open.delete(one.alarm);
    else if (one.act === "condition_gone" && acknowledged.has(one.alarm)) open.delete(one.alarm);
    else open.set(one.alarm, one);
  }
  return [...open.values()].filter((one) => !(acknowledged.has(one.alarm) && one.act === "condition_gone"));
}

/** The worst that is neither acknowledged nor silent sounds, as in the room; a new one breaks every silence. */
function sound(open) {
  for (const one of story.alarms) {
    if (one.act !== "raised" && one.act !== "escalated") continue;
    for (const [alarm, silence] of silenced) if (alarm !== one.alarm && one.t <= at && one.t > silence.since) silenced.delete(alarm);
  }
  const loud = open.filter((one) => !acknowledged.has(one.alarm) && !((silenced.get(one.alarm)?.until ?? -1) > at)).map((one) => one.level);
  const worst = running ? ["red", "amber", "technical"].find((level) => loud.includes(level)) : "";
  if (worst) alarmsPlace.dataset.soundLevel = worst;
  else delete alarmsPlace.dataset.soundLevel;
}

function drawAlarms() {
  const open = openAlarms();
  sound(open);
  const key = open.map((one) => `${one.alarm}${one.level}${one.seen}${acknowledged.has(one.alarm)}${(silenced.get(one.alarm)?.until ?? -1) > at}`).join("|");
  if (key === said) return;
  said = key;
  const words = alarmsPlace.dataset;
  open.sort((a, b) => acknowledged.has(a.alarm) - acknowledged.has(b.alarm) || (a.level === "red" ? 0 : 1) - (b.level === "red" ? 0 : 1));
  alarmsPlace.replaceChildren(
    ...open.slice(0, 2).map((one) => {
      const known = acknowledged.has(one.alarm);
      const band = element("section", `alarm-band alarm-${one.level}${known ? " alarm-acknowledged" : ""}`, "");
      const actions = element("div", "alarm-actions", "");
      if (known) actions.append(element("span", "", words.seen));
      else {
        const button = element("button", "button button-secondary", words.acknowledge);
        button.type = "button";
        button.addEventListener("click", () => {
          acknowledged.add(one.alarm);
          note(words.acknowledge, one.seen);
          said = "";
          drawAlarms();
        });
        actions.append(button);
        const quiet = silenced.get(one.alarm);
        if ((quiet?.until ?? -1) > at) actions.append(element("span", "", `${words.silent} ${span(quiet.until)}`));
        else if ((quiet?.times ?? 0) < story.silences_in_a_row) {
          const hush = element("button", "button button-quiet", words.silence);
          hush.type = "button";
          hush.addEventListener("click", () => {
            silenced.set(one.alarm, { since: at, until: at + story.silence_s[one.level], times: (quiet?.times ?? 0) + 1 });
            note(words.silence, one.seen);
            said = "";
            drawAlarms();
          });
          actions.append(hush);
        }
      }
      band.append(symbol(one.level), element("p", "alarm-word", one.word), actions);
      return band;
    }),
  );
  if (!open.length) alarmsPlace.append(element("p", "alarm-none", words.none));
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

/** At the end, or when it is mastered: what was done, and how long after it began. */
let isTold = false;
function sumUp() {
  if (isTold) return;
  isTold = true;
  const words = alarmsPlace.dataset;
  note(story.answered_s === null ? words.unsettled : words.settled, story.answered_s === null ? "" : `${story.answered_s - story.begins_s} s`);
  for (const one of did) note(document.querySelector(`[data-rehearsal-act="${one.act}"] span`).textContent, `${one.t - story.begins_s} ${words.done}`);
  if (!did.length) note(words.nothing);
}

function go(now) {
  if (!running) return;
  at = Math.min(story.frames.at(-1)[0], at + ((now - before) / 1000) * Number(speed.value));
  before = now;
  if (Math.floor(at) !== drawn) {
    drawn = Math.floor(at);
    draw();
  }
  if (story.answered_s !== null && at >= story.answered_s) sumUp();
  if (at >= story.frames.at(-1)[0]) {
    sumUp();
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

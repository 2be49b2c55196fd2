// The infusion page without a connection. Each act is written to this tablet under a key of its own before anything
// else happens with it; it leaves when the server has answered that key. See docs/adr/0024-a-tablet-keeps-recording.md.
//   offline_tablet    what this tablet knows and holds      offline_entries   what was typed, on the disk or late
//   offline_reach     is the server there, and sending      offline_fresh     starting, keeping fresh
//   offline_acts      a press                               offline_dialogs   what is asked
//   offline_locked    who may act                           offline_banner    what the band says
import "./offline_acts.js";
import { banner } from "./offline_banner.js";
import { askName } from "./offline_dialogs.js";
import { drawAlarmsAsOf, drawBanner, drawClock, drawColumns, drawDrug, drawEvents, drawLine, drawOverdue, drawPump, drawStop, overdueSlot } from "./offline_draw.js";
import { freshenSoon, heard, keepFresh, start } from "./offline_fresh.js";
import { watchServer, whenServerIsBack } from "./offline_reach.js";
import { body, isAnswered, isKept, isUnread, isWaiting, pumps, saidOf, session, tablet, whenChanged } from "./offline_tablet.js";
import { words } from "./offline_words.js";

function draw() {
  const zone = tablet.kit?.zone ?? body.dataset.zone;
  const shown = tablet.entries.filter((entry) => isWaiting(entry) || isAnswered(entry) || isUnread(entry));
  drawBanner(banner(zone));
  if (tablet.why === "checking") drawLine(words.checking);
  else drawLine(!tablet.can ? "" : tablet.sure ? words.ready : words.readyUnsure);
  drawStream();
  drawAlarmsAsOf(tablet.reach === "no" ? alarmsAt() : null, zone);
  const hasGrid = document.querySelector("table[data-grid]") !== null;
  const isColumn = (entry) => hasGrid && entry.kind === "readings";
  drawColumns(shown.filter(isColumn), zone);
  drawEvents(shown.filter((entry) => !isColumn(entry)), { zone, say: saidOf, isNameless, name: askName });
  drawStop(pumps().find((entry) => entry.body.kind === "stop") ?? null, zone);
  drawClock(pumps());
  drawPump(pumps());
  drawDrug(pumps(), { zone, say: saidOf });
  // Without a server no number comes: none looks as if it were of now.
  body.toggleAttribute("data-numbers-old", tablet.reach === "no");
  drawLate();
}

/** When the alarms were as they stand on the page: when the server was last heard, or made the kept page. */
function alarmsAt() {
  const made = Date.parse(document.querySelector("meta[name=server-now]")?.content);
  return isKept && Number.isFinite(made) ? made : tablet.since;
}

/** The line of the stream says that it reads by itself while it is lost; without a server it does not. */
function drawStream() {
  const said = document.querySelector("[data-connection-words]");
  if (!said?.dataset.gone) return;
  if (tablet.reach === "no") said.textContent = said.dataset.gone;
  else if (said.textContent === said.dataset.gone) said.textContent = said.dataset[body.dataset.live] ?? "";
}

const isNameless = (entry) => entry.body.kind === "mark" && !entry.body.label && !tablet.entries.some((each) => each.body.about === entry.key);

function drawLate() {
  if (!tablet.kit || tablet.reach === "yes") return drawOverdue(null, {});
  const typed = tablet.entries.flatMap((entry) => Object.keys(entry.body.readings ?? {}).concat(Object.keys(entry.body.scales ?? {})).map((code) => ({ code, at: Date.parse(entry.happened_at) })));
  drawOverdue(overdueSlot(tablet.kit, [...heard, ...typed]), { level: tablet.kit.overdue_level, zone: tablet.kit.zone, isHere: tablet.can });
  return undefined;
}

if (session) {
  whenChanged(draw);
  whenServerIsBack(freshenSoon);
  keepFresh();
  watchServer();
  setInterval(drawLate, 1000);
  // A panel that was fetched anew does not know what waits here.
  document.addEventListener("htmx:afterSwap", draw);
  start();
}

// Before the start: can this tablet record without a connection? Said in words, while there is time for another tablet.
import { ask, keepFiles, persist, prove, startWorker } from "./offline_keep.js";
import { words } from "./offline_words.js";

const line = document.querySelector("[data-recording-check]");
const session = document.body.dataset.checkSession;

function say(text, state) {
  line.hidden = false;
  line.dataset.recordingCheck = state;
  line.textContent = text;
}

async function check() {
  say(words.checking, "checking");
  try {
    await prove();
    const sure = await persist();
    await startWorker();
    const kit = await (await ask(`/sessions/${session}/infusion/kit.json`)).json();
    await keepFiles(kit.files, kit.version);
    say(sure ? words.ready : words.readyUnsure, "yes");
  } catch (problem) {
    say(`${words.notReady}. ${words.why[problem.code] ?? words.why.files}`, "no");
  }
}
if (line && session) check();

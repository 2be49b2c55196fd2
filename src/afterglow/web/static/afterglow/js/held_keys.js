// A key that is pressed while a dialog's answer is on its way is not lost in its field: it is done when the dialog has
// closed by what was charted, and when the buttons know of it. What was refused drops it: its hand looks again, and is told.
import { toast } from "./small.js";
import { words } from "./words.js";

const dialog = document.getElementById("infusion-dialog");
const inside = document.getElementById("infusion-dialog-body");
const PATIENCE = 6000;
// What means the same a moment later. An answer to an alarm or to a question is for what was seen at the press: what has
// come on top since then was seen by nobody.
const HELD = "predn"; // M stamps the moment of its press, and waits for nothing
const STORE = "afterglow-keys"; // keys.js: they may be switched off

const isOnItsWay = () => dialog?.open && inside.querySelector("form[aria-busy=true]");
const takesLetters = (element) => element.matches("input, textarea, select") && !element.matches("[inputmode=decimal], [inputmode=numeric], [type=checkbox], [type=radio]");
// The pump's acts say which state of the pump was seen: they wait for the panel that holds it.
const isLookingAgain = () => document.getElementById("panel-actions")?.classList.contains("htmx-request");
const buttonOf = (key) => [...document.querySelectorAll(`[data-key="${key}" i]`)].find((one) => !one.disabled && !one.closest("dialog") && one.checkVisibility());

let held = null;
let closedAt = -Infinity;
let timer = 0;

const say = (key) => toast(words.keyLost(key.toUpperCase()), "error");

function drop() {
  if (held) say(held);
  held = null;
}

function hold(key) {
  if (held !== key) drop();
  held = key;
  clearTimeout(timer);
  timer = setTimeout(drop, PATIENCE);
}

function press() {
  if (!held || dialog.open || isLookingAgain()) return;
  const key = held;
  held = null;
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

// Before anybody else sees the key. The stop waits for nothing.
window.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !/^[a-z]$/i.test(event.key) || event.key.toLowerCase() === "s") return;
    if (localStorage.getItem(STORE) === "off") return;
    const key = event.key.toLowerCase();
    const isAnswering = isOnItsWay() && !takesLetters(event.target);
    const isBehind = key === "p" && performance.now() - closedAt < PATIENCE && !dialog?.open && isLookingAgain() && !event.target.matches("input, textarea, select");
    if (!isAnswering && !isBehind) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (key === "m") buttonOf(key)?.click();
    else if (HELD.includes(key)) hold(key);
    else if (buttonOf(key)) say(key);
  },
  true,
);

document.body.addEventListener("infusion:close", () => {
  closedAt = performance.now();
  setTimeout(press, 50); // the panels' requests have begun by then
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id === "panel-actions") return void setTimeout(press);
  if (!detail.successful && inside?.contains(detail.elt)) drop();
});

// A key that is pressed while a dialog's answer is on its way is not lost in its field: it is done when the dialog has
// closed by what was charted, and when the buttons know of it. What was refused drops it: its hand looks again.
const dialog = document.getElementById("infusion-dialog");
const inside = document.getElementById("infusion-dialog-body");
const PATIENCE = 6000;

const isOnItsWay = () => dialog?.open && inside.querySelector("form[aria-busy=true]");
const takesLetters = (element) => element.matches("input, textarea, select") && !element.matches("[inputmode=decimal], [inputmode=numeric], [type=checkbox], [type=radio]");
// The pump's acts say which state of the pump was seen: they wait for the panel that holds it.
const isLookingAgain = () => document.getElementById("panel-actions")?.classList.contains("htmx-request");

let held = null;
let closedAt = -Infinity;
let timer = 0;

function hold(key) {
  held = key;
  clearTimeout(timer);
  timer = setTimeout(() => (held = null), PATIENCE);
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
    const isAnswering = isOnItsWay() && !takesLetters(event.target);
    const isBehind = event.key.toLowerCase() === "p" && performance.now() - closedAt < PATIENCE && !dialog?.open && isLookingAgain() && !event.target.matches("input, textarea, select");
    if (!isAnswering && !isBehind) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(event.key.toLowerCase());
  },
  true,
);

document.body.addEventListener("infusion:close", () => {
  closedAt = performance.now();
  setTimeout(press, 50); // the panels' requests have begun by then
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id === "panel-actions") return void setTimeout(press);
  if (!detail.successful && inside?.contains(detail.elt)) held = null;
});

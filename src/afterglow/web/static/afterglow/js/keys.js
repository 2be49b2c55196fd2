// One-key shortcuts: <button data-key="s">. Never while typing, never with a modifier, never repeated
// by a held key, never behind an open dialog. They can be switched off (data-keys-toggle).
import { focusFirst } from "./small.js";
import { words } from "./words.js";

const STORE = "afterglow-keys";
const typing = (element) =>
  element.isContentEditable || (element.matches("input, textarea, select") && !element.matches("[type=checkbox], [type=radio], [type=button], [type=submit]"));

// data-key-after: not while there is one of these on the page; the key is theirs then.
const isFor = (element, key) =>
  element.dataset.key.toLowerCase() === key && !element.disabled && element.checkVisibility() && !(element.dataset.keyAfter && document.querySelector(element.dataset.keyAfter));
const off = () => localStorage.getItem(STORE) === "off";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || off()) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.toLowerCase();
  const open = document.querySelector("dialog[open]");
  const scope = open ?? document;
  const target = [...scope.querySelectorAll("[data-key]")].find((element) => isFor(element, key));
  if (!target) return;
  event.preventDefault();
  if (typing(target)) target.focus();
  else if ("keyFocus" in target.dataset) focusFirst(target); // leads there, and leaves the press to a second key
  else target.click();
});

function show() {
  for (const button of document.querySelectorAll("[data-keys-toggle]")) {
    button.setAttribute("aria-pressed", String(!off()));
    (button.querySelector("span") ?? button).textContent = off() ? words.shortcutsOff : words.shortcutsOn;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-keys-toggle]")) return;
  localStorage.setItem(STORE, off() ? "on" : "off");
  show();
});
show();

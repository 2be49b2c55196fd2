// Small manners: dialogs, menus, toasts, selects that submit, the error summary's focus.
import { words } from "./words.js";

document.addEventListener("click", (event) => {
  // A suggestion is written into its field; the person still saves it.
  const filler = event.target.closest("[data-fills]");
  if (filler) {
    const field = document.getElementById(filler.dataset.fills);
    field.value = filler.dataset.value;
    field.focus();
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    document.getElementById(opener.dataset.opens)?.showModal();
    return;
  }
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest("[data-toast]")?.remove();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// Where the next thing is typed: an error's summary first, else the first empty field of what is marked.
const fields = "input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea";
export function focusFirst(place) {
  if (place.matches(`${fields}, [tabindex]`)) return place.focus();
  const inside = [...place.querySelectorAll(fields)];
  (inside.find((field) => !field.value) ?? inside[0] ?? place.querySelector("button, a[href]"))?.focus();
}
export function focusMarked(root) {
  const marked = root.querySelector(".error-summary[data-focus]") ?? root.querySelector("[data-focus]");
  if (marked) focusFirst(marked);
}
focusMarked(document);

// On a phone the steps of the day scroll: the one that is open is in sight.
const step = document.querySelector('.steps [aria-current="step"]');
const bar = step?.closest("ol");
function showStep() {
  if (!bar) return;
  const [box, mine] = [bar.getBoundingClientRect(), step.getBoundingClientRect()];
  bar.scrollLeft += mine.left - box.left - (box.width - mine.width) / 2;
}
showStep();
// Letters that arrive late widen the steps.
window.addEventListener("load", showStep);

// What went well is said and leaves; what needs a person stays until it is closed.
function fade() {
  for (const toast of document.querySelectorAll("#messages [data-toast].toast-success:not([data-leaving])")) {
    toast.dataset.leaving = "true";
    setTimeout(() => !toast.matches(":focus-within, :hover") && toast.remove(), 8_000);
  }
}
fade();
document.addEventListener("htmx:afterSettle", fade);

/** Say something in the messages region, where screen readers hear it. */
export function toast(sentence, kind = "info") {
  const box = document.createElement("div");
  box.className = `toast toast-${kind}`;
  box.dataset.toast = "";
  const text = document.createElement("p");
  text.textContent = sentence;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-quiet";
  close.dataset.dismiss = "";
  close.textContent = words.close;
  box.append(text, close);
  document.getElementById("messages")?.append(box);
  return box;
}

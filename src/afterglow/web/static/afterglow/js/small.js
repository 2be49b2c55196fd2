// Small manners: dialogs, menus, toasts, selects that submit, the error summary's focus.
import { words } from "./words.js";

document.addEventListener("click", (event) => {
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

document.querySelector("[data-focus]")?.focus();

// On a phone the steps of the day scroll: the one that is open is in sight.
const step = document.querySelector('.steps [aria-current="step"]');
const bar = step?.closest("ol");
if (bar) bar.scrollLeft = step.offsetLeft - (bar.clientWidth - step.offsetWidth) / 2;

// What went well is said and leaves; what needs a person stays until it is closed.
for (const toast of document.querySelectorAll("#messages [data-toast].toast-success")) {
  setTimeout(() => !toast.matches(":focus-within, :hover") && toast.remove(), 8_000);
}

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

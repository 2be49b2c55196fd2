// What is typed in the grid and not yet charted looks so: the field, the head of its column and a line that names each
// value say it, by colour and by word; and what can be no value of its sign is said while it is typed.
import { words } from "./words.js";

const SHAPES = { digits: /^\d*$/, decimal: /^\d*(?:[.,]\d*)?$/, pressure: /^\d{0,3}(?:\/\d{0,3})?$/ };
const fieldsOf = (grid) => [...grid.querySelectorAll("input[data-entry]")];
const nameOf = (input) => input.dataset.name ?? "";

export const isUnsaved = (grid) => fieldsOf(grid).some((input) => input.value.trim());
export const isWrong = (input) => Boolean(fault(input));

/** What is wrong with a value however it goes on, or nothing. A value that is only too low may still grow. */
function fault(input) {
  const text = input.value.trim();
  const { entry, least, most } = input.dataset;
  if (!SHAPES[entry]?.test(text)) return words.notAValue(nameOf(input), text, entry, least, most);
  const last = Number(text.split("/").at(-1).replace(",", "."));
  if (most && (entry !== "pressure" || text.includes("/")) && last > Number(most)) return words.tooHigh(nameOf(input), text, entry, least, most);
  return "";
}

/** Say at a field, in the head of its column and under the grid what is typed and not charted. */
export function mark(input) {
  const grid = input.closest("[data-grid]");
  showWrong(input);
  for (const old of document.querySelectorAll("#panel-grid .grid-errors")) old.remove(); // it was said of what stood there before
  if (grid) show(grid);
}

function showWrong(input) {
  if (isWrong(input)) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid"); // also what the server called wrong: it is being typed over
}

let telling = 0;
function show(grid) {
  const line = document.querySelector("[data-grid-unsaved]");
  if (!line) return;
  const typed = fieldsOf(grid).filter((input) => input.value.trim());
  for (const input of fieldsOf(grid)) input.toggleAttribute("data-unsaved", typed.includes(input));
  const head = grid.querySelector("thead th.is-open");
  head?.toggleAttribute("data-unsaved", typed.length > 0);
  const values = typed.map((input) => `${nameOf(input)} ${input.value.trim()}`).join(", ");
  const wrong = typed.map(fault).filter(Boolean);
  const said = wrong.length ? `${wrong.join(" ")} ${words.nothingSaved}` : typed.length ? words.notSaved(values) : "";
  line.hidden = !said;
  line.classList.toggle("is-wrong", wrong.length > 0);
  line.textContent = said;
  const here = document.activeElement;
  if (grid.contains(here)) requestAnimationFrame(() => here.scrollIntoView({ block: "nearest" })); // the line took a row's height
  // A screen reader hears it once the hand rests, not at every digit; what is wrong it hears at once.
  clearTimeout(telling);
  const tell = () => {
    const heard = document.querySelector("[data-grid-heard]");
    if (heard && heard.textContent !== said) heard.textContent = said;
  };
  if (wrong.length) tell();
  else telling = setTimeout(tell, 900);
}

function showAll() {
  for (const grid of document.querySelectorAll("[data-grid]")) {
    for (const input of fieldsOf(grid)) if (isWrong(input)) input.setAttribute("aria-invalid", "true");
    show(grid);
  }
}
showAll();
document.addEventListener("htmx:afterSwap", showAll);
document.addEventListener("grid:emptied", showAll);
document.addEventListener("infusion:close", () => setTimeout(showAll)); // what this tablet recorded by itself leaves its fields

// Keyboard entry in <table data-grid>: Enter saves the column, arrows and a full field move, "120/80" in one field.
// Nothing typed is taken away: what is no value stays in its field, and grid_unsaved.js says what is wrong with it.
import { isUnsaved, isWrong, mark } from "./grid_unsaved.js";

const KINDS = ["digits", "decimal", "pressure"];

const inputs = (grid) => [...grid.querySelectorAll("input[data-entry]:not([disabled])")];

// The button may stand outside of its form, bound to it by name.
const saveButton = (input) => (input.form ? [...input.form.elements].find((one) => one.matches("[data-grid-save]")) : input.closest("[data-grid]").querySelector("[data-grid-save]"));

// ---- a macro walks the cursor through its fields, one question after the other
let walk = null; // the fields that are still to come; null when nobody walks
let asksAll = false; // a macro's questions are each passed by Enter; of what is due Enter saves what is there
const fieldOf = (code) => document.querySelector(`[data-grid] input[data-code="${CSS.escape(code)}"]:not([disabled])`);

function say(code) {
  const hint = document.querySelector("[data-macro-hint]");
  if (!hint) return;
  const words = code ? document.querySelector(`[data-say="${CSS.escape(code)}"]`)?.textContent : "";
  hint.textContent = words ?? "";
  hint.hidden = !words;
}

/** Go to the next field of the macro; at its end, to the button that saves. */
function step(from) {
  const code = walk.shift();
  const input = code && fieldOf(code);
  if (!input) {
    walk = null;
    say("");
    if (from) saveButton(from)?.focus();
    return;
  }
  say(code);
  input.focus();
  input.select?.();
}

document.addEventListener("click", (event) => {
  const macro = event.target.closest("[data-macro]");
  if (!macro) return;
  walk = macro.dataset.macro.trim().split(/\s+/);
  asksAll = macro.dataset.key !== "g";
  step();
});
document.addEventListener("focusin", (event) => {
  if (!event.target.dataset?.code && !event.target.matches("[data-macro]")) {
    walk = null;
    say("");
  }
});

function neighbour(input, rows, columns) {
  const grid = input.closest("[data-grid]");
  const cell = input.closest("td");
  if (rows) {
    let row = cell.parentElement;
    do {
      do row = rows > 0 ? row.nextElementSibling : row.previousElementSibling;
      while (row?.hidden);
      const found = row?.cells[cell.cellIndex]?.querySelector("input[data-entry]:not([disabled])");
      if (found) return found;
    } while (row);
    return null;
  }
  const row = inputs(grid).filter((other) => other.closest("tr") === cell.parentElement);
  return row[row.indexOf(input) + columns] ?? null;
}

/** Leave a field as Enter does: to the macro's next one, else down the column, else to the button that saves. */
function onward(input) {
  if (!input.closest("[data-grid]")) return onwardInForm(input);
  if (walk) return step(input);
  const next = neighbour(input, 1, 0) ?? saveButton(input);
  if (!next) return input.blur();
  next.focus();
  next.select?.();
}

/** Enter in the grid: to the next field of a walk; else it saves what is typed; else on, as there is nothing to save. */
function enter(input) {
  const toCome = (asksAll || input.value) && walk?.some((code) => fieldOf(code));
  const save = saveButton(input);
  if (toCome || !save || !isUnsaved(input.closest("[data-grid]"))) return onward(input);
  walk = null;
  say("");
  restAt = input.value ? null : input.dataset.code;
  save.click();
}

/** In a form: the next empty field that no monitor fills, else the button that saves. */
function onwardInForm(input) {
  const fields = [...(input.form?.querySelectorAll("input:not([type=hidden], [disabled]), select, textarea") ?? [])];
  const next = fields.slice(fields.indexOf(input) + 1).find((one) => !one.value && !("told" in one.dataset));
  (next ?? input.form?.querySelector("button:not([type=button], [disabled])"))?.focus();
}

// A field that can take no digit more is left by itself; within a walk the Enter of a hand that is used to it is not
// one more move. A digit more belongs to what was left, where the cursor now stands on a button.
let hasMoved = false;
let left = null; // the field that was left by itself, until another key or a finger
let restAt = null; // where the hand was when its Enter saved the column: its next digit goes there
document.addEventListener("pointerdown", () => {
  left = null;
  restAt = null;
});
function isFull(input) {
  if (input.dataset.entry === "decimal" && !input.value.includes(".")) return false; // the point is still to come
  const most = Number(input.dataset.most);
  const [, last] = input.value.match(input.dataset.entry === "pressure" ? /^\d{2,3}\/(\d{2,3})$/ : /^(\d+)$/) ?? [];
  return Boolean(last && most) && Number(last) <= most && Number(last) * 10 > most;
}

document.addEventListener("keydown", (event) => {
  const input = event.target;
  const wasMoved = hasMoved;
  hasMoved = false;
  if (wasMoved && left?.isConnected && /^[.,]$/.test(event.key)) return goOn(left); // 5.5: the point belongs to what was left
  if (wasMoved && event.key === "Enter" && input.matches?.("input:not([data-grid] *)")) event.preventDefault();
  if (!input.matches?.("[data-grid] input[data-entry]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
  const atEnd = input.selectionStart === input.value.length;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (!(wasMoved && walk)) enter(input);
    return;
  }
  const moves = {
    Enter: () => neighbour(input, -1, 0), // with shift
    ArrowDown: () => neighbour(input, 1, 0),
    ArrowUp: () => neighbour(input, -1, 0),
    ArrowRight: () => (atEnd ? neighbour(input, 0, 1) : undefined),
    ArrowLeft: () => (atStart ? neighbour(input, 0, -1) : undefined),
  };
  if (!(event.key in moves)) return;
  const next = moves[event.key]();
  if (next === undefined) return;
  event.preventDefault();
  next?.focus();
  next?.select?.();
});

// A digit that is typed where no field has the cursor is never lost: it belongs to the field that was just left, else it
// begins the due walk, else it goes on where the column was saved, else it begins an unscheduled reading.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!/^\d$/.test(event.key)) {
    if (!["Enter", "Shift", ".", ","].includes(event.key)) left = restAt = null;
    return;
  }
  if (localStorage.getItem("afterglow-keys") === "off" || document.querySelector("dialog[open]")) return;
  const onSave = event.target.matches?.("[data-grid-save]");
  if (!onSave && event.target !== document.body && event.target.id !== "main") return;
  if (onSave && left?.isConnected) return goOn(left);
  const due = document.querySelector('[data-macro][data-key="g"]');
  if (due) return due.click(); // and the digit goes to where the cursor is now
  goOn(fieldOf(restAt ?? "pressure"));
});
// What is typed is saved by Enter also where the cursor has left the grid.
document.addEventListener("keydown", (event) => {
  const free = event.target === document.body || event.target.id === "main";
  if (event.key !== "Enter" || !free || event.repeat || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const grid = document.querySelector("#observation [data-grid]");
  if (grid && isUnsaved(grid)) document.querySelector("[data-grid-save]")?.click();
});
function goOn(field) {
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

// A day that is typed whole for the first time is left by itself; one that is corrected is not.
let dayWas = "";
let byDigit = false;
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("input[type=date][data-left-full]")) return;
  byDigit = /^\d$/.test(event.key);
  dayWas = event.target.value;
});

document.addEventListener("input", (event) => {
  const input = event.target;
  if (input.matches?.("input[type=date][data-left-full]") && byDigit && !(dayWas >= "1000") && input.value >= "1000") {
    onwardInForm(input);
    hasMoved = true;
  }
  const kind = input.dataset?.entry;
  if (!KINDS.includes(kind)) return;
  if (kind === "pressure" && !event.inputType?.startsWith("delete")) slash(input, input.value);
  mark(input);
  if (event.inputType !== "insertText" || input.selectionStart !== input.value.length || isWrong(input) || !isFull(input)) return;
  onward(input);
  hasMoved = true;
  left = input;
});

function slash(input, clean) {
  // 120 → "120/", and 956 → "95/6": a systolic from 30 to 299 has one reading.
  if (/^[12]\d\d$/.test(clean)) input.value = `${clean}/`;
  else if (/^[3-9]\d\d$/.test(clean)) input.value = `${clean.slice(0, 2)}/${clean.slice(2)}`;
  else if ((clean.match(/\//g) ?? []).length > 1) input.value = clean.replace(/\/(?=.*\/)/g, "");
}

// ---- a row on demand (EtCO2, temperature, pain) is opened by "+ row" and stays open on this screen
const opened = new Set();
function openRows() {
  for (const name of opened) {
    const row = document.querySelector(`tr[data-on-demand="${CSS.escape(name)}"]`);
    if (row) row.hidden = false;
    const button = document.querySelector(`[data-open-row="${CSS.escape(name)}"]`);
    if (button) button.hidden = true;
  }
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-row]");
  if (!button) return;
  opened.add(button.dataset.openRow);
  openRows();
  fieldOf(button.dataset.openRow)?.focus();
});
document.addEventListener("htmx:afterSwap", openRows);
// A column that was refused: the cursor stands in the first field that is wrong, in sight.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.requestConfig?.verb !== "post") return;
  const wrong = detail.target.querySelector?.("[data-grid] input[aria-invalid=true]");
  wrong?.focus();
  wrong?.select();
  requestAnimationFrame(() => wrong?.scrollIntoView({ block: "nearest" }));
});

// ---- "More" stands beside the favourites only where some do not fit into the line
function showMore() {
  const line = document.getElementById("favourites");
  const more = document.querySelector(".favourites-more");
  if (line && more && !more.open) more.style.visibility = line.scrollHeight > line.clientHeight + 8 ? "" : "hidden";
}
const fitting = new ResizeObserver(showMore);
function watchFavourites() {
  const line = document.getElementById("favourites");
  if (line) fitting.observe(line);
  showMore();
}
watchFavourites();
document.addEventListener("htmx:afterSwap", watchFavourites);
document.addEventListener("toggle", ({ target }) => target.matches?.(".favourites-more") && showMore(), true);

// The newest column is the one that matters: a wide grid opens at its end.
const scrolled = (grid) => grid.parentElement.scrollLeft + grid.parentElement.clientWidth < grid.parentElement.scrollWidth - 8;
function toTheEnd(root) {
  for (const grid of root.querySelectorAll("[data-grid]:not(.paper-table)")) grid.parentElement.scrollLeft = grid.parentElement.scrollWidth;
}
// Who scrolled back to read is left there.
let isReading = false;
toTheEnd(document);
window.addEventListener("resize", () => !isReading && toTheEnd(document));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const grid = detail.target.querySelector?.("[data-grid]");
  if (grid) isReading = scrolled(grid);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!isReading && detail.target.querySelector?.("[data-grid]")) toTheEnd(detail.target);
});

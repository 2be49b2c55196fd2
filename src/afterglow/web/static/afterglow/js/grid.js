// Keyboard entry in <table data-grid>: digits only, Enter moves on, arrows move, "120/80" in one field.
const ALLOWED = { digits: /[^\d]/g, decimal: /[^\d.,]/g, pressure: /[^\d/]/g };

const inputs = (grid) => [...grid.querySelectorAll("input[data-entry]:not([disabled])")];

// The button may stand outside of its form, bound to it by name.
const saveButton = (input) => (input.form ? [...input.form.elements].find((one) => one.matches("[data-grid-save]")) : input.closest("[data-grid]").querySelector("[data-grid-save]"));

// ---- a macro walks the cursor through its fields, one question after the other
let walk = null; // the fields that are still to come; null when nobody walks
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

/** In a form: the next empty field that no monitor fills, else the button that saves. */
function onwardInForm(input) {
  const fields = [...(input.form?.querySelectorAll("input:not([type=hidden], [disabled]), select, textarea") ?? [])];
  const next = fields.slice(fields.indexOf(input) + 1).find((one) => !one.value && !("told" in one.dataset));
  (next ?? input.form?.querySelector("button:not([type=button], [disabled])"))?.focus();
}

// A field that can take no digit more is left by itself; the Enter of a hand that is used to it is not one more move.
let hasMoved = false;
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
  if (wasMoved && event.key === "Enter" && input.matches?.("input:not([data-grid] *)")) event.preventDefault();
  if (!input.matches?.("[data-grid] input[data-entry]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
  const atEnd = input.selectionStart === input.value.length;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault(); // Enter moves on; it never sends a half-filled column
    if (!wasMoved) onward(input);
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

// A digit that is typed while a reading is due, and nowhere else, begins the due walk: its first field takes it.
document.addEventListener("keydown", (event) => {
  if (!/^\d$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.repeat || localStorage.getItem("afterglow-keys") === "off") return;
  const free = event.target === document.body || event.target.id === "main";
  const due = free && !document.querySelector("dialog[open]") && document.querySelector('[data-macro][data-key="g"]');
  if (due) due.click(); // and the digit goes to where the cursor is now
});

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
  if (!(kind in ALLOWED)) return;
  const clean = input.value.replace(ALLOWED[kind], "");
  if (clean !== input.value) input.value = clean;
  if (event.inputType?.startsWith("delete")) return;
  if (kind === "pressure") slash(input, clean);
  if (event.inputType !== "insertText" || input.selectionStart !== input.value.length || !isFull(input)) return;
  onward(input);
  hasMoved = true;
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
  for (const grid of root.querySelectorAll("[data-grid]")) grid.parentElement.scrollLeft = grid.parentElement.scrollWidth;
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

// Keyboard entry in <table data-grid>: digits only, Enter moves on, arrows move, "120/80" in one field.
const ALLOWED = { digits: /[^\d]/g, decimal: /[^\d.,]/g, pressure: /[^\d/]/g };

const inputs = (grid) => [...grid.querySelectorAll("input[data-entry]:not([disabled])")];

// The button may stand outside of its form, bound to it by name.
const saveButton = (input) => (input.form ? [...input.form.elements].find((one) => one.matches("[data-grid-save]")) : input.closest("[data-grid]").querySelector("[data-grid-save]"));

// ---- a macro walks the cursor through its fields, one question after the other
let walk = [];
const fieldOf = (code) => document.querySelector(`[data-grid] input[data-code="${CSS.escape(code)}"]:not([disabled])`);

function say(code) {
  const hint = document.querySelector("[data-macro-hint]");
  if (!hint) return;
  const words = code ? document.querySelector(`[data-say="${CSS.escape(code)}"]`)?.textContent : "";
  hint.textContent = words ?? "";
  hint.hidden = !words;
}

/** Go to the next field of the macro; at its end, to the button that saves. */
function step() {
  const code = walk.shift();
  const input = code && fieldOf(code);
  say(input ? code : "");
  if (!input) return null;
  input.focus();
  input.select?.();
  return input;
}

document.addEventListener("click", (event) => {
  const macro = event.target.closest("[data-macro]");
  if (!macro) return;
  walk = macro.dataset.macro.trim().split(/\s+/);
  step();
});
document.addEventListener("focusin", (event) => {
  const code = event.target.dataset?.code;
  if (!code && !event.target.matches("[data-macro]")) {
    walk = [];
    say("");
  }
});

function neighbour(input, rows, columns) {
  const grid = input.closest("[data-grid]");
  const cell = input.closest("td");
  if (rows) {
    let row = cell.parentElement;
    do {
      row = rows > 0 ? row.nextElementSibling : row.previousElementSibling;
      const found = row?.cells[cell.cellIndex]?.querySelector("input[data-entry]:not([disabled])");
      if (found) return found;
    } while (row);
    return null;
  }
  const row = inputs(grid).filter((other) => other.closest("tr") === cell.parentElement);
  return row[row.indexOf(input) + columns] ?? null;
}

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-grid] input[data-entry]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
  const atEnd = input.selectionStart === input.value.length;
  if (event.key === "Enter" && !event.shiftKey && walk.length) {
    event.preventDefault();
    step();
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && document.querySelector("[data-macro-hint]")?.hidden === false) {
    event.preventDefault(); // the last question is answered: what is left is to save
    say("");
    saveButton(input)?.focus();
    return;
  }
  const moves = {
    Enter: () => neighbour(input, event.shiftKey ? -1 : 1, 0) ?? (event.shiftKey ? null : saveButton(input)),
    ArrowDown: () => neighbour(input, 1, 0),
    ArrowUp: () => neighbour(input, -1, 0),
    ArrowRight: () => (atEnd ? neighbour(input, 0, 1) : undefined),
    ArrowLeft: () => (atStart ? neighbour(input, 0, -1) : undefined),
  };
  if (!(event.key in moves)) return;
  const next = moves[event.key]();
  if (next === undefined) return;
  event.preventDefault(); // Enter moves on; it never sends a half-filled column
  if (!next) {
    if (event.key === "Enter") input.blur();
    return;
  }
  next.focus();
  next.select?.();
});

document.addEventListener("input", (event) => {
  const input = event.target;
  const kind = input.dataset?.entry;
  if (!(kind in ALLOWED)) return;
  const clean = input.value.replace(ALLOWED[kind], "");
  if (clean !== input.value) input.value = clean;
  if (kind !== "pressure" || event.inputType?.startsWith("delete")) return;
  // 120 → "120/", and 956 → "95/6": a systolic from 30 to 299 has one reading.
  if (/^[12]\d\d$/.test(clean)) input.value = `${clean}/`;
  else if (/^[3-9]\d\d$/.test(clean)) input.value = `${clean.slice(0, 2)}/${clean.slice(2)}`;
  else if ((clean.match(/\//g) ?? []).length > 1) input.value = clean.replace(/\/(?=.*\/)/g, "");
});

// The newest column is the one that matters: a wide grid opens at its end.
function toTheEnd(root) {
  for (const grid of root.querySelectorAll("[data-grid]")) grid.parentElement.scrollLeft = grid.parentElement.scrollWidth;
}
toTheEnd(document);
document.addEventListener("htmx:afterSwap", (event) => toTheEnd(event.detail.target.parentElement ?? document));

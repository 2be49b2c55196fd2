// Keyboard entry in <table data-grid>: digits only, Enter moves on, arrows move, "120/80" in one field.
const ALLOWED = { digits: /[^\d]/g, decimal: /[^\d.,]/g, pressure: /[^\d/]/g };

const inputs = (grid) => [...grid.querySelectorAll("input[data-entry]:not([disabled])")];

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
  const moves = {
    Enter: () => neighbour(input, event.shiftKey ? -1 : 1, 0) ?? (event.shiftKey ? null : input.closest("form, [data-grid]").querySelector("[data-grid-save]")),
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

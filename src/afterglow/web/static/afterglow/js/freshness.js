// A number that is older than its sign may be is dimmed at that second, not when a panel looks again:
// the graph's data say how old each sign may be, and clock.js counts.
const data = document.getElementById("trend-data");
const gaps = data ? (JSON.parse(data.textContent).gap_s ?? {}) : null;

function mark() {
  if (!gaps) return;
  for (const tile of document.querySelectorAll(".vital[data-sign]")) {
    const limit = gaps[tile.dataset.sign];
    if (limit) tile.dataset.staleAfter = limit;
  }
}
mark();
document.addEventListener("htmx:afterSwap", mark);

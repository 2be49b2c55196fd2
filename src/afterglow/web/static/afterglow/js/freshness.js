// A number that is older than its sign may be is dimmed at that second, not when a panel looks again:
// the graph's data say how old each sign may be, and clock.js counts.
function mark() {
  const data = document.getElementById("trend-data");
  if (!data) return;
  const gaps = JSON.parse(data.textContent).gap_s ?? {};
  for (const tile of document.querySelectorAll(".vital[data-sign]")) {
    const limit = gaps[tile.dataset.sign];
    if (limit) tile.dataset.staleAfter = limit;
  }
}
mark();
document.addEventListener("htmx:afterSwap", mark);

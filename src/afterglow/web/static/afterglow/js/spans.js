// Bars on a time axis: in <div class="spans" data-start=… data-end=…>, each [data-from] is placed by time.
// A drug row under a graph shows the stretch that the graph shows, so that one zoom is one zoom.
function stretch(axis) {
  const range = axis.matches(".drug-axis") ? document.querySelector("[data-trend]")?.trend?.range() : null;
  return range ? range.map((second) => second * 1000) : [Date.parse(axis.dataset.start), Date.parse(axis.dataset.end)];
}

export function place(root = document) {
  for (const axis of root.querySelectorAll(".spans[data-start][data-end]")) {
    const [start, end] = stretch(axis);
    if (!(end > start)) continue;
    const share = (at) => Math.round(Math.min(1, Math.max(0, (at - start) / (end - start))) * 1e4) / 100;
    for (const bar of axis.querySelectorAll("[data-from]")) {
      const from = Date.parse(bar.dataset.from);
      const to = bar.dataset.to ? Date.parse(bar.dataset.to) : from;
      put(bar, "--span-left", `${share(from)}%`);
      if (bar.dataset.to) put(bar, "--span-width", `${Math.round((share(to) - share(from)) * 100) / 100}%`);
      bar.classList.toggle("is-outside", to < start || from > end);
    }
  }
}

function put(bar, name, value) {
  if (bar.style.getPropertyValue(name) !== value) bar.style.setProperty(name, value);
}

place();
document.addEventListener("htmx:afterSwap", ({ detail }) => place(detail.target.parentElement ?? document));
document.addEventListener("trend:moved", () => place(document.querySelector(".infusion-drug") ?? document));

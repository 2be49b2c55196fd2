// Bars on a time axis: in <div class="spans" data-start=… data-end=…>, each [data-from] is placed by time.
export function place(root = document) {
  for (const axis of root.querySelectorAll(".spans[data-start][data-end]")) {
    const start = Date.parse(axis.dataset.start);
    const length = Date.parse(axis.dataset.end) - start;
    if (!(length > 0)) continue;
    const share = (at) => Math.min(100, Math.max(0, ((at - start) / length) * 100));
    for (const bar of axis.querySelectorAll("[data-from]")) {
      const left = share(Date.parse(bar.dataset.from));
      bar.style.setProperty("--span-left", `${left}%`);
      if (bar.dataset.to) bar.style.setProperty("--span-width", `${share(Date.parse(bar.dataset.to)) - left}%`);
    }
  }
}

place();
document.addEventListener("htmx:afterSwap", () => place());

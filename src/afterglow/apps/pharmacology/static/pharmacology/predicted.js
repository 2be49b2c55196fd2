// The predicted level is fetched again at every rate change: what a person had opened stays open.
const slot = document.getElementById("predicted");
let open = [];

slot?.addEventListener("htmx:beforeSwap", () => {
  open = [...slot.querySelectorAll("details")].map((each) => each.open);
});
slot?.addEventListener("htmx:afterSwap", () => {
  slot.querySelectorAll("details").forEach((each, at) => {
    each.open = Boolean(open[at]);
  });
});

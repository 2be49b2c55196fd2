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

// What opens under the line ends above the actions, however many alarms stand on top.
const actions = document.getElementById("infusion-actions");
const measure = () => {
  const room = actions.getBoundingClientRect().top - slot.getBoundingClientRect().bottom;
  slot.style.setProperty("--predicted-room", `${Math.max(0, Math.floor(room))}px`);
};

if (slot && actions) {
  const watch = new ResizeObserver(measure);
  [slot, slot.parentElement, actions].forEach((each) => watch.observe(each));
  slot.addEventListener("toggle", measure, true);
  window.addEventListener("resize", measure);
}

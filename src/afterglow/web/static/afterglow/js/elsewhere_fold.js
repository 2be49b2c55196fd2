// In the room the alarms of other rooms share one line: the first of them whole (the server puts the worst first), of the
// others how many and where. One tap opens them. An emergency is never folded.
import { words } from "./words.js";

const section = document.getElementById("alarms-elsewhere");
let isOpen = false;

const roomOf = (row) => row.querySelector(".strong")?.textContent.split(":")[0].trim() ?? "";

function fold() {
  const old = section.querySelector(".elsewhere-more");
  const had = old === document.activeElement;
  old?.remove();
  const [first, ...rest] = section.querySelectorAll(".elsewhere-line:not(.elsewhere-emergency)");
  section.classList.toggle("is-folded", rest.length > 0 && !isOpen);
  if (!rest.length) return;
  const more = document.createElement("button");
  more.type = "button";
  more.className = "elsewhere-more";
  more.setAttribute("aria-expanded", String(isOpen));
  more.textContent = isOpen ? words.foldRooms : words.moreRooms(rest.length, [...new Set(rest.map(roomOf))].join(", "));
  first.insertBefore(more, first.querySelector(".push"));
  if (had) more.focus();
}

section?.addEventListener("click", ({ target }) => {
  if (!target.closest(".elsewhere-more")) return;
  isOpen = !isOpen;
  fold();
  section.querySelector(".elsewhere-more")?.focus();
});
document.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === section && fold());
if (section) fold();

// In the room the alarms of other rooms that are not red share one line: the first of them whole (the server puts the
// worst first), of the others how many and where; beside what is red they are a number. One tap opens them. What is red is
// never folded, nor is an emergency.
import { words } from "./words.js";

const section = document.getElementById("alarms-elsewhere");
let isOpen = false;
let had = false; // whether the button that the swap takes away was where the keyboard stands

const roomOf = (row) => row.querySelector(".strong")?.textContent.split(":")[0].trim() ?? "";

function fold() {
  section.querySelector(".elsewhere-more")?.remove();
  const rows = [...section.querySelectorAll(".elsewhere-line:not(.elsewhere-emergency, .elsewhere-red)")];
  const red = [...section.querySelectorAll(".elsewhere-red")].at(-1);
  const rest = rows.slice(red ? 0 : 1); // beside what is red, the others are a number in its line
  section.classList.toggle("is-folded", rest.length > 0 && !isOpen);
  if (!rest.length) return;
  const more = document.createElement("button");
  more.type = "button";
  more.className = "elsewhere-more";
  more.setAttribute("aria-expanded", String(isOpen));
  const said = isOpen ? words.foldRooms : words.moreRooms(rest.length, [...new Set(rest.map(roomOf))].join(", "));
  more.textContent = red && !isOpen ? `+${rest.length}` : said;
  more.setAttribute("aria-label", said);
  if (red) red.after(more);
  else rows[0].insertBefore(more, rows[0].querySelector(".push"));
  if (had) more.focus();
  had = false;
}

section?.addEventListener("click", ({ target }) => {
  if (!target.closest(".elsewhere-more")) return;
  isOpen = !isOpen;
  had = true;
  fold();
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === section) had = Boolean(section.querySelector(".elsewhere-more:focus"));
});
document.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === section && fold());
if (section) fold();

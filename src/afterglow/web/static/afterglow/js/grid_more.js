// Rows of the grid that are under its edge are named there, MOAA/S above all: a hand that types knows what is still to come.
// One tap goes down to them.
import { words } from "./words.js";

const section = document.getElementById("infusion-grid");
const button = document.createElement("button");
button.type = "button";
button.className = "grid-more";
button.hidden = true;
button.tabIndex = -1; // the arrow keys lead down the column
const TAPPED = 24; // px, the least height that a finger is given; what is above its words is clear

const scrollOf = () => document.querySelector("#panel-grid .grid-scroll");
const labelOf = (row) => row.querySelector("th")?.textContent.trim() ?? "";

function show() {
  const scroll = scrollOf();
  const edge = scroll?.getBoundingClientRect();
  const below = edge ? [...scroll.querySelectorAll("tbody tr:not([hidden])")].filter((row) => row.getBoundingClientRect().bottom > edge.bottom + 4) : [];
  const isScrolled = scroll && scroll.scrollHeight > scroll.clientHeight + 4; // a page that scrolls as a whole hides no row
  button.hidden = !isScrolled || !below.length;
  if (button.hidden) return;
  const text = words.below(below.map(labelOf).join(", "));
  if (button.textContent !== text) button.textContent = text;
  const part = edge.bottom - below[0].getBoundingClientRect().top; // as high as what is seen of the first of them: no whole row is covered
  button.style.setProperty("--clear", `${TAPPED - Math.min(TAPPED, Math.max(15, part))}px`);
  button.style.bottom = `${section.getBoundingClientRect().bottom - edge.bottom + 1}px`;
}

if (section) {
  section.append(button);
  button.addEventListener("mousedown", (event) => event.preventDefault()); // who types keeps the field
  button.addEventListener("click", () => scrollOf()?.scrollBy({ top: scrollOf().clientHeight - 60 }));
  document.addEventListener("scroll", ({ target }) => target.matches?.(".grid-scroll") && show(), { capture: true, passive: true });
  const sizes = new ResizeObserver(show);
  sizes.observe(section);
  for (const name of ["htmx:afterSwap", "grid:emptied", "click"]) document.addEventListener(name, () => requestAnimationFrame(show));
  show();
}

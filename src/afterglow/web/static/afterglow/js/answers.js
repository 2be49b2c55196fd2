// One key answers: on a question of radios a digit chooses the answer of that number, a letter the one that
// begins with it, and the cursor goes on to the next question. Each answer is still pressed by hand.
const groups = (form) => {
  const found = new Map();
  for (const radio of form.querySelectorAll("input[type=radio]:not([disabled])")) {
    if (!found.has(radio.name)) found.set(radio.name, []);
    found.get(radio.name).push(radio);
  }
  return found;
};
const words = (radio) => radio.labels?.[0]?.textContent.trim().toLowerCase() ?? "";

function chosen(radios, key) {
  if (/^\d$/.test(key)) return radios.find((radio) => radio.value === key);
  const fitting = radios.filter((radio) => words(radio).startsWith(key));
  return fitting.length === 1 ? fitting[0] : null;
}

/** Go to the next question after `name` that is not answered; else to the button that saves. */
function onward(form, name) {
  const all = [...groups(form)];
  const index = all.findIndex(([each]) => each === name);
  const [, next] = all.slice(index + 1).find(([, radios]) => !radios.some((radio) => radio.checked)) ?? [];
  (next?.[0] ?? form.querySelector("button:not([type=button]):not([disabled])"))?.focus();
}

// In a box whose statements all say how it should be, one key answers what is still open there: charting by
// exception. What was answered stays as it is; every answer is seen, can be changed, and is saved by a second act.
const boxOf = (radio) => radio.closest("fieldset.fieldset")?.querySelector("[data-answers-all]");
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-answers-all]");
  const box = all?.closest("fieldset.fieldset");
  if (!box) return;
  let last = "";
  for (const [name, radios] of groups(box)) {
    const wanted = radios.find((radio) => radio.value === all.dataset.answersAll);
    if (!wanted) continue; // a question of another kind is asked by itself
    last = name;
    if (!radios.some((radio) => radio.checked)) wanted.click();
  }
  if (last) onward(all.form, last);
});

document.addEventListener(
  "keydown",
  (event) => {
    const radio = event.target;
    if (!radio.matches?.(".choice-list input[type=radio]") || !radio.form) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.key.length !== 1 || event.key === " ") return;
    const answer = chosen(groups(radio.form).get(radio.name) ?? [], event.key.toLowerCase());
    const all = !answer && event.key.toLowerCase() === "a" && boxOf(radio);
    if (!answer && !all) return;
    event.preventDefault();
    if (all) {
      event.stopImmediatePropagation();
      return all.click();
    }
    event.stopImmediatePropagation(); // the same letter may be a shortcut of the page
    if (!answer.checked) answer.click();
    onward(radio.form, radio.name);
  },
  true,
);

// What waits to be filled in leads to its first open question.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".waiting-list a[href*='#']");
  if (link && goTo(document.getElementById(link.hash.slice(1)))) event.preventDefault();
});

/** Put the cursor where a place is still open; false where nothing is. */
function goTo(place) {
  if (!place) return false;
  const form = place.matches("form") ? place : place.querySelector("form");
  const open = form && [...groups(form).values()].find((radios) => !radios.some((each) => each.checked));
  const field = open?.[0] ?? [...(form?.querySelectorAll("input:not([type=hidden], [type=radio]), select, textarea") ?? [])].find((each) => !each.value);
  if (!field) return false;
  field.focus({ preventScroll: true });
  (field.closest(".field") ?? field).scrollIntoView({ block: "center" });
  return true;
}

// What was saved leads to the next thing that waits; at the end to what is signed before a witness.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const saved = detail.requestConfig?.verb === "post" && detail.elt.closest?.(".card");
  if (!saved || !document.querySelector("#may-go") || document.querySelector(".error-summary")) return;
  const next = document.querySelector(".waiting-list a[href*='#']");
  if (next) return void goTo(document.getElementById(next.hash.slice(1)));
  goTo(document.querySelector("#milligrams:has([data-key-focus])"));
});

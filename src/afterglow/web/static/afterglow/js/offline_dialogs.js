// The dialogs of a page without a server: those that were kept, the name of a mark, and an entry that no server could read.
import { serverNow } from "./clock.js";
import { make } from "./offline_draw.js";
import { entryOf, leave, write } from "./offline_entries.js";
import { clockOf } from "./offline_entry.js";
import { isClosed } from "./offline_locked.js";
import { trySending } from "./offline_reach.js";
import { body, changed, pumps, tablet } from "./offline_tablet.js";
import { words } from "./offline_words.js";
import { toast } from "./small.js";

const NAME_MS = 4000;
const dialogBox = document.getElementById("infusion-dialog");
const inside = document.getElementById("infusion-dialog-body");

/** Open the dialog of an act as it was kept. */
export function openKept(act) {
  if (isClosed()) return;
  const html = tablet.dialogs[act];
  if (!html) {
    toast(words.needsConnection, "error");
    return;
  }
  inside.innerHTML = html;
  if (pumps().length) inside.querySelector("[data-pump-now]")?.remove(); // it tells a rate of before
  inside.querySelector(".dialog-body")?.prepend(make("p", "notice notice-caution", words.keptForm));
  htmx.process(inside);
  if (!dialogBox.open) dialogBox.showModal();
  inside.querySelector(".dialog-body input:not([type=hidden]), .dialog-body textarea")?.focus();
}

function open(heading, form) {
  const title = make("h2", "", heading);
  title.id = "infusion-dialog-title";
  inside.replaceChildren(make("header", "dialog-head", title), form);
  if (!dialogBox.open) dialogBox.showModal();
}
function close() {
  inside.replaceChildren();
  dialogBox.close();
}

/** Ask what a mark was that waits here. */
export function askName(mark) {
  const field = make("input", "control");
  field.id = "offline-name";
  field.maxLength = 120;
  field.required = true;
  const name = make("label", "", words.markName);
  name.htmlFor = field.id;
  const form = make("form", "form dialog-body", name, field, make("div", "actions", make("button", "button button-primary", words.save)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    const found = { kind: "name", body: { about: mark.key, label: field.value.trim() }, at: serverNow(), said: `${words.entry.name}: ${field.value.trim()}`, plain: words.entry.name };
    const entry = entryOf(found, "waiting");
    try {
      await write([entry], NAME_MS, { act: "name", form });
      tablet.last = entry;
      close();
      if (tablet.reach === "yes") trySending();
    } catch {
      // The banner says that it is not recorded; the words stay in the dialog.
    }
    changed();
  });
  open(words.markName, form);
  field.focus();
}

/** Show an entry that no server could read, to be copied by hand and then taken off this tablet. */
export function showUnread(entry) {
  const at = clockOf(Date.parse(entry.happened_at), tablet.kit?.zone ?? body.dataset.zone);
  const form = make(
    "form", "form dialog-body",
    make("p", "strong", `${at} ${entry.said}`), make("p", "", [...new Set(entry.reasons ?? [])].join(" ")), make("p", "note", words.unreadMore),
    make("div", "actions", make("button", "button button-danger", words.copied)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await leave(entry);
    close();
  });
  open(words.unread(1), form);
}

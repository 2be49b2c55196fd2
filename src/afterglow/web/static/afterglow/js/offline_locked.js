// Who may act at a screen that has no server: a wish to lock that is kept until the server has locked it, and a kept page,
// which is locked until somebody says who records.
import { ask } from "./offline_keep.js";
import { make } from "./offline_draw.js";
import * as store from "./offline_store.js";
import { body, changed, isKept, session, tablet } from "./offline_tablet.js";
import { sealed } from "./offline_who.js";
import { words } from "./offline_words.js";

const WISH = "afterglow-lock";
const OPEN_ALWAYS = '[hx-post$="/infusion/stop/"], [hx-post$="/emergency/declare/"]';

/** Whether this is a kept page at which nobody has said who records. */
export const isClosed = () => isKept && !tablet.who;

/** Let a kept page take nothing but a stop and an emergency while it is closed. */
export function closePage() {
  if (!isKept) return;
  for (const place of document.querySelectorAll("#panel-grid, #recovery-forms")) place.inert = isClosed();
  for (const part of document.querySelectorAll("#panel-actions > *")) {
    if (!part.querySelector(OPEN_ALWAYS) && !part.matches(OPEN_ALWAYS)) part.inert = isClosed();
  }
}

/** The form in which somebody says who records on a kept page. */
export function whoForm() {
  const field = (id, type, text, more) => {
    const input = make("input", "control");
    Object.assign(input, { id, type, required: true, autocomplete: "off", ...more });
    const label = make("label", "", text, " ", input);
    return [label, input];
  };
  const [first, login] = field("offline-login", "text", words.login, { maxLength: 80, autocapitalize: "none" });
  const [second, pin] = field("offline-pin", "password", words.pin, { inputMode: "numeric", maxLength: 128 });
  const form = make("form", "recording-who", first, second, make("button", "button button-primary", words.open), make("span", "note", words.pinMore));
  form.dataset.id = "who";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = login.value.trim();
    const secret = pin.value;
    pin.value = "";
    const claim = { login: name, sealed: await sealed(secret, { session, login: name, tablet: await store.tablet(), publicKey: tablet.kit.seal }) };
    tablet.who = { login: name, claim };
    login.value = "";
    closePage();
    changed();
    document.querySelector("#panel-grid input[data-entry], #recovery-forms input:not([type=hidden])")?.focus();
  });
  return form;
}

// What only a server can do says so, and nothing is lost: the form stays as it is.
document.addEventListener("submit", (event) => {
  if (!session || tablet.reach !== "no" || !event.target.action?.endsWith("/screen/lock/")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  try {
    localStorage.setItem(WISH, "1");
  } catch {
    // A browser that stores nothing: the page hides who it is below, and cannot lock by itself later.
  }
  if (tablet.can) location.reload(); // comes back as the kept page, which is locked
  else {
    document.querySelector("#panel-header, #patient-strip")?.replaceChildren(make("p", "locked-who", words.lockLater));
    for (const place of document.querySelectorAll("#panel-grid, #recovery-forms")) place.inert = true;
  }
}, true);

/** Who locked without a connection is locked by the server before this page is drawn anew. False: it is there and did not. */
export async function lockedAsWished() {
  if (tablet.reach !== "yes" || !wished()) return true;
  try {
    const { locked, csrf } = await (await ask(`/sessions/${session}/infusion/kit.json`)).json();
    if (!locked) {
      const answer = await ask(body.dataset.lockUrl, { method: "POST", headers: { "X-CSRFToken": csrf } });
      if (!answer.ok && answer.type !== "opaqueredirect") return false; // it answers by leading on
    }
    localStorage.removeItem(WISH);
    if (!isKept) location.reload();
    return true;
  } catch {
    return false;
  }
}
function wished() {
  try {
    return localStorage.getItem(WISH) !== null;
  } catch {
    return false;
  }
}

// htmx and plain forms: the CSRF header, one submit per press, and words when nothing comes back.
import { focusMarked, toast } from "./small.js";
import { words } from "./words.js";

const csrf = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

// A second press while the first is under way does nothing. The service is safe to repeat anyway.
const busy = new WeakSet();
document.addEventListener("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  if (event.detail.requestConfig.verb === "get") return;
  if (busy.has(element)) {
    event.preventDefault();
    return;
  }
  busy.add(element);
  element.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => {
  busy.delete(event.detail.elt);
  event.detail.elt.removeAttribute("aria-busy");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-post], [data-hx-post]")) return;
  if (form.dataset.submitted) {
    event.preventDefault();
    return;
  }
  form.dataset.submitted = "true";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-submitted]")) delete form.dataset.submitted;
});

// A panel that looks again by itself has lost nothing, and an act that this tablet has recorded says so itself (offline.js).
const isSaid = ({ requestConfig }) => requestConfig?.recorded || (requestConfig?.verb === "get" && requestConfig.elt.matches?.("[hx-trigger]"));
const notSent = ({ detail }) => isSaid(detail) || toast(words.notSent, "error");
document.addEventListener("htmx:sendError", notSent);
document.addEventListener("htmx:timeout", notSent);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) return signInEnded(event);
  if (isSaid(event.detail)) return;
  toast(event.detail.xhr.status === 403 ? words.forbidden : words.failed, "error");
});
// The sign-in has ended: what is on the page stays, above all the numbers and alarms of a running infusion.
function signInEnded({ detail }) {
  document.body.dispatchEvent(new CustomEvent("signin:ended", { bubbles: true }));
  if (detail.requestConfig.verb !== "get") toast(words.signIn, "error");
}
// A whole page that nobody asked for, such as the sign-in page, is never put into a part of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (!xhr.responseURL || !/^\s*<!doctype html/i.test(event.detail.serverResponse ?? "")) return;
  const came = new URL(xhr.responseURL).pathname;
  if (came === new URL(pathInfo.requestPath, location.href).pathname || !came.startsWith("/accounts/")) return;
  event.detail.shouldSwap = false;
  signInEnded(event);
});
// An answer that does not hold the part that was asked for (a sign-in page, a refusal as a whole page) would
// empty the form and all that was typed: it is left as it is, with a word.
document.addEventListener("htmx:beforeSwap", (event) => {
  const wanted = event.detail.elt.getAttribute("hx-select");
  if (!wanted || !event.detail.shouldSwap) return;
  const answer = new DOMParser().parseFromString(event.detail.serverResponse ?? "", "text/html");
  if (answer.querySelector(wanted)) return;
  event.detail.shouldSwap = false;
  toast(words.outOfDate, "error");
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.querySelector?.("[data-focus]")) focusMarked(event.detail.target);
});

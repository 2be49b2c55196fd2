// hx-swap="patch": a panel that looks again changes what changed, and leaves the rest as it stands: a field
// keeps what is typed, a list stays scrolled, and the browser lays out a number instead of a panel.
// Elements with an id are the same only as themselves, and forms only with their own address: what was
// an alarm's button never becomes another alarm's under a finger.
const BY_HAND = new Set(["style", "open"]); // set by scripts and hands; the server sends neither
const COUNTED = "[data-elapsed-since], [data-remaining-until], [data-age]"; // clock.js writes these
const AHEAD = 4;

const fits = (known, wanted) =>
  known.nodeName === wanted.nodeName &&
  (known.id ?? "") === (wanted.id ?? "") &&
  (known.nodeName !== "FORM" || known.getAttribute("action") === wanted.getAttribute("action"));

function find(from, wanted) {
  for (let node = from, left = wanted.id ? Infinity : AHEAD; node && left > 0; node = node.nextSibling, left -= 1) {
    if (fits(node, wanted)) return node;
  }
  return null;
}

/** Make the children of `parent` what `fresh` holds; nodes of `fresh` are moved, not copied. */
export function patch(parent, fresh) {
  let at = parent.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = find(at, wanted);
    if (!known) {
      parent.insertBefore(wanted, at);
      continue;
    }
    while (at !== known) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    at = known.nextSibling;
    if (!known.isEqualNode(wanted)) update(known, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function update(known, wanted) {
  if (known.nodeType !== Node.ELEMENT_NODE) {
    if (known.data !== wanted.data) known.data = wanted.data;
    return;
  }
  for (const { name, value } of wanted.attributes) {
    if (known.getAttribute(name) !== value && !BY_HAND.has(name)) known.setAttribute(name, value);
  }
  for (const { name } of [...known.attributes]) {
    if (!wanted.hasAttribute(name) && !BY_HAND.has(name)) known.removeAttribute(name);
  }
  if (wanted.hasChildNodes() || !wanted.matches(COUNTED)) patch(known, wanted);
}

globalThis.htmx?.defineExtension("patch", {
  isInlineSwap: (style) => style === "patch",
  handleSwap(style, target, fragment) {
    if (style !== "patch") return false;
    patch(target, fragment);
    return [target];
  },
});

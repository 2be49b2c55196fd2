// <body data-wake-lock>: the screen stays on while a patient is on it. What came of it stands in
// <body data-wake="held | refused | unsupported">, and the page says so where it is not held.
const body = document.body;
let lock = null;

function say(what) {
  body.dataset.wake = what;
  for (const words of document.querySelectorAll("[data-wake-words]")) words.hidden = what === "held";
}

async function hold() {
  if (!("wakeLock" in navigator)) return say("unsupported");
  if (document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => document.visibilityState === "visible" && hold());
    say("held");
  } catch {
    lock = null; // low battery, or not allowed: the page works without it
    say("refused");
  }
}

if ("wakeLock" in body.dataset) {
  hold();
  document.addEventListener("visibilitychange", () => {
    if (lock === null || lock.released) hold();
  });
}

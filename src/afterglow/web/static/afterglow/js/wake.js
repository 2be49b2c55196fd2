// <body data-wake-lock>: the screen stays on while a patient is on it.
let lock = null;

async function hold() {
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    lock = null; // low battery, or not allowed: the page works without it
  }
}

if ("wakeLock" in document.body.dataset) {
  hold();
  document.addEventListener("visibilitychange", () => {
    if (lock === null || lock.released) hold();
  });
}

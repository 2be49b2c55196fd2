// Of the heart two numbers may arrive: the ECG's rate and the oximeter's pulse. The ECG's goes first while a
// device sends it and it is fresh; a rate that somebody typed is no ECG and never makes a screen deaf to the pulse.
// One place for both scripts, so that the tile and the graph cannot disagree.
let ecgAt = -Infinity;

/** Remember that a device's ECG has spoken: what is flagged, or typed by hand, has not. */
export function heardHeart(readings) {
  for (const { code, source, flag, taken_at: at } of readings) {
    if (code === "heart_rate" && source !== "hand" && !flag) ecgAt = Math.max(ecgAt, Date.parse(at));
  }
}

/** Whether this pulse stands behind a fresh ECG. How long one is fresh, the protocol says (the tile carries it). */
export function isBehindEcg({ code, taken_at: at }) {
  if (code !== "pulse_rate") return false;
  const fresh = Number(document.querySelector('.vital[data-sign="heart"]')?.dataset.staleAfter ?? 60) * 1000;
  return Date.parse(at) - ecgAt < fresh;
}

// Alarm sounds, in the pattern of each priority. Secondary to the monitor's own, and off until a person
// turns them on: a browser plays nothing before a gesture, and a silent "on" would be a lie.
const PATTERNS = {
  red: { pulses: [0, 0.2, 0.4, 0.75, 0.95], tone: 880, length: 0.12 },
  amber: { pulses: [0, 0.35, 0.7], tone: 660, length: 0.2 },
  technical: { pulses: [0], tone: 440, length: 0.25 },
};
let context = null;

/** Call from a click. Resolves to whether sound can be heard. */
export async function enableSound() {
  context ??= new AudioContext();
  await context.resume();
  return context.state === "running";
}

/** Play one burst for a level; returns false when sound is not enabled. */
export function play(level) {
  const pattern = PATTERNS[level];
  if (!pattern || context?.state !== "running") return false;
  for (const start of pattern.pulses) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + start;
    tone.frequency.value = pattern.tone;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.setValueAtTime(0.25, at + pattern.length - 0.03);
    gain.gain.linearRampToValueAtTime(0, at + pattern.length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + pattern.length);
  }
  return true;
}

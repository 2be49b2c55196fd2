// The few words that scripts say themselves. Everything else comes from the server, translated.
const wanted = {
  en: (entry, least, most) =>
    entry === "pressure" ? "120/80" : `${entry === "digits" ? "a whole number" : "a number"}${least ? ` from ${least} to ${most}` : most ? ` up to ${most}` : ""}`,
  es: (entry, least, most) =>
    entry === "pressure" ? "120/80" : `${entry === "digits" ? "un número entero" : "un número"}${least ? ` de ${least} a ${most}` : most ? ` hasta ${most}` : ""}`,
};
const WORDS = {
  en: {
    ago: (amount) => `${amount} ago`,
    now: "now",
    notSent: "Not sent: there is no connection. Nothing was saved. Try again.",
    failed: "Afterglow could not do this. Nothing was changed. Reload the page and try again.",
    forbidden: "You may not do this, or the sign-in has ended. Nothing was changed.",
    outOfDate:
      "Nothing was saved: this page is out of date, or you are signed out. Copy what you typed, then load it again.",
    signIn: "Not done: you are signed out here. Sign in to act.",
    close: "Close",
    shortcutsOn: "Shortcut keys: on",
    shortcutsOff: "Shortcut keys: off",
    prediction: "model, secondary",
    baseline: "baseline",
    byHand: "by hand",
    byMonitor: "monitor",
    below: (rows) => `▾ ${rows}`,
    moreRooms: (count, rooms) => `and ${count} more: ${rooms}`,
    foldRooms: "one line",
    keyLost: (key) => `${key} was not done: it was pressed before the last answer came. Look, and press it again.`,
    notSaved: (values) => `Not saved: ${values}. Enter saves.`,
    nothingSaved: "Nothing is saved yet.",
    notAValue: (name, text, entry, least, most) => `${name}: “${text}” is no value; write ${wanted.en(entry, least, most)}.`,
    tooHigh: (name, text, entry, least, most) => `${name}: ${text} cannot be; write ${wanted.en(entry, least, most)}.`,
  },
  es: {
    ago: (amount) => `hace ${amount}`,
    now: "ahora",
    notSent: "No se envió: no hay conexión. No se guardó nada. Inténtelo de nuevo.",
    failed: "Afterglow no pudo hacer esto. No se cambió nada. Recargue la página e inténtelo de nuevo.",
    forbidden: "No puede hacer esto, o la sesión ha terminado. No se cambió nada.",
    outOfDate:
      "No se guardó nada: esta página ya no está al día o su sesión terminó. Copie lo que escribió y vuelva a cargarla.",
    signIn: "No se hizo: aquí su sesión terminó. Inicie sesión para actuar.",
    close: "Cerrar",
    shortcutsOn: "Teclas rápidas: sí",
    shortcutsOff: "Teclas rápidas: no",
    prediction: "modelo, secundario",
    baseline: "basal",
    byHand: "a mano",
    byMonitor: "monitor",
    below: (rows) => `▾ ${rows}`,
    moreRooms: (count, rooms) => `y ${count} más: ${rooms}`,
    foldRooms: "una línea",
    keyLost: (key) => `${key} no se hizo: se pulsó antes de que llegara la última respuesta. Mire y púlsela otra vez.`,
    notSaved: (values) => `Sin guardar: ${values}. Intro guarda.`,
    nothingSaved: "Aún no se ha guardado nada.",
    notAValue: (name, text, entry, least, most) => `${name}: «${text}» no es un valor; escriba ${wanted.es(entry, least, most)}.`,
    tooHigh: (name, text, entry, least, most) => `${name}: ${text} no puede ser; escriba ${wanted.es(entry, least, most)}.`,
  },
};

export const words = WORDS[document.documentElement.lang.slice(0, 2)] ?? WORDS.en;

/** The same words as the `ago` filter: "12 s ago", "2 min ago", "3 h ago". */
export function ago(seconds) {
  if (seconds < 2) return words.now;
  if (seconds < 120) return words.ago(`${Math.floor(seconds)} s`);
  if (seconds < 7200) return words.ago(`${Math.floor(seconds / 60)} min`);
  return words.ago(`${Math.floor(seconds / 3600)} h`);
}

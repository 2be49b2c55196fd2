// On every page: what was kept of a session is erased when it is over for this tablet, when nobody is signed in and
// nothing waits, and after its time; and what waits is sent from whatever page is open. Without anything kept, it
// does nothing and asks nobody.
const MOST_MS = 12 * 3_600_000;

async function tidy() {
  if (document.body.dataset.session || document.body.dataset.checkSession || !window.isSecureContext || !("indexedDB" in window) || !("caches" in window)) return;
  const store = await import("./offline_store.js");
  if (!(await store.isThere())) return leftovers();
  const { ask, erase, eraseAll } = await import("./offline_keep.js");
  const { send, whyStopped } = await import("./offline_send.js");
  const { words } = await import("./offline_words.js");
  const became = await send();
  const waits = (await store.entries()).filter((entry) => store.STAYS.includes(entry.state));
  for (const { session, keptAt } of await store.sessions()) {
    const isOld = Date.now() - keptAt > MOST_MS;
    const answer = isOld ? null : await ask(`/sessions/${session}/infusion/kit.json`);
    const stopped = answer ? whyStopped(answer) : "";
    if (stopped === "signed-out") {
      if (!waits.length) await eraseAll();
      break;
    }
    if (isOld || (!stopped && (await answer.json()).why_not)) await erase(session);
  }
  if (!(await store.isThere())) return;
  if (!(await store.sessions()).length && !(await store.entries()).length) await eraseAll();
  if (waits.length && became !== "unreachable") {
    const { toast } = await import("./small.js");
    toast(`${words.waiting(waits.length)}. ${became === "signed-out" ? words.signedOutMore : (words[became] ?? words.trying)}`, "error");
  }
}

/** Files without a store beside them: another tab has erased half. */
async function leftovers() {
  for (const name of await caches.keys()) if (name.startsWith("afterglow-kept-")) await caches.delete(name);
}

tidy().catch(() => {}); // no network: the next page tries again

// Keeping the page: may this browser keep it at all, the worker, the files by versioned name, and erasing.
import * as store from "./offline_store.js";
import { CannotKeep } from "./offline_tablet.js";

const WORKER = "/sessions/worker.js";
const SCOPE = "/sessions/";
const PAGES = "afterglow-kept-pages";
const FILES = "afterglow-kept-";
const ROOM = 8 * 1024 * 1024;
const PROBE_MS = 8000;

/** Fetch with an end: no answer within the time is no answer. A redirect (to the sign-in) is not followed. */
export const ask = (url, options = {}) =>
  fetch(url, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(options.patience ?? 6000), ...options });

/** Prove that this browser can keep entries through a power cut: a write, read back, taken away again. */
export async function prove() {
  if (!window.isSecureContext) throw new CannotKeep("insecure");
  if (!("serviceWorker" in navigator) || !("indexedDB" in window) || !("caches" in window) || !crypto.subtle) throw new CannotKeep("browser");
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  if (estimate?.quota && estimate.quota - estimate.usage < ROOM) throw new CannotKeep("full");
  try {
    const key = crypto.randomUUID();
    const order = await store.within(PROBE_MS, store.add({ key, session: "probe", state: "probe", until: 0, kind: "probe", body: { room: "x".repeat(4096) } }));
    const found = (await store.entries("probe")).some((each) => each.key === key && each.body.room.length === 4096);
    await store.remove(order);
    if (!found) throw new CannotKeep("storage");
  } catch (problem) {
    if (problem instanceof CannotKeep) throw problem;
    if (problem instanceof store.Stuck) throw new CannotKeep("stuck");
    throw new CannotKeep(problem?.name === "QuotaExceededError" ? "full" : "storage");
  }
}

/** Whether the browser promises not to throw away what is kept; asking it costs nothing where it decides alone. */
export async function persist() {
  const late = new Promise((resolve) => setTimeout(resolve, 3000, false)); // some browsers ask the person first
  try {
    return (await navigator.storage.persisted()) || (await Promise.race([navigator.storage.persist(), late]));
  } catch {
    return false;
  }
}

/** Start the worker, and wait until it would answer. */
export async function startWorker() {
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: "none" });
    const registration = await Promise.race([ready(), new Promise((_, late) => setTimeout(() => late(new Error("late")), 15_000))]);
    if (!registration) throw new Error("no worker");
  } catch {
    throw new CannotKeep("worker");
  }
}

async function ready() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  if (registration?.active) return registration;
  const coming = registration?.installing ?? registration?.waiting;
  if (coming) await new Promise((resolve) => coming.addEventListener("statechange", () => coming.state === "activated" && resolve()));
  return registration;
}

/** Keep the page's files: `files` says where each is kept and where it comes from. */
export async function keepFiles(files, version) {
  const cache = await caches.open(`${FILES}${version}`);
  const have = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  try {
    await Promise.all(
      Object.entries(files).map(async ([kept, from]) => {
        if (have.has(kept)) return;
        const answer = await ask(from, { patience: 20_000 });
        if (!answer.ok) throw new Error(from);
        // Not the answer itself: it has its own address, and a module's imports are looked for beside that, on the network.
        await cache.put(kept, new Response(await answer.blob(), { headers: { "content-type": answer.headers.get("content-type") ?? "" } }));
      }),
    );
  } catch (problem) {
    throw new CannotKeep(problem?.name === "QuotaExceededError" ? "full" : "files");
  }
}

/** The addresses of a session's pages that can be kept; while the patient recovers there are two. */
const pagesOf = (session) => [`/sessions/${session}/infusion/`, `/sessions/${session}/recovery/`];

/** Keep the pages of a session as the server gives them for keeping, and the files they name. */
export async function keepPages(session, kit) {
  await keepFiles(kit.files, kit.version);
  const pages = await caches.open(PAGES);
  for (const address of pagesOf(session).slice(0, kit.state === "recovery" ? 2 : 1)) {
    const answer = await ask(`${address}kept/`);
    if (!answer.ok) throw new CannotKeep("files");
    const headers = new Headers(answer.headers);
    headers.set("kept-at", new Date().toISOString());
    headers.delete("content-encoding");
    headers.delete("content-length");
    await pages.put(address, new Response(await answer.text(), { headers }));
  }
  for (const name of await caches.keys()) {
    // Files of an older version that no kept page names any more.
    if (name.startsWith(FILES) && name !== PAGES && name !== `${FILES}${kit.version}` && !(await isNamed(name.slice(FILES.length)))) await caches.delete(name);
  }
}

async function isNamed(version) {
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const html = await (await pages.match(request)).text();
    if (html.includes(`/sessions/kept/${version}/`)) return true;
  }
  return false;
}

/** Erase what is kept of a session. Entries that no server holds stay; says whether any does. */
export async function erase(session) {
  if (await caches.has(PAGES)) {
    const pages = await caches.open(PAGES);
    for (const address of pagesOf(session)) await pages.delete(address);
  }
  await store.forget(session);
  const waits = (await store.entries()).some((entry) => store.STAYS.includes(entry.state));
  if (!waits && !(await store.sessions()).length) await eraseAll();
  return waits;
}

/** Erase everything, the worker too. Only when nothing waits. */
export async function eraseAll() {
  for (const name of await caches.keys()) if (name.startsWith(FILES)) await caches.delete(name);
  await store.destroy();
  await (await navigator.serviceWorker.getRegistration(SCOPE))?.unregister();
}

// The service worker of a session's pages. FACTS stands above this line, written by the server.
// It answers two things and nothing else: the infusion page and the recovery page when no server does, from what the page
// itself has kept, locked and without who the patient is; and those pages' own files, by their versioned addresses.
// Everything else goes to the network as if no worker were there. It writes nothing and caches nothing.
const PAGES = "afterglow-kept-pages";
const PAGE = /^\/sessions\/([0-9a-f-]{36})\/(infusion\/|recovery\/)?$/;
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(FACTS.prefix)) {
    event.respondWith(file(url.pathname));
    return;
  }
  const page = request.mode === "navigate" && PAGE.exec(url.pathname);
  if (page) event.respondWith(open(request, page[1], page[2] ?? "infusion/"));
});

async function file(path) {
  const version = path.slice(FACTS.prefix.length).split("/")[0];
  const cache = await caches.open(`afterglow-kept-${version}`);
  return (await cache.match(path)) ?? new Response("", { status: 404 });
}

async function open(request, session, which) {
  const kept = (await keptPage(`/sessions/${session}/${which}`)) ?? (await keptPage(`/sessions/${session}/infusion/`));
  if (!kept) return fetch(request);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: giveUp.signal });
    return answer.status >= 500 ? kept : answer;
  } catch {
    return kept;
  } finally {
    clearTimeout(timer);
  }
}

/** A kept page, unless it is older than it may be: then it is erased. */
async function keptPage(address) {
  if (!(await caches.has(PAGES))) return null;
  const cache = await caches.open(PAGES);
  const found = await cache.match(address);
  if (!found) return null;
  const age = Math.abs(Date.now() - Date.parse(found.headers.get("kept-at"))); // a clock may be put back
  if (age < FACTS.keepSeconds * 1000) return found;
  await cache.delete(address);
  return null;
}

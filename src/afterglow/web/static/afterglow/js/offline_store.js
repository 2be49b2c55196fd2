// What lies on this tablet: IndexedDB, written with strict durability, read by nobody else.
//   entries   what was typed and no server has answered yet, in the order of typing
//   sessions  what the page needs to record without a server (rules, dialogs, last numbers, clock), one row a session
//   tablet    this browser's random name and its key
// Bodies are sealed with an AES key that no script can read out. It keeps them from other scripts and from a copied
// file of entries; who holds the whole tablet, unlocked and unencrypted, holds the key as well.
const NAME = "afterglow-offline";
const PATIENCE_MS = 8000;
let opened = null;
let isOpening = false;

/** The disk has not answered in time. What was asked of it may still be done, late. */
export class Stuck extends Error {}

/** What a promise becomes, or Stuck after so many ms. */
export function within(ms, promise) {
  let timer = 0;
  const late = new Promise((_, reject) => {
    const end = () => reject(new Stuck("the disk does not answer"));
    // A tablet that wakes finds its timers due before what the disk has said meanwhile is delivered.
    timer = setTimeout(() => (timer = setTimeout(end, 50)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A flash that is sick, or another tab's transaction, answers never: whoever asks it is told so in the end. */
const limited =
  (act) =>
  async (...given) => {
    try {
      return await within(PATIENCE_MS, act(...given));
    } catch (problem) {
      if (problem instanceof Stuck && isOpening) opened = null; // the next one opens it anew
      throw problem;
    }
  };

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const written = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    transaction.onerror = () => reject(transaction.error);
  });

/** Open the store, making it where it is not there. Rejects where the browser refuses storage. */
function open() {
  opened ??= new Promise((resolve, reject) => {
    isOpening = true;
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("entries", { keyPath: "order", autoIncrement: true }).createIndex("key", "key", { unique: true });
      db.createObjectStore("sessions", { keyPath: "session" });
      db.createObjectStore("tablet", { keyPath: "name" });
    };
    request.onsuccess = () => {
      const db = request.result;
      const forget = () => (opened = null);
      db.onversionchange = () => {
        db.close(); // another tab erases what was kept
        forget();
      };
      db.onclose = forget;
      isOpening = false;
      resolve(db);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException("blocked", "AbortError"));
  }).catch((problem) => {
    opened = null;
    isOpening = false;
    throw problem;
  });
  return opened;
}

/** Whether something was ever kept here; asking makes nothing. */
export async function isThere() {
  if (!indexedDB.databases) return true;
  return (await indexedDB.databases()).some((each) => each.name === NAME);
}

const strict = (db, stores) => db.transaction(stores, "readwrite", { durability: "strict" });

async function own() {
  const db = await open();
  const found = await asked(db.transaction("tablet").objectStore("tablet").get("own"));
  if (found) return found;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = strict(db, ["tablet"]);
  const store = transaction.objectStore("tablet");
  const first = await asked(store.get("own")); // another tab may have been first
  if (!first) store.add({ name: "own", id: crypto.randomUUID(), key });
  await written(transaction);
  return first ?? asked(db.transaction("tablet").objectStore("tablet").get("own"));
}

let name = "";
/** The random name of this browser. Once known it is known, also when the disk answers no more. */
export const tablet = limited(async () => (name ||= (await own()).id));

async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, (await own()).key, new TextEncoder().encode(JSON.stringify(value)));
  return { iv, text };
}
async function unseal({ iv, text }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, (await own()).key, text);
  return JSON.parse(new TextDecoder().decode(plain));
}

const OPEN = ["order", "key", "session", "state", "until"];
async function sealed(entry) {
  const row = {};
  const inside = {};
  for (const [name, value] of Object.entries(entry)) (OPEN.includes(name) ? row : inside)[name] = value;
  return { ...row, sealed: await seal(inside) };
}
async function plain(row) {
  const { sealed: inside, ...open } = row;
  return { ...open, ...(await unseal(inside)) };
}

/** Put an entry on the disk. Resolves to its `order` when it is there, however late: the caller has the patience. */
export async function add(entry) {
  const row = await sealed(entry);
  const db = await open();
  const transaction = strict(db, ["entries"]);
  const request = transaction.objectStore("entries").add(row);
  await written(transaction);
  return request.result;
}

/** Write what became of an entry. An entry that has left stays away. */
export const put = limited(async (entry) => {
  const row = await sealed(entry);
  const transaction = strict(await open(), ["entries"]);
  const store = transaction.objectStore("entries");
  if (await asked(store.getKey(entry.order))) store.put(row);
  await written(transaction);
});

/** Take an entry off the tablet: the server has answered its key. */
export const remove = limited(async (order) => {
  const transaction = strict(await open(), ["entries"]);
  transaction.objectStore("entries").delete(order);
  await written(transaction);
});

/** Every entry of a session, or of all, in the order of typing. */
export const entries = limited(async (session = null) => {
  const rows = await asked((await open()).transaction("entries").objectStore("entries").getAll());
  return Promise.all(rows.filter((row) => !session || row.session === session).map(plain));
});

/** What is kept of a session, or null. */
export const kept = limited(async (session) => {
  const row = await asked((await open()).transaction("sessions").objectStore("sessions").get(session));
  return row ? { session, keptAt: row.keptAt, ...(await unseal(row.sealed)) } : null;
});

/** Keep what the page needs of a session. */
export const keep = limited(async (session, value) => {
  const row = { session, keptAt: Date.now(), sealed: await seal(value) };
  const transaction = strict(await open(), ["sessions"]);
  transaction.objectStore("sessions").put(row);
  await written(transaction);
});

/** The sessions of which something is kept, with when: [{session, keptAt}]. */
export const sessions = limited(async () => {
  const rows = await asked((await open()).transaction("sessions").objectStore("sessions").getAll());
  return rows.map(({ session, keptAt }) => ({ session, keptAt }));
});

/** Forget a session, all but its entries that no server holds. */
export const forget = limited(async (session) => {
  const transaction = strict(await open(), ["sessions", "entries"]);
  transaction.objectStore("sessions").delete(session);
  const rows = transaction.objectStore("entries");
  for (const row of await asked(rows.getAll())) {
    if (row.session === session && !STAYS.includes(row.state)) rows.delete(row.order);
  }
  await written(transaction);
});

/** The states of an entry that no server has answered. */
export const WAITS = ["sending", "waiting"];

/** The states of an entry that lies here and nowhere else: "unread" is what no server could read. */
export const STAYS = [...WAITS, "unread"];

/** Remove the store as a whole. */
export const destroy = limited(async () => {
  (await opened)?.close();
  opened = null;
  name = "";
  const request = indexedDB.deleteDatabase(NAME);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
    request.onerror = resolve;
    request.onblocked = resolve; // goes when the other tab closes
  });
});

// Who records on a page that was opened without a connection: a name, and a PIN that is sealed with the server's
// public key the moment it is typed. This tablet cannot open it again; the server proves it on return.
const PURPOSE = "afterglow offline pin v1";
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Seal a PIN for one session, one name and the tablet that keeps it: {key, iv, text}, each base64url. `publicKey` is the server's, as JWK. */
export async function sealed(pin, { session, login, tablet, publicKey }) {
  const encoder = new TextEncoder();
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("jwk", publicKey, curve, false, []);
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(PURPOSE) };
  const key = await crypto.subtle.deriveKey(hkdf, material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const about = encoder.encode(`${session}|${login}|${tablet}`);
  const cipher = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: about }, key, encoder.encode(pin));
  return { key: text(await crypto.subtle.exportKey("raw", mine.publicKey)), iv: text(iv), text: text(cipher) };
}

// Audits addresses one after the other in one Chromium; prints one line of JSON for each.
// node audit.mjs CHROMIUM ADDRESS...
import {launch} from "chrome-launcher";
import lighthouse from "lighthouse";

const GATED = ["accessibility", "best-practices", "seo"];
const [chromePath, ...addresses] = process.argv.slice(2);
const chrome = await launch({
  chromePath,
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  logLevel: "silent",
});
const ask = (address, onlyCategories) =>
  lighthouse(address, {port: chrome.port, logLevel: "silent", onlyCategories});
try {
  for (const address of addresses) {
    let {lhr} = await ask(address, [...GATED, "performance"]);
    // A busy machine loses the trace; what is gated needs none.
    if (lhr.runtimeError) ({lhr} = await ask(address, GATED));
    const scores = Object.fromEntries(
      Object.entries(lhr.categories).map(([name, category]) => [name, category.score]),
    );
    const failed = Object.values(lhr.categories).flatMap((category) =>
      category.id === "performance" ? [] : category.auditRefs
        .filter((ref) => ref.weight > 0 && lhr.audits[ref.id].score !== null && lhr.audits[ref.id].score < 1)
        .map((ref) => `${category.id}: ${lhr.audits[ref.id].title}`),
    );
    const timings = Object.fromEntries(
      ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
        .map((name) => [name, lhr.audits[name]?.numericValue ?? null]),
    );
    const bytes = lhr.audits["total-byte-weight"]?.numericValue ?? null;
    console.log(JSON.stringify({address, scores, failed, timings, bytes, error: lhr.runtimeError?.message ?? ""}));
  }
} finally {
  await chrome.kill();
}

// Everything a page needs, loaded once. Each module looks for its own attributes and does nothing else.
import "./requests.js";
import "./theme.js";
import "./answers.js";
import "./keys.js";
import "./patch.js";
import "./freshness.js";
import "./clock.js";
import "./live.js";
import "./grid.js";
import "./small.js";
import "./spans.js";
import "./wake.js";
import "./sound.js";
import "./offline_tidy.js";

if (document.querySelector("[data-trend]")) {
  import("./trend.js");
}
document.documentElement.dataset.ready = "true";

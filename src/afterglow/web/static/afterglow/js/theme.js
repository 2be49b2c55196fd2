// Light, night, or what the device says. The cookie lets the server draw the page right at once.
const root = document.documentElement;
const device = matchMedia("(prefers-color-scheme: dark)");

export const isNight = () => (root.dataset.theme ? root.dataset.theme === "night" : device.matches);

function show() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-pressed", String(isNight()));
  }
  document.body.dispatchEvent(new CustomEvent("theme:changed", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  root.dataset.theme = isNight() ? "light" : "night";
  document.cookie = `afterglow-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  show();
});
device.addEventListener("change", show);
show();

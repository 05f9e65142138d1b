// Light or dark, by hand: the choice is kept where the pages keep theirs.
(() => {
  const root = document.documentElement;
  const isDark = () => root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("vouch-theme", root.dataset.theme);
      } catch {
        // Storage may be switched off: the choice holds for this page.
      }
    });
  }
})();

// Sets the reader's choice of light or dark before anything is painted; without one the system's choice holds.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("vouch-theme");
  } catch {
    // Storage may be switched off: the system's choice holds.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();

// What every page has: numbers and dates in the reader's way, light and dark, the menu, shortcuts, actions on jobs.

import { call } from "./api.js";
import { isTyping } from "./dom.js";
import { localise } from "./format.js";

localise(document);

document.querySelector("[data-theme-toggle]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = getComputedStyle(root).getPropertyValue("color-scheme").trim() === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("vouch-theme", root.dataset.theme);
  } catch {
    // Without storage the choice holds for this page.
  }
});

const menu = document.querySelector("[data-menu]");
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

// A broken thumbnail gives way to the drawn sheet behind it.
document.addEventListener("error", (event) => {
  if (event.target.matches?.("[data-thumb]")) event.target.remove();
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  button.disabled = true;
  try {
    await call(`/api/v1/jobs/${button.dataset.jobId}/${button.dataset.action}`, { method: "POST", body: "{}" });
    button.dispatchEvent(new CustomEvent("job-changed", { bubbles: true, detail: button.dataset.jobId }));
  } catch (problem) {
    say(problem.message);
    button.disabled = false;
  }
});

/** Tells the reader something went wrong, above the page's content. */
function say(text) {
  const line = document.createElement("p");
  line.className = "message tone-error";
  line.textContent = text;
  document.getElementById("messages").replaceChildren(line);
}

// Shortcuts. "g" waits a second for its second key; nothing is taken from somebody who types.
const places = { u: "/", d: "/documents", s: "/search", a: "/ask", r: "/reviews", j: "/jobs" };
let going = -Infinity;
const help = document.getElementById("help");
document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (!help || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || help.open) return;
  if (performance.now() - going < 1000 && places[event.key]) location.href = places[event.key];
  else if (event.key === "g") going = performance.now();
  else if (event.key === "?") help.showModal();
  else if (event.key === "/") search(event);
  else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
});

function search(event) {
  event.preventDefault();
  const box = document.querySelector("[data-search]");
  if (box) box.focus();
  else location.href = "/search";
}

function step(by) {
  const stops = [...document.querySelectorAll("[data-field], [data-row]")].filter((one) => one.checkVisibility());
  const at = stops.indexOf(document.activeElement?.closest?.("[data-field], [data-row]"));
  stops[at < 0 ? (by > 0 ? 0 : stops.length - 1) : Math.min(Math.max(at + by, 0), stops.length - 1)]?.focus();
}

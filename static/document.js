// The desk: a value lights its box and a box its value; tabs, zoom, copying; a document in work fills in by itself.

import { html } from "./api.js";
import { isTyping, parse } from "./dom.js";
import { localise } from "./format.js";
import { fromFragment, light as lightPlace } from "./places.js";
import { showProgress, watch } from "./watch.js";

const reading = document.getElementById("reading");
const pane = document.getElementById("pane");
const side = document.getElementById("side");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// --- Lighting -----------------------------------------------------------------------------------

function light(names, { show = false } = {}) {
  const wanted = new Set(names);
  for (const one of reading.querySelectorAll("[data-for], [data-field]")) {
    const name = one.dataset.for ?? one.dataset.field;
    one.classList.toggle("lit", wanted.has(name) || (wanted.has("line_items") && name.startsWith("line-")));
  }
  const box = show && pane.querySelector(".box.lit");
  if (box) reveal(box);
}

/** Scrolls the pane, and nothing else, until the box is in it. */
function reveal(box) {
  const around = pane.getBoundingClientRect();
  const at = box.getBoundingClientRect();
  const margin = 48;
  if (at.top >= around.top + margin / 2 && at.bottom <= around.bottom - margin / 2 && at.left >= around.left && at.right <= around.right) return;
  pane.scrollTo({
    top: pane.scrollTop + at.top - around.top - (around.height - at.height) / 2,
    left: pane.scrollLeft + at.left - around.left - (around.width - at.width) / 2,
    behavior: calm.matches ? "instant" : "smooth",
  });
}

const namesOf = (element) => element.dataset.lights?.trim().split(/\s+/) ?? [element.dataset.field];
const inSide = "[data-field], [data-lights]";

function focusedNames() {
  const focused = document.activeElement?.closest?.(inSide);
  return focused ? namesOf(focused) : [];
}

side.addEventListener("pointerover", (event) => {
  const one = event.target.closest(inSide);
  if (one && event.pointerType === "mouse") light(namesOf(one), { show: true });
});
side.addEventListener("pointerleave", () => light(focusedNames()));
side.addEventListener("focusin", (event) => {
  const one = event.target.closest(inSide);
  if (one) light(namesOf(one), { show: true });
});
side.addEventListener("focusout", () => light([]));

pane.addEventListener("pointerover", (event) => {
  const box = event.target.closest(".box");
  light(box ? [box.dataset.for] : focusedNames());
  if (box) rowOf(box)?.scrollIntoView({ block: "nearest", behavior: calm.matches ? "instant" : "smooth" });
});
pane.addEventListener("pointerleave", () => light(focusedNames()));
pane.addEventListener("click", (event) => {
  const box = event.target.closest(".box");
  if (!box) return;
  choose(document.getElementById("tab-values"));
  rowOf(box)?.focus({ preventScroll: true });
  rowOf(box)?.scrollIntoView({ block: "nearest" });
});

// A citation leads here: the address names the page and the boxes that it means.
function showCited() {
  const place = fromFragment(location.hash);
  const sheet = place && document.getElementById(`page-${place.page}`);
  if (!sheet) return;
  for (const old of pane.querySelectorAll(".cited")) old.remove();
  const [width, height] = sheet.style.getPropertyValue("--ratio").split("/").map(Number);
  const box = width && height ? lightPlace(sheet, [width, height], place.boxes) : null;
  (box ?? sheet).scrollIntoView({ block: box ? "center" : "start", behavior: "instant" });
}
addEventListener("hashchange", showCited);
showCited();

const rowOf = (box) => side.querySelector(`[data-field="${CSS.escape(box.dataset.for)}"]`);

// --- Tabs ---------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];

function choose(tab) {
  for (const one of tabs) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", chosen);
    one.tabIndex = chosen ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !chosen;
  }
  fetchText(document.getElementById(tab.getAttribute("aria-controls")));
}

async function fetchText(panel) {
  const source = panel.dataset.src;
  if (!source) return;
  delete panel.dataset.src;
  try {
    panel.replaceChildren(...parse(await html(source)).body.childNodes);
  } catch (problem) {
    panel.textContent = problem.message;
    panel.dataset.src = source;
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => {
    choose(tab);
    history.replaceState(null, "", tab === tabs[0] ? location.pathname : `#view-${tab.getAttribute("aria-controls")}`);
  });
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    next.click();
    next.focus();
  });
}
const asked = tabs.find((tab) => `#view-${tab.getAttribute("aria-controls")}` === location.hash);
if (asked) choose(asked);

// --- Zoom ---------------------------------------------------------------------------------------

const steps = [0.5, 0.75, 1, 1.5, 2, 3, 4];
let zoom = 1;
let fit = 0;

function setZoom(next) {
  const sheet = pane.querySelector(".page-sheet");
  if (!sheet) return;
  if (!fit) fit = sheet.getBoundingClientRect().width;
  const middle = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
  zoom = next;
  const sheets = document.getElementById("sheets");
  if (zoom === 1) sheets.style.removeProperty("--page-width");
  else sheets.style.setProperty("--page-width", `${fit * zoom}px`);
  for (const image of sheets.querySelectorAll("[data-page-image]")) image.sizes = `${Math.round(fit * zoom)}px`;
  pane.scrollTo({ top: middle * pane.scrollHeight - pane.clientHeight / 2, left: (pane.scrollWidth - pane.clientWidth) / 2, behavior: "instant" });
  pane.querySelector("[data-zoom-level]").textContent = `${Math.round(zoom * 100)} %`;
}

const zoomTo = {
  in: () => setZoom(steps.find((step) => step > zoom) ?? steps.at(-1)),
  out: () => setZoom(steps.findLast((step) => step < zoom) ?? steps[0]),
  fit: () => setZoom(1),
};
addEventListener("resize", () => {
  if (zoom === 1) fit = 0;
});
pane.addEventListener("click", (event) => zoomTo[event.target.closest("[data-zoom]")?.dataset.zoom]?.());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const act = { "+": zoomTo.in, "-": zoomTo.out, 0: zoomTo.fit }[event.key];
  if (act) act();
  else if (tabs[event.key - 1]) tabs[event.key - 1].click();
  else if (["ArrowDown", "ArrowUp"].includes(event.key) && document.activeElement.matches("[data-field]")) {
    event.preventDefault();
    const all = [...side.querySelectorAll("[data-field]")];
    all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }
});

// --- Copying and the Markdown's source ----------------------------------------------------------

side.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent;
  await navigator.clipboard.writeText(text);
  const before = [...button.childNodes];
  button.textContent = "Copied";
  setTimeout(() => button.replaceChildren(...before), 1500);
});
side.addEventListener("change", (event) => {
  if (!event.target.matches("[data-raw]")) return;
  document.getElementById("raw").hidden = !event.target.checked;
  document.getElementById("rendered").hidden = event.target.checked;
});

// --- A document in work -------------------------------------------------------------------------

/** Fetches the page anew and takes over what has changed in it; tabs, zoom and the focus's place stay. */
async function fill() {
  const fresh = parse(await html(location.pathname));
  const focused = document.activeElement?.closest("[data-field]")?.dataset.field;
  for (const selector of [".side-head", "#values", "#history", "#file"]) {
    const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
    localise(old);
  }
  fillPane(fresh.getElementById("pane"));
  fillLists(fresh);
  fillText(fresh.getElementById("text"));
  if (focused) side.querySelector(`[data-field="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function fillPane(now) {
  const before = pane.querySelectorAll(".page-sheet, .box, .prose").length;
  if (now.querySelectorAll(".page-sheet, .box, .prose").length !== before || pane.querySelector("[data-preview]")) {
    pane.replaceChildren(...now.childNodes);
    if (zoom !== 1) setZoom(zoom);
  }
}

function fillLists(fresh) {
  for (const old of side.querySelectorAll(":scope > .issues")) old.remove();
  side.querySelector(".tabs").before(...fresh.querySelectorAll("#side > .issues"));
}

function fillText(now) {
  const panel = document.getElementById("text");
  if (!now.dataset.src || panel.querySelector(".prose")) return;
  panel.dataset.src = now.dataset.src;
  if (!panel.hidden) fetchText(panel);
}

function follow() {
  let stage = null;
  watch(reading.dataset.job, reading, async (job) => {
    showProgress(side, job);
    const ended = ["done", "deadletter", "cancelled"].includes(job.status);
    if (ended || (stage !== null && stage !== job.stage)) await fill();
    stage = job.stage;
  });
}

if ("watch" in reading.dataset) follow();
document.addEventListener("job-changed", () => location.reload());

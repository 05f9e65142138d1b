// The page of a batch: its bar and chart fill while it is worked on; rows are filtered and paged in place.

import { Problem, call, html } from "./api.js";
import { isTyping, parse } from "./dom.js";
import { localise } from "./format.js";
import { showProgress, watch } from "./watch.js";

const OFTEN = 1000; // at most so often the figures are fetched
const ENDED = new Set(["done", "deadletter", "cancelled"]);

// While it is worked on.

function follow(batch) {
  if (!batch.matches("[data-open]")) return;
  let [fetching, again, latest, judged] = [false, false, 0, -1];
  watch(batch.dataset.job, batch, async (job) => {
    const left = Number(document.getElementById("figures").dataset.left); // where the job doesn't tell, to guests
    showProgress(batch, { eta_seconds: left, ...job });
    if (ENDED.has(job.status)) return reload();
    if (job.statistics?.classified === judged) return; // guests, who are told the counts, may not call often
    judged = job.statistics?.classified ?? -1;
    again = true;
    if (fetching) return;
    fetching = true;
    while (again && batch.isConnected) {
      await new Promise((resolve) => setTimeout(resolve, latest + OFTEN - performance.now()));
      [again, latest] = [false, performance.now()];
      await refreshFigures();
    }
    fetching = false;
  });
}

/** Puts the page's part `id` in the old one's place; what was open stays open. */
function swap(id, fresh) {
  const old = document.getElementById(id);
  if (!old || !fresh) return;
  for (const kept of old.querySelectorAll("details[open][data-keep]")) {
    fresh.querySelector(`details[data-keep=${kept.dataset.keep}]`)?.setAttribute("open", "");
  }
  old.replaceWith(fresh);
  localise(fresh);
}

async function part(id, address) {
  return parse(await html(address)).getElementById(id);
}

async function refreshFigures() {
  const figures = document.getElementById("figures");
  try {
    const fresh = await part("figures", figures.dataset.src);
    const bar = fresh.querySelector("[data-progress]");
    const shown = figures.querySelector("[data-progress]");
    if (bar && shown) bar.replaceWith(shown); // it moves by itself, and knows the time left
    if (figures.isConnected && !figures.contains(document.activeElement)) swap("figures", fresh); // else the page ended meanwhile
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // else the next change asks again
  }
}

async function reload() {
  swap("batch", await part("batch", location.href));
  const batch = document.getElementById("batch");
  follow(batch);
  explain();
}

// What drives it, once the page stands.

async function explain() {
  const place = document.getElementById("insights");
  if (!place?.dataset.src) return;
  try {
    swap("insights", await part("insights", place.dataset.src));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    place.firstElementChild.textContent = problem.message;
  }
}

// Filters and pages of rows; the address keeps them.

async function find(query, push = true) {
  const found = document.getElementById("found");
  found.setAttribute("aria-busy", "true");
  try {
    swap("found", await part("found", found.dataset.src + query));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    location.search = query;
    return;
  }
  if (push) history.pushState({}, "", location.pathname + query);
}

const asked = (form) => {
  const filled = [...new FormData(form)].filter(([, value]) => value);
  return filled.length ? `?${new URLSearchParams(filled)}` : "?";
};

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-filters]")) return;
  event.preventDefault();
  await find(asked(event.target));
  document.querySelector("[data-search]")?.focus();
});
document.addEventListener("change", async (event) => {
  const form = event.target.matches("select") && event.target.closest("[data-filters]");
  if (!form) return;
  const { name } = event.target;
  await find(asked(form));
  document.querySelector(`[data-filters] select[name=${name}]`)?.focus();
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-filter]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await find(new URL(link.href).search || "?");
  const title = document.getElementById(link.dataset.filter || "rows-title");
  title.focus({ preventScroll: true });
  title.scrollIntoView();
});
addEventListener("popstate", () => document.getElementById("found") && find(location.search || "?", false));

// Verdicts put right by those who may: a class chosen in the row or by a key, and taken back.

const KEYS = { 1: "positive", 2: "neutral", 3: "negative", z: null };

/** Says that the row is `label`; null takes back what was said last. The focus stays where it was in the row. */
async function correct(row, label) {
  const said = document.getElementById("said");
  const focus = ["select", "button"].find((one) => document.activeElement.matches(`#${row.id} ${one}`));
  row.setAttribute("aria-busy", "true");
  try {
    const { label: now } = await call(row.dataset.correct, { method: "PATCH", body: JSON.stringify({ label }) });
    const fresh = parse(await html(row.dataset.src)).querySelector("tr");
    localise(fresh);
    row.replaceWith(fresh);
    (focus ? fresh.querySelector("select") : fresh).focus();
    tell(said, `Row ${fresh.cells[0].textContent.trim()} is ${now}${label === null ? " again" : ""}.`);
    await refreshFigures();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    row.removeAttribute("aria-busy");
    const choice = row.querySelector("select");
    choice.value = [...choice.options].find((one) => one.defaultSelected).value;
    tell(said, problem.message, true);
  }
}

/** Failures are for all to see; that it went well is seen in the row, and told to those who don't see it. */
function tell(line, words, failed = false) {
  line.className = failed ? "message tone-error" : "visually-hidden";
  line.textContent = words;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-say]")) correct(event.target.closest("tr"), event.target.value);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-undo]")) correct(event.target.closest("tr"), null);
});
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("tr[data-correct]");
  if (!row || !(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (row.getAttribute("aria-busy") || (event.key === "z" && !row.querySelector("[data-undo]"))) return;
  event.preventDefault();
  correct(row, KEYS[event.key]);
});

follow(document.getElementById("batch"));
explain();

// The page of a batch: its bar and chart fill while it is worked on; rows are filtered and paged in place.

import { Problem, html } from "./api.js";
import { parse } from "./dom.js";
import { localise } from "./format.js";
import { showProgress, watch } from "./watch.js";

const OFTEN = 1000; // at most so often the figures are fetched
const ENDED = new Set(["done", "deadletter", "cancelled"]);

// While it is worked on.

function follow(batch) {
  if (!batch.matches("[data-open]")) return;
  let [fetching, again, latest] = [false, false, 0];
  watch(batch.dataset.job, batch, async (job) => {
    const left = Number(document.getElementById("figures").dataset.left); // where the job doesn't tell, to guests
    showProgress(batch, { eta_seconds: left, ...job });
    if (ENDED.has(job.status)) return reload();
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
    if (!figures.contains(document.activeElement) && document.getElementById("batch").matches("[data-open]")) swap("figures", fresh);
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
  const title = document.getElementById("rows-title");
  title.focus({ preventScroll: true });
  title.scrollIntoView();
});
addEventListener("popstate", () => document.getElementById("found") && find(location.search || "?", false));

follow(document.getElementById("batch"));
explain();

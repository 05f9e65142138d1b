// Search: results while one types. The address keeps the question, so that the way back leads to it.

import { Problem, call } from "./api.js";
import { isTyping } from "./dom.js";
import { localise } from "./format.js";
import { boxesOn, describe, light, linkTo, picture } from "./places.js";
import { aroundMarks, marked } from "./snippets.js";
import { showChips } from "./search-chips.js";

const DEBOUNCE = 160;
const AT_FIRST = 3; // passages of a document; the others follow when asked for
const FAR = 0.5; // of the best score: documents that hold none of the words and are as far off wait to be asked for
const FILTERS = ["kind", "vendor", "since", "until"];

const form = document.getElementById("search-form");
const input = form.elements.q;
const status = document.getElementById("search-status");
const corrected = document.getElementById("corrected");
const results = document.getElementById("results");
const less = document.getElementById("search-less");
const empty = document.getElementById("search-empty");
const nothing = document.getElementById("search-nothing");
const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

let timer = null;
let running = null;
let typed = null; // what was answered last: its id, and the words that were asked

// --- What is asked ------------------------------------------------------------------------------

/** The question and its filters as the address has them; what is empty is left out. */
function asked() {
  const given = new URLSearchParams();
  for (const name of ["q", ...FILTERS, "document", "understand"]) {
    const value = form.elements[name].value.trim();
    if (value) given.set(name, value);
  }
  return given;
}

function fillIn(given) {
  for (const name of ["q", ...FILTERS, "document", "understand"]) form.elements[name].value = given.get(name) ?? "";
  form.querySelector("details").open ||= FILTERS.some((name) => given.get(name));
}

function ask({ later = false, push = false } = {}) {
  clearTimeout(timer);
  const address = `${location.pathname}${asked().size ? `?${asked()}` : ""}`;
  if (push && address !== location.pathname + location.search) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  if (later) timer = setTimeout(find, DEBOUNCE);
  else find();
}

// --- Finding ------------------------------------------------------------------------------------

async function find() {
  running?.abort();
  const mine = (running = new AbortController());
  const given = asked();
  if (!given.has("q")) return showEmpty();
  given.set("limit", 30);
  if (goesOn(given.get("q"))) given.set("continues", typed.id);
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await call(`/api/v1/search?${given}`, { signal: mine.signal });
    typed = { id: answer.query_id, words: given.get("q") };
    show(answer, given);
    await dress(answer.results);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof Problem)) throw problem;
    if (mine === running) showProblem(problem);
  } finally {
    if (mine === running) results.removeAttribute("aria-busy");
  }
}

/** Whether these words are what was typed last, longer or shorter: then they take its place in the log. */
function goesOn(words) {
  return typed && (words.startsWith(typed.words) || typed.words.startsWith(words));
}

function clear() {
  results.replaceChildren();
  for (const one of [empty, nothing, corrected, less]) one.hidden = true;
  status.className = "search-status quiet";
  status.textContent = "";
}

function showEmpty() {
  clear();
  showChips(asked(), null, change);
  results.removeAttribute("aria-busy");
  empty.hidden = false;
  if (FILTERS.some((name) => form.elements[name].value)) status.textContent = "Type what you look for: filters only narrow it.";
}

function showProblem(problem) {
  clear();
  status.className = "message tone-error";
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button button-quiet";
  again.textContent = "Search again";
  again.addEventListener("click", () => ask());
  status.append(problem.message, " ", again);
  if (problem.status === 429) timer = setTimeout(find, (problem.wait ?? 5) * 1000);
}

function show(answer, given) {
  clear();
  showChips(given, answer.understood, change);
  showCorrected(answer.corrected);
  const groups = grouped(answer.results);
  nothing.hidden = groups.length > 0;
  results.replaceChildren(...groups.map(group));
  const shown = offerLess(groups);
  const pictures = shown.flat().filter((hit) => hit.picture).length;
  const passages = shown.flat().length - pictures;
  const found = [passages && count(passages, "passage"), pictures && count(pictures, "picture")].filter(Boolean);
  status.textContent = found.length ? `${found.join(" and ")} in ${count(shown.length, "document")}` : "Nothing found.";
  if (answer.pictures === "unavailable") status.append(" Pictures could not be searched just now.");
}

/** Hides the documents that fit far less than the best behind a button; returns the others. */
function offerLess(groups) {
  const best = groups[0]?.[0].score ?? 0;
  const fits = (hits) => hits.some((hit) => hit.highlights.length || hit.score >= FAR * best);
  const items = [...results.children].filter((item) => !fits(item.hits));
  for (const item of items) item.hidden = true;
  less.hidden = !items.length;
  less.textContent = `Show ${count(items.length, "document")} that may fit less`;
  less.onclick = () => {
    for (const item of items) item.hidden = false;
    less.hidden = true;
    items[0].querySelector(".passage").focus();
  };
  return groups.filter(fits);
}

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

function showCorrected(words) {
  corrected.hidden = !words;
  const button = corrected.querySelector("button");
  button.textContent = words ?? "";
  button.onclick = () => {
    input.value = words;
    input.focus();
    ask({ push: true });
  };
}

// --- Results ------------------------------------------------------------------------------------

/** Hits by document, in the order of each document's best. */
function grouped(hits) {
  const groups = new Map();
  for (const hit of hits) groups.set(hit.document_id, [...(groups.get(hit.document_id) ?? []), hit]);
  return [...groups.values()];
}

function group(hits) {
  const item = template("group");
  item.hits = hits;
  const title = item.querySelector("[data-title]");
  title.textContent = hits[0].filename;
  title.href = `/documents/${hits[0].document_id}`;
  item.querySelector(".passages").replaceChildren(...hits.map(passage));
  const others = [...item.querySelectorAll(".passages > li")].slice(AT_FIRST);
  offerMore(item.querySelector(".found-more"), others.filter((one) => !one.querySelector("img"))); // pictures are few
  item.querySelector(".found-thumb").href = linkTo(placeOf(hits[0]));
  for (const kind of ["focusin", "pointerover"]) {
    item.addEventListener(kind, (event) => {
      const at = [...item.querySelectorAll(".passage")].indexOf(event.target.closest(".passage"));
      if (at >= 0) showThumb(item, hits[at]);
    });
  }
  return item;
}

function offerMore(button, others) {
  for (const one of others) one.hidden = true;
  button.hidden = !others.length;
  button.textContent = `${others.length} more in this document`;
  button.addEventListener("click", () => {
    for (const one of others) one.hidden = false;
    button.hidden = true;
    others[0].querySelector("a").focus();
  });
}

const placeOf = (hit) => ({ ...hit, page: hit.boxes[0]?.page ?? hit.page, quote: hit.boxes.length ? "" : hit.snippet.split("\n")[0] });

function passage(hit) {
  const item = template(hit.picture ? "picture" : "passage");
  const link = item.querySelector("a");
  link.href = linkTo(placeOf(hit));
  const about = [`Page ${placeOf(hit).page}`, hit.picture ? "Picture" : hit.section];
  item.querySelector("[data-place]").textContent = about.filter(Boolean).join(" · ");
  item.querySelector("[data-snippet]").append(...marked(...aroundMarks(hit.snippet, hit.highlights)));
  if (hit.picture) showPicture(item.querySelector("img"), hit);
  return item;
}

function showPicture(image, hit) {
  image.alt = hit.text || `Picture on page ${hit.page}`;
  image.addEventListener("error", () => image.remove());
  image.src = hit.picture;
}

/** Names the documents as people know them, and shows their pages; the results stand without. */
async function dress(hits) {
  if (!hits.length) return;
  const known = await describe(hits.map(placeOf));
  for (const item of results.children) {
    const about = known.get(item.hits[0].document_id);
    if (!about) continue;
    item.querySelector("[data-title]").textContent = about.title;
    describeLine(item.querySelector("[data-line]"), about);
    item.about = about;
    showThumb(item, item.hits[0]);
  }
  localise(results);
}

function describeLine(line, about) {
  const parts = [about.title === about.filename ? "" : about.filename, about.kind];
  line.replaceChildren(parts.filter(Boolean).join(" · "));
  if (about.date) line.append(" · ", Object.assign(document.createElement("time"), { dateTime: about.date, textContent: about.date }));
  if (!about.total) return;
  const total = Object.assign(document.createElement("data"), { className: "amount", value: about.total, textContent: about.total });
  total.dataset.currency = about.currency;
  line.append(" · ", total);
}

/** The page of a passage beside it, with its boxes lit. */
function showThumb(item, hit) {
  const place = placeOf(hit);
  const size = item.about?.drawn && item.about.pages[place.page];
  const link = item.querySelector(".found-thumb");
  const sheet = link.querySelector(".found-sheet");
  link.href = linkTo(place);
  if (!size) return;
  link.classList.remove("is-text");
  if (sheet.dataset.page !== String(place.page)) {
    picture(sheet, hit.document_id, place.page, size, { widths: [240, 480], sizes: "9rem" });
    sheet.dataset.page = place.page;
  }
  light(sheet, size, boxesOn(place.page, hit.boxes));
}

// --- Hands --------------------------------------------------------------------------------------

function change(values) {
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  input.focus();
  ask({ push: true });
}

input.addEventListener("input", () => {
  form.elements.understand.value = ""; // another question is understood anew
  ask({ later: true });
});
form.addEventListener("change", (event) => event.target !== input && ask({ push: true }));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
document.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) change({ q: example.textContent });
});
addEventListener("popstate", () => {
  fillIn(new URLSearchParams(location.search));
  find();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const stops = [...results.querySelectorAll(":scope > li:not([hidden]) li:not([hidden]) > .passage")];
  const at = stops.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && (at >= 0 || document.activeElement === input) && stops.length) {
    event.preventDefault();
    if (at + by < 0) input.focus();
    else stops[Math.min(at + by, stops.length - 1)].focus();
  } else if (event.key === "Escape" && at >= 0 && !isTyping(event.target)) input.focus();
});

fillIn(new URLSearchParams(location.search));
find();

// What a text means, as it is typed: asked once the typing stops, one question at a time, the latest words win.

import { Problem, call } from "./api.js";

const PAUSE = 350;
const box = document.getElementById("verdict-text");
const left = document.getElementById("verdict-left");
const shown = document.getElementById("verdict");
const longest = Number(box.dataset.longest);
const words = JSON.parse(document.getElementById("confidence").textContent);
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
let timer = null;
let asking = false;
let answered = "";

document.getElementById("verdict-form").addEventListener("submit", (event) => event.preventDefault());
box.addEventListener("input", () => {
  count();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});
document.addEventListener("handed-in", (event) => {
  // One file: its page shows the bar and the chart fill.
  if (event.detail.alone && !event.detail.duplicate) location.assign(event.target.querySelector("a[data-row]").href);
});
count();
if (box.value.trim()) ask();

/** Characters as the server counts them, but for rare signs that it takes apart. */
function length() {
  return [...box.value.normalize("NFKC").replace(/\s+/g, " ").trim()].length;
}

function count() {
  const over = length() - longest;
  left.textContent = over > 0 ? `${whole.format(over)} characters too many` : `${whole.format(-over)} characters left`;
  left.classList.toggle("tone-error", over > 0);
}

async function ask() {
  const text = box.value;
  if (asking || text === answered) return;
  if (!text.trim() || length() > longest) return show(text);
  asking = true;
  shown.classList.add("is-asking");
  try {
    show(text, verdict(await call("/api/v1/reviews/verdict", { method: "POST", body: JSON.stringify({ text }) })));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    show(text, line("tone-error", problem.message));
  } finally {
    asking = false;
    shown.classList.remove("is-asking");
  }
  if (box.value !== text) ask();
}

function show(text, ...parts) {
  answered = text;
  shown.replaceChildren(...parts);
}

function verdict({ label, confidence, language, scores }) {
  const found = document.createElement("div");
  found.className = `verdict-found is-${label}`;
  const sure = words.find(([least]) => confidence >= least)[1];
  found.append(mark(label), line("verdict-sure", `${sure}, ${share.format(confidence)}`));
  found.append(line("verdict-other quiet", [...others(label, scores), named(language)].filter(Boolean).join(" · ")));
  return found;
}

function mark(label) {
  return document.querySelector(`template[data-mark=${label}]`).content.cloneNode(true);
}

function* others(label, scores) {
  for (const template of document.querySelectorAll("template[data-mark]")) {
    const other = template.dataset.mark;
    if (other !== label) yield `${other} ${share.format(scores[other])}`;
  }
}

/** The language's name in the reader's; its code, if the browser doesn't know it. */
function named(language) {
  try {
    return language && new Intl.DisplayNames(undefined, { type: "language" }).of(language);
  } catch {
    return language;
  }
}

function line(classes, text) {
  const made = document.createElement("p");
  made.className = classes;
  made.textContent = text;
  return made;
}

// The pages of jobs: actions without a reload, marks, and figures that move. Without it they are plain forms.

import { call, html } from "./api.js";
import { isTyping, parse } from "./dom.js";
import { localise } from "./format.js";
import { refresh } from "./rows.js";
import { showProgress, watch } from "./watch.js";

const BOARD_EVERY = 5000;

// Cancel and retry.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-job-form]");
  if (!form) return;
  event.preventDefault();
  const { jobId, jobForm: action } = form.dataset;
  const body = action === "retry" ? { from_stage: event.submitter?.value ?? "" } : {};
  await act(form.closest(".row"), jobId, action, body);
});

async function act(row, jobId, action, body = {}) {
  try {
    await call(`/api/v1/jobs/${jobId}/${action}`, { method: "POST", body: JSON.stringify(body) });
  } catch (problem) {
    return tell(problem.message, "tone-error");
  }
  const place = row?.isConnected ? await refresh(row) : await refreshJob();
  if (action === "cancel") tell("Cancelled. What was finished is kept.", "", () => act(place?.isConnected ? place : null, jobId, "retry"));
  else tell("Started again.");
}

/** One line above the content; `undo` gets a button. */
function tell(text, tone = "", undo = null) {
  const line = document.createElement("p");
  line.className = `message ${tone}`;
  line.textContent = text;
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet message-undo";
    button.textContent = "Undo";
    button.addEventListener("click", undo, { once: true });
    line.append(" ", button);
  }
  document.getElementById("messages").replaceChildren(line);
}

// Menus close by a click elsewhere and by Escape.

document.addEventListener("click", (event) => closeMenus(event.target.closest("[data-dropdown]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest?.("[data-dropdown][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

function closeMenus(but) {
  for (const menu of document.querySelectorAll("[data-dropdown][open]")) if (menu !== but) menu.open = false;
}

// Marks: all of the page, their number, and "x" for the row that has the focus.

const bulk = document.getElementById("bulk");
const marks = () => [...document.querySelectorAll('input[form="bulk"]')];

function count() {
  if (!bulk) return;
  const marked = marks().filter((one) => one.checked).length;
  bulk.querySelector("[data-count]").textContent = marked ? `${marked} marked` : "None marked";
  for (const button of bulk.querySelectorAll("button")) button.disabled = !marked;
  const all = bulk.querySelector("[data-all] input");
  all.checked = marked > 0 && marked === marks().length;
  all.indeterminate = marked > 0 && !all.checked;
}

if (bulk) {
  bulk.querySelector("[data-all]").hidden = false;
  bulk.querySelector("[data-all] input").addEventListener("change", (event) => {
    for (const mark of marks()) mark.checked = event.target.checked;
    count();
  });
  document.addEventListener("change", (event) => event.target.matches('input[form="bulk"]') && count());
  count();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const mark = document.activeElement?.closest?.(".job-row")?.querySelector('input[form="bulk"]');
  if (!mark) return;
  mark.checked = !mark.checked;
  count();
});

// The figures above the list follow what happens in it, and look by themselves while something runs.

let wanted = null;

async function refreshBoard() {
  wanted = null;
  const board = document.getElementById("board");
  if (!board || board.contains(document.activeElement)) return;
  try {
    const fresh = parse(await html(board.dataset.src)).getElementById("board");
    board.replaceWith(fresh);
    localise(fresh);
  } catch {
    // The next round asks again.
  }
}

document.addEventListener("row-changed", () => {
  wanted ??= setTimeout(refreshBoard, 400);
  count();
});
if (document.getElementById("board")) {
  setInterval(() => {
    if (!document.hidden && document.querySelector("#board[data-live]")) refreshBoard();
  }, BOARD_EVERY);
}

// The page of one job: anew whenever its stage or state is another.

async function refreshJob() {
  const job = document.getElementById("job");
  if (!job) return null;
  const fresh = parse(await html(location.pathname)).getElementById("job");
  job.replaceWith(fresh);
  localise(fresh);
  follow(fresh);
  return null;
}

function follow(element) {
  if (!element?.dataset.liveJob) return;
  let last = null;
  watch(element.dataset.liveJob, element, (job) => {
    const now = `${job.status} ${job.stage} ${job.attempts}`;
    if (last !== null && now !== last) refreshJob();
    else if (job.status !== element.dataset.status) refreshJob();
    else showProgress(element, job);
    last = now;
  });
}

follow(document.getElementById("job"));

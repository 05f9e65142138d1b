// Watches jobs until they end: over the page's socket, and while that fails by asking, ever less often.

import { Problem, call } from "./api.js";
import { listen } from "./live.js";

const FIRST = 350;
const SLOWEST = 5000;
const AT_ONCE = 4;
const ENDED = new Set(["done", "deadletter", "cancelled"]);

const isGuest = Boolean(document.querySelector("[data-guest]")); // whom neither the socket nor the jobs are for
const watchers = new Map(); // job id -> those who watch it
let listening = false;
let live = false;
let running = 0;
const queue = [];

/** Calls `changed(job)` for each change until the job has ended or `element` is gone; `lost(problem)` if it can't go on. */
export function watch(jobId, element, changed, lost = () => {}) {
  const watcher = { jobId, element, changed, lost, delay: FIRST, timer: null, heard: 0 };
  if (!watchers.has(jobId)) watchers.set(jobId, new Set());
  watchers.get(jobId).add(watcher);
  enqueue(watcher); // what happened before the page listened
  if (!listening && !isGuest) listen(hear, turn);
  listening = true;
}

const address = (jobId) => (isGuest ? `/api/v1/reviews/${jobId}?page_size=1` : `/api/v1/jobs/${jobId}`);

function hear(job) {
  for (const watcher of watchers.get(job.job_id) ?? []) tell(watcher, job);
}

function tell(watcher, job) {
  watcher.heard = performance.now();
  if (ENDED.has(job.status) || !watcher.element.isConnected) leave(watcher);
  if (watcher.element.isConnected) watcher.changed(job);
}

function leave(watcher) {
  clearTimeout(watcher.timer);
  const others = watchers.get(watcher.jobId);
  others?.delete(watcher);
  if (others?.size === 0) watchers.delete(watcher.jobId);
}

function turn(isLive) {
  if (isLive === live) return;
  live = isLive;
  for (const watcher of [...watchers.values()].flatMap((some) => [...some])) {
    clearTimeout(watcher.timer);
    watcher.delay = FIRST;
    if (!live) plan(watcher);
  }
}

/** Asks some time later, unless the socket tells. */
function plan(watcher) {
  if (live) return;
  watcher.timer = setTimeout(() => enqueue(watcher), document.hidden ? Math.max(watcher.delay, SLOWEST) : watcher.delay);
}

async function ask(watcher) {
  if (!watchers.get(watcher.jobId)?.has(watcher)) return;
  if (!watcher.element.isConnected) return leave(watcher);
  const asked = performance.now();
  try {
    const job = await call(address(watcher.jobId));
    if (watcher.heard < asked) tell(watcher, job); // else the socket was faster, and knows better
    watcher.delay = Math.min(watcher.delay * 1.25, SLOWEST);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if ([401, 403, 404].includes(error.status)) {
      leave(watcher);
      return watcher.lost(error);
    }
    watcher.delay = Math.max(Math.min(watcher.delay * 2, 30000), (error.wait ?? 0) * 1000);
  }
  if (watchers.get(watcher.jobId)?.has(watcher)) plan(watcher);
}

function enqueue(watcher) {
  queue.push(watcher);
  pump();
}

async function pump() {
  if (running >= AT_ONCE || !queue.length) return;
  running += 1;
  try {
    await ask(queue.shift());
  } finally {
    running -= 1;
    pump();
  }
}

const words = JSON.parse(document.getElementById("stages")?.textContent ?? "{}");
const waiting = { queued: "Waiting for a free worker", retryable: "That failed; it is tried again in a moment" };

/** Shows a job's answer in the progress element below `root`. */
export function showProgress(root, job) {
  const progress = root.querySelector("[data-progress]");
  if (!progress) return;
  progress.classList.toggle("is-waiting", job.status !== "working");
  progress.querySelector("[role=progressbar]").setAttribute("aria-valuenow", job.progress);
  progress.querySelector(".progress-track span").style.width = `${job.progress}%`;
  progress.querySelector("[data-percent]").textContent = `${job.progress} %`;
  progress.querySelector("[data-stage]").textContent = waiting[job.status] ?? words[job.stage] ?? job.stage;
  const eta = progress.querySelector("[data-eta]");
  if (!eta) return;
  const counts = job.status === "working" && job.eta_seconds; // what waits may wait longer
  eta.dataset.eta = counts ? performance.now() + job.eta_seconds * 1000 : "";
  eta.textContent = timeLeft(job.eta_seconds);
}

function countDown(eta) {
  eta.textContent = timeLeft((Number(eta.dataset.eta) - performance.now()) / 1000);
}

function timeLeft(seconds) {
  return seconds > 1 ? `· ${inWords(seconds)}` : "";
}

function inWords(seconds) {
  if (seconds < 55) return `about ${seconds < 10 ? Math.ceil(seconds) : Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 55 * 60) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3600)} h left`;
}

setInterval(() => document.querySelectorAll("[data-eta]:not([data-eta=''])").forEach(countDown), 1000);

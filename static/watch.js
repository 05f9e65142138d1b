// Watches jobs until they end: few requests at a time, less often the longer a job takes.

import { Problem, call } from "./api.js";

const FIRST = 350;
const SLOWEST = 5000;
const AT_ONCE = 4;
const ENDED = new Set(["done", "deadletter", "cancelled"]);

let running = 0;
const queue = [];

/** Calls `changed(job)` for each answer until the job has ended or `element` is gone; `lost(problem)` if it can't go on. */
export function watch(jobId, element, changed, lost = () => {}) {
  let delay = FIRST;
  const ask = async () => {
    if (!element.isConnected) return;
    try {
      const job = await call(`/api/v1/jobs/${jobId}`);
      changed(job);
      if (ENDED.has(job.status)) return;
      delay = Math.min(delay * 1.25, SLOWEST);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if ([401, 403, 404].includes(error.status)) return lost(error);
      delay = Math.max(Math.min(delay * 2, 30000), (error.wait ?? 0) * 1000);
    }
    setTimeout(() => enqueue(ask), document.hidden ? Math.max(delay, SLOWEST) : delay);
  };
  enqueue(ask);
}

function enqueue(ask) {
  queue.push(ask);
  pump();
}

async function pump() {
  if (running >= AT_ONCE || !queue.length) return;
  running += 1;
  try {
    await queue.shift()();
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
  if (eta) eta.textContent = job.eta_seconds > 1 ? `· about ${Math.round(job.eta_seconds)} s left` : "";
}

// Rows of documents and jobs: those in work move, and each ends in what was found.

import { html } from "./api.js";
import { parse } from "./dom.js";
import { localise } from "./format.js";
import { showProgress, watch } from "./watch.js";

const ENDED = new Set(["done", "deadletter", "cancelled"]);

/** Watches the row's job and puts the finished row in its place. */
export function follow(row) {
  watch(
    row.dataset.job,
    row,
    (job) => {
      if (ENDED.has(job.status) || (row.dataset.src && row.dataset.status !== job.status)) refresh(row);
      else showProgress(row, job);
    },
    () => row.removeAttribute("data-watch"),
  );
}

/** Fetches the row anew and puts it in the old one's place; the focus stays with it. */
export async function refresh(row, jobId = row.dataset.job) {
  const fresh = parse(await html(row.dataset.src ?? `/jobs/${jobId}/row`)).querySelector(".row");
  const focused = row.contains(document.activeElement);
  const image = row.querySelector(".thumb img");
  row.replaceWith(fresh);
  if (image) fresh.querySelector(".thumb").prepend(image); // until the new one is there
  localise(fresh);
  fresh.classList.add("is-new");
  if (focused) fresh.querySelector("[data-row]").focus();
  if (fresh.matches("[data-watch]")) follow(fresh);
  fresh.dispatchEvent(new CustomEvent("row-changed", { bubbles: true }));
  return fresh;
}

for (const row of document.querySelectorAll(".row[data-watch]")) follow(row);

document.addEventListener("job-changed", (event) => {
  const row = event.target.closest(".row");
  if (row) refresh(row);
});

for (const select of document.querySelectorAll("[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

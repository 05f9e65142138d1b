// Handing in: by drop, choice, paste or camera. Each file has a row that goes from its upload to what was found.

import { Problem, csrfToken, problemOf } from "./api.js";
import { size } from "./format.js";
import { refresh } from "./rows.js";

const AT_ONCE = 3;
const list = document.getElementById("rows");
const template = document.getElementById("upload-row");
const waiting = [];
let sending = 0;

const form = document.getElementById("drop");
form.addEventListener("submit", (event) => event.preventDefault());
for (const input of form.querySelectorAll("input[type=file]")) {
  const take = () => {
    add(input.files);
    input.value = "";
  };
  input.addEventListener("change", take);
  queueMicrotask(() => input.files.length && take()); // chosen before this script ran
}
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) add(event.clipboardData.files);
});

const veil = document.getElementById("drop-veil");
let depth = 0;
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", (event) => {
  if (holdsFiles(event) && ++depth) veil.hidden = false;
});
document.addEventListener("dragleave", (event) => {
  if (holdsFiles(event) && --depth <= 0) lower();
});
document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  lower();
  add(event.dataTransfer.files);
});

function lower() {
  depth = 0;
  veil.hidden = true;
}

function add(files) {
  for (const file of files) {
    const row = makeRow(file);
    row.toggleAttribute("data-alone", files.length === 1);
    list.prepend(row);
    enqueue(file, row);
  }
  document.querySelector(".empty")?.setAttribute("hidden", "");
}

function makeRow(file) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.querySelector("[data-name]").textContent = file.name;
  row.querySelector("[data-size]").textContent = size(file.size);
  if (/^image\/(png|jpeg|webp)$/.test(file.type)) row.querySelector(".thumb").prepend(preview(file));
  row.querySelector("[data-remove]").addEventListener("click", () => row.remove());
  row.querySelector("[data-again]").addEventListener("click", () => enqueue(file, row));
  return row;
}

function preview(file) {
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("error", () => image.remove(), { once: true }); // no picture, whatever its name says
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  return image;
}

function enqueue(file, row) {
  show(row, { stage: "Waiting for its turn", percent: 0 });
  waiting.push([file, row]);
  pump();
}

async function pump() {
  if (sending >= AT_ONCE || !waiting.length) return;
  sending += 1;
  const [file, row] = waiting.shift();
  try {
    if (row.isConnected) await handIn(file, row);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    fail(file, row, problem);
  } finally {
    sending -= 1;
    pump();
  }
}

async function handIn(file, row) {
  const alone = row.hasAttribute("data-alone");
  const answer = await send(file, row);
  if (!answer) return row.remove(); // cancelled
  const shown = document.querySelector(`.row[data-job="${answer.job_id}"]`);
  if (shown && shown !== row) shown.remove();
  if (list.dataset.src) row.dataset.src = list.dataset.src.replace("JOB", answer.job_id);
  const fresh = await refresh(row, answer.job_id);
  fresh.dispatchEvent(new CustomEvent("handed-in", { bubbles: true, detail: { ...answer, alone } }));
  if (answer.duplicate) fresh.append(noteOfDuplicate(fresh));
}

function noteOfDuplicate(fresh) {
  const note = document.createElement("p");
  note.className = "row-duplicate";
  note.append("You had handed this file in before. ");
  const link = document.createElement("a");
  link.href = fresh.querySelector("a[data-row]").href;
  link.textContent = "Open what was read then";
  note.append(link);
  return note;
}

/** Sends the file; null if the reader stopped it. Throws Problem. */
function send(file, row) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => show(row, { stage: "Sending", percent: Math.round((100 * loaded) / total) });
    request.upload.onload = () => show(row, { stage: "Sent; being checked", percent: 100 });
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(problemOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new Problem(0));
    request.onabort = () => resolve(null);
    row.querySelector("[data-stop]").onclick = () => request.abort();
    const body = new FormData();
    body.append("file", file, file.name || "pasted.png");
    if (form.elements.alphabet?.value) body.append("alphabet", form.elements.alphabet.value);
    request.send(body);
  });
}

function fail(file, row, problem) {
  show(row, { error: problem.message, code: problem.code });
  if (problem.status === 429 && problem.wait !== null && problem.wait <= 120) {
    setTimeout(() => row.isConnected && enqueue(file, row), problem.wait * 1000);
  }
}

function show(row, { stage = null, percent = null, error = "", code = "" }) {
  if (stage) row.querySelector("[data-stage]").textContent = stage;
  if (percent !== null) {
    row.querySelector(".progress-track span").style.width = `${percent}%`;
    row.querySelector("[role=progressbar]").setAttribute("aria-valuenow", percent);
    row.querySelector("[data-percent]").textContent = `${percent} %`;
  }
  const failed = Boolean(error);
  const message = row.querySelector(".row-error");
  message.hidden = !failed;
  message.textContent = [error, code && `(${code})`].filter(Boolean).join(" ");
  row.querySelector("[data-progress]").hidden = failed;
  row.querySelector("[data-stop]").hidden = failed;
  row.querySelector("[data-again]").hidden = row.querySelector("[data-remove]").hidden = !failed;
  row.querySelector("[data-refused]").hidden = !failed;
}

// Asking: a conversation whose answers come as they are written, each sentence with its place.

import { Problem, call, problemOf, request } from "./api.js";
import { Turn } from "./ask-answer.js";
import { closeBeside } from "./ask-beside.js";
import { listEarlier } from "./ask-history.js";
import { events } from "./sse.js";

const thread = document.getElementById("thread");
const empty = document.getElementById("ask-empty");
const composer = document.getElementById("composer");
const field = composer.elements.question;
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const documentId = composer.elements.document.value;

let conversation = new URLSearchParams(location.search).get("conversation");
let running = null;

// --- Asking -------------------------------------------------------------------------------------

async function ask(question) {
  if (running) return;
  running = new AbortController();
  busy(true);
  const turn = begin(question);
  try {
    await answer(turn, running.signal);
  } catch (problem) {
    fail(turn, problem);
  } finally {
    running = null;
    busy(false);
  }
}

function begin(question) {
  empty.hidden = true;
  const turn = new Turn(thread, question, () => {
    if (running) return;
    turn.element.remove();
    ask(question);
  });
  thread.scrollTo({ top: turn.element.offsetTop, behavior: "instant" });
  return turn;
}

async function answer(turn, signal) {
  const asked = { question: turn.question, ...(conversation && { conversation }), ...(documentId && { document_ids: [documentId] }) };
  const response = await request("/api/v1/ask", "POST", JSON.stringify(asked), "text/event-stream", signal);
  let isDone = false;
  for await (const { event, data } of events(response)) {
    if (event === "token") turn.add({ text: data.text });
    else if (event === "citation") turn.add({ citation: data });
    else if (event === "done") {
      isDone = true;
      keep(data.conversation);
      turn.finish(data);
    } else if (event === "error") throw problemOf(data.problem.status, JSON.stringify(data.problem), null);
  }
  if (!isDone) throw new Problem(0, { detail: "The answer broke off. Ask again; if that goes on, look whether the server is well." });
}

function fail(turn, problem) {
  if (problem.name === "AbortError") return turn.fail("Stopped.", { isError: false });
  if (problem instanceof Problem) {
    if (problem.code === "unknown_conversation") keep(null); // it was deleted meanwhile: the next try begins a new one
    return turn.fail(problem.message);
  }
  turn.fail(new Problem(0).message);
  if (!(problem instanceof TypeError)) throw problem; // a TypeError is a connection that broke
}

function busy(isBusy) {
  thread.setAttribute("aria-busy", isBusy);
  send.hidden = isBusy;
  stop.hidden = !isBusy;
  if (isBusy) stop.focus();
  else if (document.activeElement === stop || document.activeElement === document.body) field.focus();
}

/** The address keeps the conversation, so that it is there again when the page is loaded anew. */
function keep(id) {
  conversation = id;
  history.replaceState(null, "", location.pathname + (id ? `?conversation=${id}` : ""));
}

function startAnew() {
  running?.abort();
  closeBeside();
  keep(null);
  for (const turn of thread.querySelectorAll(".turn")) turn.remove();
  empty.hidden = false;
  field.focus();
}

/** Shows a conversation of the past, which then goes on. */
function show(turns) {
  running?.abort();
  closeBeside();
  for (const turn of thread.querySelectorAll(".turn")) turn.remove();
  for (const one of turns) begin(one.question).finish(one);
  keep(turns.at(-1).conversation);
  empty.hidden = true;
}

// --- Hands --------------------------------------------------------------------------------------

const fit = () => {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
};

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = field.value.trim();
  if (!question || running) return;
  field.value = "";
  fit();
  ask(question);
});
field.addEventListener("input", fit);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
stop.addEventListener("click", () => running?.abort());
document.getElementById("new-conversation").addEventListener("click", startAnew);
document.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) ask(example.textContent);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!closeBeside()) running?.abort();
});

listEarlier(show);
if (conversation) {
  call(`/api/v1/queries?page_size=100&conversation=${encodeURIComponent(conversation)}`).then(
    ({ results }) => (results.length ? show([...results].reverse()) : keep(null)),
    () => keep(null), // what can't be shown can't be gone on with
  );
}

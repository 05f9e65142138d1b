// The reader's own earlier conversations, fetched when their list is opened.

import { Problem, call } from "./api.js";

const menu = document.getElementById("history");
const list = document.getElementById("history-list");
const status = document.getElementById("history-status");

/** `show(turns)` is given a conversation that was chosen, its first question first. */
export function listEarlier(show) {
  menu.addEventListener("toggle", () => menu.open && fill(show));
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

async function fill(show) {
  status.textContent = list.children.length ? "" : "Looking …";
  try {
    const { results } = await call("/api/v1/queries?kind=ask&page_size=200");
    const threads = grouped(results.filter((one) => one.conversation));
    list.replaceChildren(...threads.map((turns) => entry(turns, show)));
    status.textContent = threads.length ? "" : "You have asked nothing yet.";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    status.textContent = problem.message;
  }
}

/** Questions by conversation, the latest conversation first and in each the first question first. */
function grouped(questions) {
  const threads = new Map();
  for (const one of questions) threads.set(one.conversation, [one, ...(threads.get(one.conversation) ?? [])]);
  return [...threads.values()];
}

function entry(turns, show) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = turns[0].question;
  if (turns.length > 1) button.append(more(turns.length - 1));
  button.addEventListener("click", () => {
    menu.open = false;
    show(turns);
  });
  item.append(button);
  return item;
}

function more(number) {
  const words = document.createElement("span");
  words.className = "quiet";
  words.textContent = ` and ${number} more`;
  return words;
}

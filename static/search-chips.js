// What narrows a search, as chips that can be taken away: what was chosen, and what the question was taken to say.

import { localise } from "./format.js";

const chips = document.getElementById("chips");
const kinds = new Map([...document.querySelectorAll("select[name=kind] option")].map((one) => [one.value, one.textContent]));
const operators = { ">": "over", ">=": "from", "<": "under", "<=": "up to", "=": "is" };

/** Shows them; `change` is given the values of the form's elements that one that is taken away leads to. */
export function showChips(given, understood, change) {
  const chosen = Object.keys(words).filter((name) => given.get(name));
  const own = chosen.map((name) => chip(words[name](given.get(name)), false, () => change({ [name]: "" })));
  const meant = understood ? meanings(understood).filter(([name]) => !given.get(name)) : [];
  const read = meant.map(([name, label]) => chip(label, true, () => change(without(name, understood, given))));
  chips.replaceChildren(...own, ...read);
  chips.hidden = !chips.children.length;
  localise(chips);
}

const words = {
  kind: (value) => [kinds.get(value) ?? value],
  vendor: (value) => [`From ${value}`],
  since: (value) => ["Since ", time(value)],
  until: (value) => ["Until ", time(value)],
  document: () => ["In one document"],
};

/** [name, label] of each thing that the question says of documents. */
function meanings({ kinds: some, vendor, since, until, conditions }) {
  const found = some.map((kind) => ["kind", words.kind(kind)]);
  if (vendor) found.push(["vendor", words.vendor(vendor)]);
  if (since) found.push(["since", words.since(since)]);
  if (until) found.push(["until", words.until(until)]);
  return [...found, ...conditions.map((one) => ["condition", condition(one)])];
}

function condition({ field, op, value }) {
  const name = field.replaceAll("_", " ");
  const data = Object.assign(document.createElement("data"), { className: "amount", value, textContent: value });
  return [`${name[0].toUpperCase()}${name.slice(1)} ${operators[op] ?? op} `, data];
}

const time = (value) => Object.assign(document.createElement("time"), { dateTime: value, textContent: value });

/** Without one thing the question is no longer taken apart: what else it said is chosen in so many words. */
function without(name, { kinds: some, vendor, since, until }, given) {
  const kept = { kind: some[0] ?? "", vendor, since: since ?? "", until: until ?? "" };
  for (const key of Object.keys(kept)) kept[key] = given.get(key) ?? (key === name ? "" : kept[key]);
  return { ...kept, understand: "false" };
}

function chip(label, isRead, remove) {
  const item = document.getElementById("chip").content.firstElementChild.cloneNode(true);
  item.querySelector("[data-label]").append(...label);
  item.querySelector("[data-read]").hidden = !isRead;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Without: ${item.querySelector("[data-label]").textContent}`);
  button.addEventListener("click", remove);
  return item;
}

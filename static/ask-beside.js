// The place that is cited, beside the conversation (on a phone: above it), with its boxes lit.

import { html } from "./api.js";
import { parse } from "./dom.js";
import { boxesOn, describe, light, linkTo, picture } from "./places.js";

const beside = document.getElementById("beside");
const body = beside.querySelector(".beside-body");
const title = beside.querySelector("[data-title]");
let from = null; // what was pressed to open it: focus goes back there
let shown = null;

/** Opens the place of a citation; `button` is what was pressed. */
export async function openBeside(citation, button) {
  from?.removeAttribute("aria-expanded");
  [from, shown] = [button, citation];
  button.setAttribute("aria-expanded", "true");
  title.textContent = citation.filename;
  beside.querySelector("[data-line]").textContent = `Page ${citation.page}`;
  beside.querySelector("[data-open]").href = linkTo({ ...citation, quote: citation.boxes.length ? "" : citation.quote });
  body.setAttribute("aria-busy", "true");
  beside.hidden = false;
  button.scrollIntoView({ block: "nearest" }); // on a phone the sheet would cover it
  title.focus({ preventScroll: true });
  try {
    await fill(citation);
  } catch (problem) {
    if (shown === citation) say(`${problem.message} `, retry(citation, button));
  } finally {
    if (shown === citation) body.removeAttribute("aria-busy");
  }
}

export function closeBeside() {
  if (beside.hidden) return false;
  beside.hidden = true;
  body.replaceChildren();
  from?.removeAttribute("aria-expanded");
  if (from?.isConnected) from.focus();
  [from, shown] = [null, null];
  return true;
}

async function fill(citation) {
  const about = (await describe([citation])).get(citation.document_id);
  if (shown !== citation) return;
  if (!about) return say("This document is no longer there, or not yours any more.");
  title.textContent = about.title;
  const line = [about.title === about.filename ? "" : about.filename, `page ${citation.page}`];
  beside.querySelector("[data-line]").textContent = line.filter(Boolean).join(" · ");
  const size = about.drawn && about.pages[citation.page];
  if (size) showPage(citation, size);
  else await showText(citation);
}

function showPage(citation, size) {
  const sheet = document.createElement("figure");
  sheet.className = "page-sheet";
  const alt = `Page ${citation.page} of ${citation.filename}`;
  picture(sheet, citation.document_id, citation.page, size, { widths: [600, 1000, 1600], sizes: "(min-width: 60rem) 45vw, 100vw", alt });
  body.replaceChildren(sheet);
  const box = light(sheet, size, boxesOn(citation.page, citation.boxes));
  if (box) centre(box);
  else body.scrollTo(0, 0);
}

/** Scrolls the pane, and nothing else. */
function centre(box) {
  const [around, at] = [body.getBoundingClientRect(), box.getBoundingClientRect()];
  body.scrollTo({ top: body.scrollTop + at.top - around.top - (around.height - at.height) / 3, behavior: "instant" });
}

/** Where there is no page to show, the text: the quoted words are marked in it. */
async function showText(citation) {
  const text = parse(await html(`/documents/${citation.document_id}/text`)).querySelector(".prose");
  if (shown !== citation) return;
  if (!text) return say("There is no page to show; the words are quoted in the answer.");
  body.replaceChildren(text);
  const range = rangeOf(text, citation.quote);
  globalThis.CSS?.highlights?.set("cited", new Highlight(...(range ? [range] : [])));
  if (range) centre(range);
}

/** Where words stand in the text below `root`, whatever blanks and markup are between them. */
function rangeOf(root, quote) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const places = [];
  let flat = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.data.length; at += 1) {
      if (!isWord(node.data[at])) continue;
      flat += node.data[at];
      places.push([node, at]);
    }
  }
  const words = [...(quote ?? "")].filter(isWord).join("");
  const start = words ? flat.indexOf(words) : -1;
  if (start < 0) return null;
  const range = new Range();
  range.setStart(...places[start]);
  const [last, at] = places[start + words.length - 1];
  range.setEnd(last, at + 1);
  return range;
}

const isWord = (sign) => /[\p{L}\p{N}]/u.test(sign);

function say(...parts) {
  const line = document.createElement("p");
  line.className = "note";
  line.append(...parts);
  body.replaceChildren(line);
}

function retry(citation, button) {
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button button-quiet";
  again.textContent = "Try again";
  again.addEventListener("click", () => openBeside(citation, button));
  return again;
}

beside.querySelector("[data-close]").addEventListener("click", closeBeside);

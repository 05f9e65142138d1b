// One turn of a conversation: the question, its answer as it comes, the numbered places of its sentences.

import { Problem, call } from "./api.js";
import { openBeside } from "./ask-beside.js";
import { computedTable } from "./ask-computed.js";
import { linkTo } from "./places.js";
import { readable } from "./snippets.js";

const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export class Turn {
  /** A turn at the end of the thread; `again()` asks its question anew. */
  constructor(thread, question, again) {
    this.element = template("turn");
    this.question = question;
    this.text = "";
    this.citations = [];
    this.find("[data-question]").textContent = question;
    this.find("[data-again]").addEventListener("click", again);
    thread.append(this.element);
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  /** The next part of the answer, or the place of what was said last. */
  add({ text = "", citation = null }) {
    this.text += text;
    if (citation) this.citations.push(citation);
    this.draw();
  }

  draw(withChips = true) {
    this.find("[data-thinking]").hidden = true;
    const signs = [...this.text];
    const nodes = [];
    let done = 0;
    for (const citation of withChips ? [...this.citations].sort((a, b) => endOf(a) - endOf(b)) : []) {
      const end = Math.min(endOf(citation), signs.length);
      if (end > done) nodes.push(readable(signs.slice(done, end).join("")));
      done = Math.max(done, end);
      nodes.push(chip(this.numberOf(citation), citation));
    }
    this.find("[data-text]").replaceChildren(...nodes, readable(signs.slice(done).join("")));
  }

  /** Citations of the same place have the same number. */
  numberOf(citation) {
    const keys = [...new Set(this.citations.map(keyOf))];
    return keys.indexOf(keyOf(citation)) + 1;
  }

  /** The whole answer, as the API gives it; of a question of the past, too. */
  finish(answer) {
    Object.assign(this, { text: answer.answer, citations: answer.citations ?? [], queryId: answer.query_id, mode: answer.mode });
    this.draw(answer.mode !== "computed" || !answer.computed);
    this.element.dataset.mode = answer.mode;
    for (const one of this.element.querySelectorAll("[data-mode]")) one.hidden = one.dataset.mode !== answer.mode;
    const extra = this.find("[data-extra]");
    extra.replaceChildren();
    if (answer.computed) extra.append(computedTable(answer.computed, openBeside));
    if (answer.nearest?.length) extra.append(nearest(answer));
    this.find("[data-notice]").textContent = answer.notice ?? "";
    this.find("[data-notice]").hidden = !answer.notice;
    this.find("[data-tools]").hidden = false;
    if (this.queryId) this.offerFeedback(answer);
    else this.find("[data-thumbs]").hidden = true;
    this.find("[data-copy]").addEventListener("click", (event) => this.copy(event.currentTarget));
  }

  /** What went wrong or was stopped; what was said so far stays. */
  fail(sentence, { isError = true } = {}) {
    this.find("[data-thinking]").hidden = true;
    const note = this.find("[data-problem]");
    note.hidden = false;
    note.classList.toggle("tone-error", isError);
    note.querySelector("[data-words]").textContent = sentence;
  }

  offerFeedback({ feedback = "", comment = "" }) {
    const form = this.find("[data-comment]");
    const thumbs = [...this.element.querySelectorAll("[data-thumb-for]")];
    const said = this.find("[data-said]");
    let chosen = feedback;
    const press = () => thumbs.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.thumbFor === chosen)));
    const send = async (sentence) => {
      try {
        const body = JSON.stringify({ feedback: chosen, comment: form.elements.comment.value.trim() });
        await call(`/api/v1/queries/${this.queryId}/feedback`, { method: "POST", body });
        said.textContent = sentence;
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        said.textContent = problem.message;
      }
    };
    form.elements.comment.value = comment;
    press();
    for (const thumb of thumbs) {
      thumb.addEventListener("click", () => {
        chosen = chosen === thumb.dataset.thumbFor ? "" : thumb.dataset.thumbFor;
        form.hidden = !chosen;
        press();
        send(chosen ? "Thank you." : "Taken back.");
      });
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await send("Thank you, the comment is kept.");
      form.hidden = true;
    });
  }

  async copy(button) {
    const before = [...button.childNodes];
    try {
      await navigator.clipboard.writeText(this.withSources());
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser did not allow it";
    }
    setTimeout(() => button.replaceChildren(...before), 1500);
  }

  /** The answer with the list of its places, as plain text. */
  withSources() {
    const lines = this.citations.map((one) => {
      const quote = one.quote ? `: “${one.quote.replace(/\s+/g, " ").trim()}”` : "";
      return `[${this.numberOf(one)}] ${one.filename}, page ${one.page}${quote} ${location.origin}${linkTo({ ...one, quote: "" })}`;
    });
    return [this.text, "", ...new Set(lines)].join("\n").trim();
  }
}

const endOf = (citation) => citation.end || Infinity;
const keyOf = ({ document_id: id, page, boxes }) => JSON.stringify([id, page, boxes]);

function chip(number, citation) {
  const button = template("chip");
  button.textContent = number;
  const label = `Source ${number}: ${citation.filename}, page ${citation.page}`;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.addEventListener("click", () => openBeside(citation, button));
  return button;
}

function nearest({ mode, nearest: citations }) {
  const part = template("nearest");
  if (mode !== "none") part.querySelector("p").textContent = "Also near:";
  for (const citation of citations) {
    const item = template("near");
    const button = item.querySelector("button");
    item.querySelector("[data-place]").textContent = `${citation.filename}, page ${citation.page}`;
    item.querySelector("[data-quote]").textContent = readable(citation.quote);
    button.addEventListener("click", () => openBeside(citation, button));
    part.querySelector("ul").append(item);
  }
  return part;
}

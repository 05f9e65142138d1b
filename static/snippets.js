// Text of documents with words marked in it: always text, never markup.

/** The text as nodes, with <mark> around its parts [[start, end], …], which are offsets of characters, not of UTF-16. */
export function marked(text, highlights) {
  const signs = [...text];
  const nodes = [];
  let done = 0;
  for (const [start, end] of highlights) {
    const mark = document.createElement("mark");
    mark.textContent = signs.slice(start, end).join("");
    nodes.push(readable(signs.slice(done, start).join("")), mark);
    done = end;
  }
  return [...nodes, readable(signs.slice(done).join(""))];
}

/** Text and marks without the lines far above the first mark, which would push it out of the few that are shown. */
export function aroundMarks(text, highlights) {
  const signs = [...text];
  const first = highlights[0]?.[0] ?? 0;
  const begins = signs.flatMap((sign, at) => (sign === "\n" && at < first && !/\s/.test(signs[at + 1]) ? [at + 1] : []));
  if (begins.length < 3) return [text, highlights];
  const from = begins.at(-2);
  return [signs.slice(from).join(""), highlights.map(([start, end]) => [start - from, end - from])];
}

/** A table's Markdown as lines of cells, and no empty cells or lines, which would only take space. */
export const readable = (text) =>
  text
    .replace(/\|(\s*:?-{3,}:?\s*\|)+/g, "")
    .replace(/(^|\n)\|(?:[ \t]*\|)*[ \t]*/g, "$1")
    .replace(/ (?:\|[ \t]*)*\| (?!\n)/g, " · ")
    .replace(/(?:[ \t]*\|)+[ \t]*(?=\n|$)/g, "")
    .replace(/\n\s*\n/g, "\n");

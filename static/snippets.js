// Text of documents with words marked in it: always text, never markup.

/** The text as nodes, with <mark> around its parts [[start, end], …], which are offsets of characters, not of UTF-16. */
export function marked(text, highlights) {
  const signs = [...text];
  const nodes = [];
  let done = 0;
  for (const [start, end] of highlights) {
    const mark = document.createElement("mark");
    mark.textContent = signs.slice(start, end).join("");
    nodes.push(signs.slice(done, start).join(""), mark);
    done = end;
  }
  return [...nodes, signs.slice(done).join("")];
}

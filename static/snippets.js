// Text of documents with words marked in it: always text, never markup.

/** The text as nodes, with <mark> around its parts [[start, end], …], which are offsets of characters, not of UTF-16. */
export function marked(text, highlights) {
  const signs = [...text];
  const nodes = [];
  let done = 0;
  for (const [start, end] of highlights) {
    const mark = document.createElement("mark");
    mark.textContent = signs.slice(start, end).join("");
    nodes.push(dense(signs.slice(done, start)), mark);
    done = end;
  }
  return [...nodes, dense(signs.slice(done))];
}

/** Without empty lines, which would only take space. */
const dense = (signs) => signs.join("").replace(/\n\s*\n/g, "\n");

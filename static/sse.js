// Server-sent events that answer a POST, which EventSource can't send.

/** Yields {event, data} of a response's stream until it ends; data is parsed JSON. Throws TypeError if it breaks off. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + (done ? "" : value)).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const one = parsed(part);
      if (one.data) yield { event: one.event, data: JSON.parse(one.data) };
    }
    if (done) return;
  }
}

function parsed(part) {
  const found = { event: "message", data: "" };
  for (const line of part.split(/\r?\n/)) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "data") found.data += (found.data && "\n") + value;
    else if (name) found.event = value;
  }
  return found;
}

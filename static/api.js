// Requests to our own server, with the session and its CSRF token.

/** An answer that was no success: `status`, a stable `code`, a sentence, and seconds to wait if the server names them. */
export class Problem extends Error {
  constructor(status, { code = "", detail = "" } = {}, wait = null) {
    super(detail || sentences[status] || `The server answered ${status}. Try again in a minute.`);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

const sentences = {
  0: "The server can't be reached. Check the connection and try again.",
  401: "You were signed out. Load the page anew and sign in.",
  403: "You were signed out, or may not do that. Load the page anew and try again.",
  413: "The file is too large. Send a smaller one.",
  429: "That was too much at once. It goes on by itself in a moment.",
};

export const csrfToken = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

/** JSON of an API route. Throws Problem, or an AbortError if `signal` says so. */
export async function call(path, { method = "GET", body = null, signal } = {}) {
  const response = await request(path, method, body ?? undefined, "application/json", signal);
  return response.status === 204 ? null : response.json();
}

/** The HTML of one of our pages or parts of pages. Throws Problem. */
export async function html(path) {
  const response = await request(path, "GET", undefined, "text/html");
  return response.text();
}

/** The answer itself, whose body is still to be read. Throws as `call` does. */
export async function request(path, method, body, accept, signal) {
  const headers = { Accept: accept };
  if (method !== "GET") Object.assign(headers, { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" });
  let response;
  try {
    response = await fetch(path, { method, body, headers, credentials: "same-origin", signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
  if (response.redirected && new URL(response.url).pathname === "/login") throw new Problem(401);
  if (!response.ok) throw problemOf(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
}

/** The Problem that an answer's body tells of, whether it is problem+json or something else. */
export function problemOf(status, text, retryAfter) {
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy answered in HTML: the status must do.
  }
  return new Problem(status, body, Number(retryAfter) || null);
}

// The page's socket: tells of every job of the reader's workspaces that changes, and says when it can't.

const PATIENCE = 35_000; // the server says something every ten seconds
const FIRST = 500;
const SLOWEST = 30_000;
const FINAL = [4400, 4401, 4403, 4404]; // asking again would be answered the same

let socket = null;
let cursor = 0; // what was heard last: a new connection goes on from there
let failures = 0;
let timer = null;
let listener = null;

/** Connects, and stays so. `heard(job)` for each job that changed; `turned(live)` when the socket begins or ceases to work. */
export function listen(heard, turned) {
  listener = { heard, turned };
  connect();
}

function connect() {
  clearTimeout(timer);
  if (socket) return;
  const opened = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws/workspace/${cursor ? `?after=${cursor}` : ""}`);
  socket = opened;
  expect(opened);
  opened.addEventListener("message", (event) => {
    if (opened !== socket) return;
    expect(opened);
    failures = 0;
    const message = JSON.parse(event.data);
    cursor = message.id;
    listener.turned(true);
    if (message.type === "job") listener.heard(message.job);
  });
  opened.addEventListener("close", (event) => opened === socket && lose(event.code));
}

/** A connection may be dead without a word: then it is given up. */
function expect(opened) {
  clearTimeout(timer);
  timer = setTimeout(() => opened === socket && drop(), PATIENCE);
}

function drop(code = 1006) {
  const dropped = socket;
  lose(code);
  dropped.close();
}

function lose(code) {
  socket = null;
  clearTimeout(timer);
  listener.turned(false);
  if (FINAL.includes(code)) return;
  const delay = Math.min(FIRST * 2 ** failures, SLOWEST);
  failures += 1;
  timer = setTimeout(connect, code === 4429 ? SLOWEST : delay * (0.5 + Math.random()));
}

const again = () => listener && !socket && connect();
addEventListener("online", again);
document.addEventListener("visibilitychange", () => !document.hidden && again());
// A page with a socket could not be kept for the way back.
addEventListener("pagehide", () => socket && drop());
addEventListener("pageshow", again);

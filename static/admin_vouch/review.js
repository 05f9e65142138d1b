// The review screen: a value and its box light each other, keys do the rest, and nothing typed is lost unasked.

const screen = document.querySelector("[data-review]");
const form = screen.querySelector("[data-form]");
const pages = screen.querySelector("[data-pages]");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// --- A value and its box --------------------------------------------------------------------------------------------
const boxesOf = (name) => screen.querySelectorAll(`[data-box="${CSS.escape(name)}"]`);
const holderOf = (element) => element.closest("[data-row][data-name]") ?? element.closest("[data-name]");

function light(name, { scroll = false } = {}) {
  for (const lit of screen.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (!name) return;
  const boxes = boxesOf(name);
  for (const box of boxes) box.classList.add("lit");
  form.querySelector(`[data-name="${CSS.escape(name)}"]`)?.classList.add("lit");
  if (scroll && boxes.length) bringIntoView(boxes[0]);
}

// Only the pages are scrolled: the form stays where the eyes are.
function bringIntoView(box) {
  const frame = pages.getBoundingClientRect();
  const at = box.getBoundingClientRect();
  const inside = at.top >= frame.top + 24 && at.bottom <= frame.bottom - 24 && at.left >= frame.left && at.right <= frame.right;
  if (inside) return;
  pages.scrollBy({
    top: at.top - frame.top - (frame.height - at.height) / 2,
    left: at.left < frame.left || at.right > frame.right ? at.left - frame.left - (frame.width - at.width) / 2 : 0,
    behavior: calm.matches ? "auto" : "smooth",
  });
}

const nameOf = (element) => (element instanceof Element ? holderOf(element)?.dataset.name : undefined);
const focused = () => (form.contains(document.activeElement) ? nameOf(document.activeElement) : undefined);

form.addEventListener("focusin", (event) => light(nameOf(event.target), { scroll: true }));
form.addEventListener("pointerover", (event) => light(nameOf(event.target) ?? focused()));
form.addEventListener("pointerleave", () => light(focused()));

function focusValue(name) {
  const holder = form.querySelector(`[data-name="${CSS.escape(name)}"]`);
  const input = holder?.querySelector("input:not([type=hidden]):not([type=checkbox]), textarea");
  if (!input) return;
  input.focus();
  input.select?.();
  holder.scrollIntoView({ block: "nearest" });
}

screen.addEventListener("click", (event) => {
  const box = event.target.closest("[data-box]");
  const jump = event.target.closest("[data-jump]");
  if (box) focusValue(box.dataset.box);
  if (jump) focusValue(jump.dataset.jump);
});
pages.addEventListener("pointerover", (event) => {
  const box = event.target.closest("[data-box]");
  light(box?.dataset.box ?? focused());
});

// --- Rows -------------------------------------------------------------------------------------------------------------
function addRow(table) {
  const total = table.querySelector("[name$=-TOTAL_FORMS]");
  const row = table.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("*")) {
    for (const name of ["id", "name", "for"]) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("__prefix__", total.value));
    }
  }
  total.value = Number(total.value) + 1;
  table.querySelector("[data-list]").append(row);
  dress(row);
  row.querySelector("input:not([type=hidden]), textarea").focus();
}

// With scripts, a row is removed by a button; its checkbox is what is sent.
function dress(row) {
  const label = row.querySelector(".drop");
  const box = label.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "drop-button";
  button.setAttribute("aria-label", "Remove this row");
  button.title = "Remove this row";
  button.textContent = "×";
  button.addEventListener("click", () => {
    box.checked = true;
    row.hidden = true;
    const next = [...row.parentElement.children].filter((other) => !other.hidden).at(-1);
    (next?.querySelector("input:not([type=hidden]), textarea") ?? row.closest("[data-rows]").querySelector("[data-add]")).focus();
  });
  label.hidden = true;
  row.hidden = box.checked;
  row.append(button);
}

for (const row of form.querySelectorAll("[data-list] > [data-row]")) dress(row);
form.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add]");
  if (add) addRow(add.closest("[data-rows]"));
});

// --- Keys -------------------------------------------------------------------------------------------------------------
const stops = () =>
  [...form.querySelectorAll("input:not([type=hidden]), textarea")].filter((input) => !input.disabled && input.offsetParent);

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "Enter") return press(event, "_approve");
  if (control && event.key.toLowerCase() === "s") return press(event, "_save");
  const typing = event.target.matches?.("[data-form] input, [data-form] textarea");
  if (event.key !== "Enter" || !typing) return undefined;
  event.preventDefault(); // it goes on to the next value and does not send the form
  const all = stops();
  const next = all[all.indexOf(event.target) + (event.shiftKey ? -1 : 1)];
  next?.focus();
  return next?.select?.();
});

function press(event, name) {
  const button = form.querySelector(`[name=${name}]`);
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
}

// --- What is not saved --------------------------------------------------------------------------------------------------
const typed = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
let opened = typed();
let leaving = false;
const unsaved = () => form.dataset.unsaved !== undefined || typed() !== opened;

addEventListener("beforeunload", (event) => {
  if (!leaving && unsaved()) event.preventDefault();
});

form.addEventListener("submit", (event) => {
  if (leaving) return event.preventDefault(); // once is enough
  leaving = true;
  return leaveOutUntouchedRows();
});

// A long invoice has thousands of cells: rows that are as they were travel as their origin alone.
function leaveOutUntouchedRows() {
  for (const row of form.querySelectorAll("[data-list] > [data-row]")) {
    const cells = [...row.querySelectorAll(".cell input, .cell textarea")];
    const touched = row.hidden || row.dataset.touched !== undefined;
    if (!touched && cells.every((cell) => cell.value === cell.defaultValue)) for (const cell of cells) cell.disabled = true;
  }
}

addEventListener("pageshow", () => {
  leaving = false;
  for (const cell of form.querySelectorAll(".cell input, .cell textarea")) cell.disabled = false;
});

// --- The size of the page -------------------------------------------------------------------------------------------------
const sizes = [50, 75, 100, 125, 150, 200, 300];
let size = sizes.indexOf(100);
screen.querySelector(".zoom")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  size = Math.min(sizes.length - 1, Math.max(0, size + Number(button.dataset.zoom)));
  pages.style.setProperty("--zoom", sizes[size] / 100);
  screen.querySelector("[data-zoom-shown]").textContent = `${sizes[size]} %`;
  const width = Math.round((56 * sizes[size]) / 100);
  for (const image of pages.querySelectorAll("img")) image.sizes = `(min-width: 64rem) ${width}vw, ${sizes[size]}vw`;
});

// What was refused may stand far below: eyes and keys go there first.
const wrong = form.querySelector(".wrong")?.closest(".entry, .cell")?.querySelector("input, textarea");
(wrong ?? stops()[0])?.focus({ preventScroll: !wrong });

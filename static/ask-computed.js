// A computed answer's parts: the sums by currency and every addend, each with the place where it is printed.

import { localise } from "./format.js";

const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** The table of `computed`; `open(citation, button)` shows where an addend stands. */
export function computedTable({ aggregate, totals, groups, addends, ...left }, open) {
  const part = template("computed");
  const counts = COUNTING.includes(aggregate);
  part.querySelector("tbody").append(...addends.map((one) => addendRow(one, counts, open)));
  part.querySelector("tfoot").append(...(groups.length ? groups : totals).flatMap((one) => totalRows(one, aggregate)));
  part.querySelector("[data-count]").textContent = addends.length + left.addends_left_out;
  part.querySelector("details").open = aggregate === "list" || addends.length <= 12;
  part.querySelector("[data-left-out]").append(...leftOut(left).map(line));
  if (!addends.length) part.querySelector("details").remove();
  localise(part);
  return part;
}

function addendRow(one, counts, open) {
  const row = template("addend");
  const name = [one.vendor, one.vendor === one.filename ? "" : one.filename].filter(Boolean).join(" · ");
  const place = row.querySelector("button");
  place.textContent = name;
  const boxes = one.box && one.page ? [{ page: one.page, box: one.box }] : [];
  const citation = { document_id: one.document_id, filename: one.filename, page: one.page ?? 1, boxes, quote: one.raw };
  place.addEventListener("click", () => open(citation, place));
  const time = row.querySelector("time");
  if (one.date) Object.assign(time, { dateTime: one.date, textContent: one.date });
  else time.replaceWith("–");
  if (!counts || one.value !== null) row.querySelector("[data-value]").append(amount(one.value, one.currency));
  for (const mark of row.querySelectorAll("[data-review]")) mark.hidden = mark.dataset.review !== one.review;
  return row;
}

function amount(value, currency) {
  if (value === null) return "–";
  const data = Object.assign(document.createElement("data"), { className: "amount", value, textContent: `${value} ${currency}`.trim() });
  data.dataset.currency = currency;
  return data;
}

const COUNTING = ["count", "vendors"];
const names = {
  sum: "Sum", count: "Number", average: "Average", minimum: "Least", maximum: "Most",
  list: "Sum", latest: "Latest", earliest: "Earliest", vendors: "Documents",
};

function totalRows({ key, currency, value, count, unreviewed }, aggregate) {
  const counts = COUNTING.includes(aggregate);
  const shown = counts ? String(value ?? count) : amount(value, currency);
  const rows = [totalRow([key, names[aggregate] ?? aggregate].filter(Boolean).join(" · "), shown, false)];
  if (unreviewed.count) {
    const part = counts ? String(unreviewed.count) : unreviewed.value === null ? "" : amount(unreviewed.value, currency);
    rows.push(totalRow(`of these ${unreviewed.count} unreviewed`, part, true));
  }
  return rows;
}

function totalRow(label, value, isDoubt) {
  const row = template("total");
  row.classList.toggle("tone-warning", isDoubt);
  row.querySelector(".icon").toggleAttribute("hidden", !isDoubt);
  row.querySelector("[data-label]").textContent = label;
  row.querySelector("td").append(value);
  return row;
}

function leftOut({ addends_left_out: more, duplicates, without_value: valueless, without_date: undated }) {
  return [
    more && `${more} more are in the result but not listed here.`,
    duplicates && `${count(duplicates, "duplicate")} of other documents left out.`,
    valueless && `${count(valueless, "document")} without such a value left out.`,
    undated && `${count(undated, "document")} without a date left out.`,
  ].filter(Boolean);
}

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
const line = (text) => Object.assign(document.createElement("li"), { textContent: text });

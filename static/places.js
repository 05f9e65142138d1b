// Places in documents: links to them, boxes drawn over page images, and what is known of the documents they are in.

import { call } from "./api.js";

/** The address that opens a document at a page, with boxes lit there and, where there is no page to show, the words. */
export function linkTo({ document_id, page, boxes = [], quote = "" }) {
  const lit = boxesOn(page, boxes).map((box) => box.map((side) => Math.round(side * 100) / 100).join(","));
  const words = quote ? `:~:text=${encodeURIComponent(quote.trim().slice(0, 200)).replaceAll("-", "%2D")}` : "";
  return `/documents/${document_id}#page=${page}${lit.length ? `&box=${lit.join(";")}` : ""}${words}`;
}

/** The page and boxes of an address that `linkTo` made; null if it names none. */
export function fromFragment(hash) {
  const given = new URLSearchParams(hash.slice(1).split(":~:")[0]);
  const page = Number(given.get("page"));
  if (!Number.isInteger(page) || page < 1) return null;
  const boxes = (given.get("box") ?? "").split(";").map((box) => box.split(",").map(Number));
  return { page, boxes: boxes.filter((box) => box.length === 4 && box.every(Number.isFinite)) };
}

/** The boxes, as [x0, y0, x1, y1], that stand on a page. */
export const boxesOn = (page, boxes) => boxes.filter((one) => one.page === page).map((one) => one.box);

/** Lights boxes on a sheet whose size is [width, height] in their unit, in place of those that were lit. */
export function light(sheet, [width, height], boxes) {
  for (const old of sheet.querySelectorAll(".cited")) old.remove();
  const marks = boxes.map(([x0, y0, x1, y1]) => {
    const mark = document.createElement("span");
    mark.className = "cited";
    mark.style.left = `${(100 * x0) / width}%`;
    mark.style.top = `${(100 * y0) / height}%`;
    mark.style.width = `${(100 * (x1 - x0)) / width}%`;
    mark.style.height = `${(100 * (y1 - y0)) / height}%`;
    return mark;
  });
  sheet.append(...marks);
  return marks[0];
}

/** Shows a page's image in a sheet, as large as it is there. */
export function picture(sheet, documentId, page, [width, height], { widths, sizes, alt = "" }) {
  const address = (pixels) => `/api/v1/documents/${documentId}/pages/${page}.png?width=${pixels}`;
  const image = document.createElement("img");
  image.alt = alt;
  image.decoding = "async";
  image.sizes = sizes;
  image.srcset = widths.map((pixels) => `${address(pixels)} ${pixels}w`).join(", ");
  image.src = address(widths[0]);
  image.addEventListener("error", () => image.remove());
  sheet.style.setProperty("--ratio", `${width} / ${height}`);
  sheet.querySelector("img")?.remove();
  sheet.prepend(image);
}

const documents = new Map(); // id -> what is known of it; a page's size is null where it has no image

/** What is known of the documents of places ({document_id, page}): by id, null for those that are gone. Throws Problem. */
export async function describe(places) {
  const missing = places.filter((one) => documents.get(one.document_id)?.pages[one.page] === undefined);
  const keys = [...new Set(missing.map((one) => `${one.document_id}:${one.page}`))];
  if (keys.length) {
    const answer = await call(`/search/places?${keys.map((key) => `place=${key}`).join("&")}`);
    for (const { document_id: id, page } of missing) {
      const now = answer.documents[id];
      const known = documents.get(id) ?? (now && { ...now, pages: {} });
      if (known) known.pages[page] = now?.pages[page] ?? null;
      documents.set(id, known ?? null);
    }
  }
  return documents;
}

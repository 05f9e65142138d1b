// The fields of a document type: rows are added from the template; the checkbox of a row removes it.
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-type-rows] [data-add]");
  if (!add) return;
  const rows = add.closest("[data-type-rows]");
  const total = rows.querySelector(`[name="${rows.dataset.typeRows}-TOTAL_FORMS"]`);
  const row = rows.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("*")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace("__prefix__", total.value));
    }
  }
  total.value = Number(total.value) + 1;
  rows.querySelector("[data-list]").append(row);
  row.querySelector("input:not([type=hidden])").focus();
});

document.addEventListener("change", (event) => {
  if (event.target.name?.endsWith("-DELETE")) {
    event.target.closest("[data-row]").classList.toggle("leaving", event.target.checked);
  }
});

// Numbers and dates in the reader's locale; the server writes them plainly.

const locale = navigator.languages?.length ? [...navigator.languages] : undefined;
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const moments = {
  full: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
  clock: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }),
};

/** Formats all amounts, percentages and times below `root`. */
export function localise(root) {
  for (const element of root.querySelectorAll("data.amount")) {
    element.textContent = amount(element.value, element.dataset.currency) ?? element.textContent;
  }
  for (const element of root.querySelectorAll("data.percent")) {
    element.textContent = percent(element.value) ?? element.textContent;
  }
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.textContent = moment(element.dateTime, element.dataset.moment) ?? element.textContent;
  }
}

function amount(text, currency) {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return null;
  const decimals = (text.split(".")[1] ?? "").length;
  if (!currency) return number(text, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const shown = { style: "currency", currency, minimumFractionDigits: Math.max(decimals, 2), maximumFractionDigits: Math.max(decimals, 2) };
  return number(text, shown);
}

function percent(text) {
  return /^-?\d+(\.\d+)?$/.test(text) ? number(Number(text) / 100, { style: "percent", maximumFractionDigits: 2 }) : null;
}

function number(value, options) {
  try {
    return new Intl.NumberFormat(locale, options).format(value);
  } catch {
    return null; // a currency that isn't one: the server's text stays
  }
}

function moment(text, style) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return null;
  return style ? moments[style].format(date) : day.format(date);
}

/** Bytes as the server writes them, so that a row keeps its size when it is handed in. */
export function size(bytes) {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const [unit, one] = bytes < 2 ** 20 ? ["KB", 2 ** 10] : ["MB", 2 ** 20];
  return `${(bytes / one).toFixed(1)} ${unit}`;
}

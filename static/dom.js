// Small questions to the document.

/** Whether keys that are pressed on `element` are text for it. */
export function isTyping(element) {
  return Boolean(element.closest?.("input:not([type=checkbox], [type=file]), textarea, select, [contenteditable]"));
}

export const parse = (text) => new DOMParser().parseFromString(text, "text/html");

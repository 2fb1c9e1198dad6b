// Makes what stands as it should be and leaves alone what is so already: each second everything is
// told anew, and a button that is being pressed, text that is being selected and a tooltip stay.

const keyOf = (node: Node) => (node instanceof HTMLElement ? JSON.stringify(node.dataset) : "{}");

/** What `want` is about, where it stands now. */
function moved(parent: Element, from: number, want: Node): Node | undefined {
  const key = keyOf(want);
  return key === "{}"
    ? undefined
    : [...parent.childNodes].slice(from).find((node) => node.nodeName === want.nodeName && keyOf(node) === key);
}

/** False: it has to be replaced. A button that looks different does something else. */
function become(now: Node, want: Node): boolean {
  if (now instanceof Text && want instanceof Text) {
    now.data = want.data;
    return true;
  }
  if (
    !(now instanceof HTMLElement && want instanceof HTMLElement) ||
    now.nodeName !== want.nodeName ||
    now.nodeName === "BUTTON" ||
    keyOf(now) !== keyOf(want)
  ) {
    return false;
  }
  for (const attribute of now.getAttributeNames()) {
    if (!want.hasAttribute(attribute)) {
      now.removeAttribute(attribute);
    }
  }
  for (const attribute of want.getAttributeNames()) {
    now.setAttribute(attribute, want.getAttribute(attribute) ?? "");
  }
  settle(now, [...want.childNodes]);
  return true;
}

/** Only buttons may have listeners, and what one does must show in it or in the `data-` of its row. */
export function settle(parent: Element, wanted: Node[]): void {
  wanted.forEach((want, i) => {
    const found = moved(parent, i, want);
    if (found && found !== parent.childNodes[i]) {
      parent.insertBefore(found, parent.childNodes[i] ?? null);
    }
    const now = parent.childNodes[i];
    if (!now) {
      parent.append(want);
    } else if (!now.isEqualNode(want) && !become(now, want)) {
      now.replaceWith(want);
    }
  });
  while (parent.childNodes.length > wanted.length) {
    parent.lastChild?.remove();
  }
}

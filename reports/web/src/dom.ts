// Elements without markup strings: text from outside is always a text node, never HTML.

export type Child = Node | string | null | undefined;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;

function fill<T extends Element>(element: T, attributes: Attributes, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) {
    if (child !== null && child !== undefined) {
      element.append(child);
    }
  }
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** A name from outside, kept from turning the direction of what stands beside it. */
export function name(text: string, attributes: Attributes = {}): HTMLElement {
  return h(
    "bdi",
    { class: "name", title: text.length > 60 ? text.slice(0, 500) : false, ...attributes },
    text,
  );
}

/** A number as shown, with the exact one for machines. */
export function datum(value: number, text: string): HTMLElement {
  return h("data", { value }, text);
}

const tooFew = /(?:needs|fewer than) ([\d,]+) (?:requests|runs)/;

/** What stands where a value is not known: "n < 1,000" where so many requests would do. */
export function unknown(reason: string | undefined): HTMLElement {
  const [, needed] = tooFew.exec(reason ?? "") ?? [];
  const text = needed ? `n < ${needed}` : reason?.includes("too few") ? "n too small" : "n/a";
  return h("span", { class: "unknown", title: reason ?? "not known" }, text);
}

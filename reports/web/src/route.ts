// The page's state lives in the address after '#', which works for files as well: a path such as
// /run/17 and parameters such as ?metric=p99.

export interface Route {
  path: string[];
  parameters: URLSearchParams;
}

export function currentRoute(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path
      .split("/")
      .filter((part) => part !== "")
      .map(decode),
    parameters: new URLSearchParams(query),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function linkTo(path: string[], parameters: Record<string, string> = {}): string {
  const query = new URLSearchParams(parameters).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

export function go(path: string[], parameters: Record<string, string> = {}): void {
  location.hash = linkTo(path, parameters);
}

/** Changes one parameter (empty: takes it away) without a new entry in the browser's history. */
export function replaceParameter(key: string, value: string): void {
  const { path, parameters } = currentRoute();
  if (value === "") {
    parameters.delete(key);
  } else {
    parameters.set(key, value);
  }
  history.replaceState(null, "", linkTo(path, Object.fromEntries(parameters)));
}

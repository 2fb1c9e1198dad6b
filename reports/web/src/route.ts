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

function here(path: string[], parameters: Record<string, string>): string {
  const query = new URLSearchParams(parameters).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

/** Where pages are that are not in this file. */
export interface Site {
  /** The report, seen from this file; "" = this is it. */
  home: string;
  /** Runs that have a file of their own. */
  files: ReadonlySet<string>;
}

let site: Site = { home: "", files: new Set() };

export function setSite(where: Site): void {
  site = where;
}

export function linkTo(path: string[], parameters: Record<string, string> = {}): string {
  const [page, key = ""] = path;
  if (site.home === "" && page === "run" && site.files.has(key)) {
    return `run/${encodeURIComponent(key)}.html`;
  }
  return site.home + here(path, parameters);
}

export function go(path: string[], parameters: Record<string, string> = {}): void {
  location.href = linkTo(path, parameters);
}

/** Changes one parameter (empty: takes it away) without a new entry in the browser's history. */
export function replaceParameter(key: string, value: string): void {
  const { path, parameters } = currentRoute();
  if (value === "") {
    parameters.delete(key);
  } else {
    parameters.set(key, value);
  }
  history.replaceState(null, "", here(path, Object.fromEntries(parameters)));
}

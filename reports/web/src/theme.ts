// Light or dark: the system's choice until the reader takes one.

type Theme = "light" | "dark";
const storageKey = "weir-theme";

export const themeChanged = new EventTarget();

// What the probe of colour() found; asking costs the browser a layout of the whole page.
const found = new Map<string, string>();

function announce(): void {
  found.clear();
  themeChanged.dispatchEvent(new Event("change"));
}

// A browser may forbid storage to files; then the choice lasts as long as the page.
function stored(): Theme | null {
  try {
    const value = localStorage.getItem(storageKey);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

function apply(theme: Theme | null): void {
  if (theme) {
    document.documentElement.dataset["theme"] = theme;
  } else {
    delete document.documentElement.dataset["theme"];
  }
  announce();
}

export function current(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") {
    return chosen;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function toggle(): void {
  const next = current() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // See stored().
  }
  apply(next);
}

export function startTheme(): void {
  let beforePrint: Theme | null = null;
  apply(stored());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
  addEventListener("beforeprint", () => {
    beforePrint = current();
    apply("light");
  });
  addEventListener("afterprint", () => apply(beforePrint));
}

/** The colour that a CSS variable has now; canvases cannot use variables. */
export function colour(variable: string): string {
  const known = found.get(variable);
  if (known !== undefined) {
    return known;
  }
  const probe = document.createElement("span");
  probe.style.color = `var(--${variable})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  found.set(variable, value);
  return value;
}

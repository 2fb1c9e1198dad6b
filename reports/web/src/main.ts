// The page: a bar on top, one view below it, chosen by the address.
import { readReport, type Report } from "./data";
import { h } from "./dom";
import { currentRoute, linkTo, setSite } from "./route";
import { runKey } from "./rows";
import { current, startTheme, themeChanged, toggle } from "./theme";
import { compareView } from "./views/compare";
import { gateView } from "./views/gate";
import { historyView } from "./views/history";
import { overview } from "./views/overview";
import { rowView } from "./views/row";
import { runView } from "./views/run";
import type { View } from "./views/view";

function notFound(what: string): View {
  const element = h(
    "main",
    {},
    h("h1", {}, "Not here"),
    h("p", {}, `This report has no ${what}. `, h("a", { href: linkTo([]) }, "All runs")),
  );
  return { title: "Not here", element, figures: [] };
}

function runOrRow(report: Report, key: string): View {
  const row = report.runs.find((each) => runKey(each) === key);
  if (!row) {
    return notFound(`run ${key}`);
  }
  const run = report.pages.get(row.run);
  return run ? runView(report, run) : rowView(report, row);
}

function viewFor(report: Report): View {
  const [page, key] = currentRoute().path;
  if (page === undefined) {
    const [only] = report.pages.values();
    return report.home === "" || !only ? overview(report) : runView(report, only);
  }
  if (page === "compare") {
    return compareView(report);
  }
  if (page === "gate") {
    return gateView(report, key) ?? notFound(`verdict ${key ?? ""}`);
  }
  if (page === "history") {
    const scenario = key ?? report.runs[report.runs.length - 1]?.scenario ?? "";
    return historyView(report, scenario) ?? notFound(`scenario ${scenario}`);
  }
  return page === "run"
    ? runOrRow(report, key ?? "")
    : notFound(`page "${page}"`);
}

function topBar(): { element: HTMLElement; update: () => void } {
  const pages: [string[], string, (string | undefined)[]][] = [
    [[], "Overview", [undefined, "run"]],
    [["history"], "History", ["history"]],
    [["compare"], "Compare", ["compare"]],
    [["gate"], "Gates", ["gate"]],
  ];
  const links = pages.map(([path, text, within]) => ({
    within,
    element: h("a", { href: linkTo(path) }, text),
  }));
  const button = h("button", { type: "button", class: "theme", click: toggle });
  const element = h(
    "header",
    { class: "bar" },
    h("a", { href: linkTo([]), class: "brand" }, "weir"),
    h("nav", { "aria-label": "Pages" }, ...links.map((link) => link.element)),
    button,
  );
  const update = (): void => {
    const [page] = currentRoute().path;
    for (const link of links) {
      if (link.within.includes(page)) {
        link.element.setAttribute("aria-current", "page");
      } else {
        link.element.removeAttribute("aria-current");
      }
    }
    const other = current() === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Change to ${other} colours`);
  };
  return { element, update };
}

async function start(): Promise<void> {
  const place = document.getElementById("app");
  if (!place) {
    return;
  }
  startTheme();
  let report: Report;
  try {
    report = await readReport();
  } catch (error) {
    place.append(h("p", { class: "no-data" }, `This browser cannot unpack the report: ${String(error)}`));
    return;
  }
  setSite({ home: report.home, files: new Set(report.files.map(String)) });
  const bar = topBar();
  const content = h("div", {});
  place.append(bar.element, content);
  let shown: View | null = null;
  const show = (): void => {
    shown?.figures.forEach((figure) => figure.destroy());
    shown = viewFor(report);
    document.title = shown.title;
    content.replaceChildren(shown.element);
    shown.figures.forEach((figure) => figure.draw());
    bar.update();
  };
  addEventListener("hashchange", () => {
    show();
    scrollTo(0, 0);
  });
  themeChanged.addEventListener("change", () => {
    bar.update();
    shown?.figures.forEach((figure) => figure.draw());
  });
  show();
}

void start();

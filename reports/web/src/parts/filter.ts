// Which runs of a history are shown: by branch, build, host and tag, kept in the address.
import { h } from "../dom";
import { short } from "../format";
import { currentRoute, replaceParameter } from "../route";
import type { Row } from "../rows";

const fields: { key: string; title: string; read: (run: Row) => string }[] = [
  { key: "branch", title: "branch", read: (run) => run.branch },
  { key: "build", title: "build", read: (run) => run.build },
  {
    key: "host",
    title: "host",
    // Where runs do not name it, by what of a machine decides whether they may be compared.
    read: (run) => /(?:^|\s)host=(\S+)/.exec(run.environment)?.[1] ?? run.environment,
  },
  { key: "tag", title: "tag", read: (run) => run.tag },
];

/** The runs that the address asks for. */
export function filtered(runs: Row[]): Row[] {
  const { parameters } = currentRoute();
  const wanted = fields.filter(({ key }) => parameters.has(key));
  return runs.filter((run) => wanted.every(({ key, read }) => read(run) === parameters.get(key)));
}

const valuesMax = 500;

/** A choice for each field in which the runs differ; the last values come first. */
export function filterForm(runs: Row[], onChange: () => void): HTMLElement | null {
  const choices = fields.flatMap(({ key, title, read }) => {
    const all = new Set([...runs].reverse().map(read));
    const values = [...all].filter((value) => value !== "");
    const asked = currentRoute().parameters.get(key);
    if (all.size < 2 && asked === null) {
      return [];
    }
    const choice = h("select", {
      change: () => {
        replaceParameter(key, choice.value);
        onChange();
      },
    });
    choice.append(h("option", { value: "" }, `every ${title}`));
    for (const value of values.slice(0, valuesMax)) {
      const option = h("option", { value }, short(value, 40));
      option.selected = value === asked;
      choice.append(option);
    }
    return [h("label", { class: "field" }, h("span", {}, title), choice)];
  });
  return choices.length > 0 ? h("div", { class: "fields" }, ...choices) : null;
}

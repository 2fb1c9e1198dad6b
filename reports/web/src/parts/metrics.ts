// The metric that charts over runs show: chosen by the reader, kept in the address.
import { metrics, tailMetric, type Metric } from "../charts/trend";
import { h } from "../dom";
import { currentRoute, replaceParameter } from "../route";

export function chosenMetric(): Metric {
  const key = currentRoute().parameters.get("metric");
  return metrics.find((metric) => metric.key === key) ?? tailMetric;
}

export function metricChoice(onChange: () => void): HTMLElement {
  const choice = h("div", {
    class: "choice",
    role: "radiogroup",
    "aria-label": "Metric of the charts",
  });
  for (const metric of metrics) {
    const input = h("input", {
      type: "radio",
      name: "metric",
      value: metric.key,
      change: () => {
        replaceParameter("metric", metric.key);
        onChange();
      },
    });
    input.checked = metric.key === chosenMetric().key;
    choice.append(h("label", {}, input, h("span", {}, metric.title)));
  }
  return choice;
}

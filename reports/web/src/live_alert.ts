// The evidence page of one alert: `?alert=ID`.
import { seriesChart, type Series, type TimeMark } from "./charts/live_trend";
import { h, name, type Child } from "./dom";
import { ChartList } from "./live_trends";

interface Group {
  receiver: string;
  labels: Record<string, string>;
  told: boolean;
  /** Channels that are not told now, by the time of the day. */
  quiet: string[];
  last_at: string | null;
  escalation: { steps: number; rounds: number; gone: number; next_at: string | null } | null;
}

interface Message {
  channel: string;
  created_at: string;
  state: string;
  attempts: number;
  ended_at: string | null;
  error: string;
}

interface Story {
  id: string;
  rule: string;
  in_words: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  phase: string;
  active_since: string;
  fired_at: string | null;
  resolved_at: string | null;
  muted: string;
  flaps: number;
  acknowledged: { by: string; comment: string; at: string } | null;
  silence: { id: string; matchers: string[]; ends_at: string; by: string; comment: string } | null;
  groups: Group[];
  messages: Message[];
  messages_trouble: string | null;
  now: Series;
  beginning: Series | null;
  marks: TimeMark[];
}

const pauseMs = 2000;

export const alertAsked = new URLSearchParams(location.search).get("alert");

const list = new ChartList();
const told = h("div");
export const evidence = h("section", { class: "evidence" }, told, list.element);
let askedMs = -Infinity;
let asking = false;

const when = (at: string | null): Child =>
  at === null ? "not yet" : h("time", { datetime: at }, at.slice(0, 19).replace("T", " "));

function phaseWords({ phase, resolved_at }: Story): string {
  return phase === "inactive" && resolved_at !== null ? "ended" : phase;
}

function escalationWords({ escalation }: Group): string {
  if (!escalation || escalation.steps === 0) {
    return "no further steps";
  }
  const { gone, steps, rounds, next_at } = escalation;
  const next = next_at === null ? "stopped" : `next at ${next_at.slice(11, 19)}`;
  return `${gone} of ${steps * rounds} steps, ${next}`;
}

function quietWords({ quiet }: Group): string {
  return quiet.length === 0 ? "" : `; by the time not told now: ${quiet.join(", ")}`;
}

function fact(term: string, ...said: Child[]): HTMLElement[] {
  return [h("dt", {}, term), h("dd", {}, ...said)];
}

function facts(story: Story): HTMLElement {
  const { acknowledged, silence } = story;
  const labels = Object.entries(story.labels).map((pair) => pair.join("="));
  return h(
    "dl",
    { class: "facts" },
    ...fact("rule", name(story.in_words)),
    ...fact("labels", name(labels.join(" "))),
    ...Object.entries(story.annotations).flatMap(([key, text]) => fact(key, name(text))),
    ...fact("since", when(story.active_since)),
    ...fact("fired", when(story.fired_at)),
    ...(story.resolved_at === null ? [] : fact("ended", when(story.resolved_at))),
    ...fact(
      "acknowledged",
      acknowledged
        ? name(`by ${acknowledged.by} at ${acknowledged.at.slice(0, 19).replace("T", " ")} ${acknowledged.comment}`)
        : "by nobody",
    ),
    ...fact(
      "silenced",
      silence
        ? name(`${silence.matchers.join(", ")} until ${silence.ends_at.slice(0, 19).replace("T", " ")}, by ${silence.by} ${silence.comment}`)
        : "no",
    ),
    ...fact("muted", story.muted === "not_muted" ? "no" : story.muted.replaceAll("_", " ")),
    ...fact("flaps", story.flaps === 0 ? "no" : `began ${story.flaps} times`),
    ...story.groups.flatMap((group) =>
      fact(
        "told",
        name(`${group.receiver}: ${group.told ? "told that it fires" : "nothing is open there"}; ${escalationWords(group)}${quietWords(group)}`),
      ),
    ),
  );
}

function messageTable({ messages, messages_trouble }: Story): HTMLElement {
  if (messages_trouble !== null) {
    return h("p", { class: "hint" }, `Its messages are not known: ${messages_trouble}`);
  }
  if (messages.length === 0) {
    return h("p", { class: "hint" }, "No message of its group was made since it began.");
  }
  const head = ["made, UTC", "channel", "state", "attempts", "last error"];
  return h(
    "div",
    { class: "scroll", tabindex: "0" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        {},
        ...messages.map((each) =>
          h(
            "tr",
            { "data-message": each.channel },
            h("td", {}, when(each.created_at)),
            h("td", {}, name(each.channel)),
            h("td", {}, each.state.replace("_", " ")),
            h("td", {}, String(each.attempts)),
            h("td", { class: "why" }, name(each.error)),
          ),
        ),
      ),
    ),
  );
}

function show(story: Story): void {
  const phase = phaseWords(story);
  told.replaceChildren(
    h("h2", {}, name(story.rule), " ", h("span", { class: `state ${story.phase}` }, phase)),
    facts(story),
    h("h2", {}, "Messages"),
    messageTable(story),
  );
  const charts = [
    ["How it began", story.beginning],
    ["Now", story.now],
  ] as const;
  list.show(
    charts.flatMap(([title, series]) => {
      const chart = series && seriesChart(series, story.marks);
      return chart ? [{ key: title, of: [series, story.marks], chart: { ...chart, title } }] : [];
    }),
  );
}

async function ask(id: string): Promise<void> {
  asking = true;
  askedMs = performance.now();
  try {
    const answer = await fetch(`api/v1/alerts/${encodeURIComponent(id)}`);
    if (answer.ok) {
      show((await answer.json()) as Story);
    } else {
      told.replaceChildren(h("p", { role: "alert" }, (await answer.text()).trim()));
      list.show([]);
    }
  } catch {
    // Its age says so.
  }
  asking = false;
}

/** To be called with each status: at most every two seconds it asks for what is new. */
export function followAlert(): void {
  if (alertAsked !== null && !asking && performance.now() - askedMs >= pauseMs) {
    void ask(alertAsked);
  }
}

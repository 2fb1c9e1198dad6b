// The dashboard of a monitor: shows what api/v1/events tells once a second, says how old it is, and
// lets people look after alerts.
import { sparkline } from "./charts/sparkline";
import { datum, h, name, unknown, type Child } from "./dom";
import * as format from "./format";
import { alertAsked, evidence, followAlert } from "./live_alert";
import { followTrends, trends, trendsAt } from "./live_trends";
import { settle } from "./settle";
import { startTheme, toggle } from "./theme";

interface Ledger {
  offered: number;
  ingested: number;
  rejected: number;
  dropped: number;
}

interface Source {
  name: string;
  kind: string;
  health: string;
  stale: boolean;
  reason: string | null;
  age_s: number | null;
  series: number | null;
  /** What it says about its answer, which counts all the same. */
  warnings: string[];
  ledger: Ledger;
}

type Trend = Record<"p50_s" | "p90_s" | "rate_per_s" | "error_ratio", (number | null)[]>;

/** What a probe or an access log tells of its users, a value for each look. */
interface Service {
  source: string;
  kind: string;
  stale: boolean;
  trend: Trend & { at: string[] };
}

/** Whether something that users have of a page moves with what its probe measures. */
interface Link {
  outcome: "lcp" | "left";
  /** Minutes in which both were seen. */
  rows: number;
  correlation: number;
  low: number;
  high: number;
  associated: boolean;
}

/** What users have of a page; "all" comes first. */
interface Page {
  page: string;
  /** Of users, on all pages; empty: of all users. */
  segment: string;
  views: number;
  apdex: number | null;
  lcp_p75_s: number | null;
  inp_p75_s: number | null;
  cls_p75: number | null;
  left_ratio: number | null;
  leave_from_s: number | null;
  leave_low_s: number | null;
  leave_high_s: number | null;
  /** The source that probes this page; empty: none does. */
  probe: string;
  probe_p50_s: number | null;
  probe_links: Link[];
}

interface Alert {
  id: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  phase: string;
  active_since: string;
  value: number | null;
  muted: string;
  /** "useful" or "noise", as somebody said of this episode. */
  mark: string | null;
  marked_by: string | null;
  /** Digests alone tell of it. */
  digested: boolean;
  /** How often it began while it flaps; null when it does not. */
  flaps: number | null;
  acknowledged_by: string | null;
}

interface Engine {
  name: string;
  health: string;
  rules: number;
  firing: number;
  reason: string | null;
}

/** What people said of the alerts of a rule. */
interface RuleMarks {
  rule: string;
  useful: number;
  noise: number;
  precision: number;
  low: boolean;
  /** Digests tell of it. */
  demoted: boolean;
}

/** A verdict that a gate or a watch handed out. */
interface GateVerdict {
  id: number;
  at: string;
  subject: string;
  candidate: string;
  verdict: string;
  action: string;
  reason: string;
}

interface Deployment {
  at: string;
  service: string;
  build: string;
  phase: string;
  source: string;
  message: string;
}

/** Of the history that the monitor runs on; newest first. */
interface Gates {
  standing: GateVerdict | null;
  verdicts: GateVerdict[];
  deployments: Deployment[];
}

/** Of rules that predict: how often their calls came true, and what they said of that. */
interface Forecasts {
  verdict: string;
  in_words: string;
  right_ratio: number | null;
}

interface Channel {
  name: string;
  kind: string;
  delivered: number;
  given_up: number;
  trouble: string | null;
}

interface Status {
  at: string;
  health: string;
  reasons: string[];
  sources: Source[];
  services: Service[];
  pages: Page[];
  /** An event has them when they are others than in the one before. */
  gates: Gates;
  trends: { version: number };
  forecasts: Forecasts;
  engines: Engine[];
  channels: Channel[];
  alerts: Alert[];
  marks: RuleMarks[];
  alerts_firing: number;
  alerts_pending: number;
  evaluation_took_s: number;
  pipeline_latency_s: number | null;
  outbox: { waiting: number };
}

// Nothing older looks fresh.
const freshMs = 5000;
// Without events for so long, it asks by itself.
const pollMs = 30_000;

let status: Status | null = null;
let arrivedMs = 0;
let trouble = "";

const badge = h("span", { class: "badge", role: "status" });
const age = h("span", { class: "age" });
const said = h("p", { class: "hint", role: "alert" });
const body = h("div");
const rest = h("div");

function span(seconds: number): string {
  if (seconds < 100) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const ageMs = () => performance.now() - arrivedMs;

function state(): string {
  if (!status || ageMs() > pollMs) {
    return "Inactive";
  }
  if (ageMs() > freshMs) {
    return "Stale";
  }
  switch (status.health) {
    case "integrated":
      return "Active";
    case "failed":
      return "Inactive";
    default:
      return "Degraded";
  }
}

function showAge(): void {
  const text = state();
  if (badge.textContent !== text) {
    badge.textContent = text;
    badge.className = `badge ${text.toLowerCase()}`;
  }
  age.textContent = status ? `data ${span(ageMs() / 1000)} old` : "no data yet";
  document.body.classList.toggle("old", status === null || ageMs() > freshMs);
}

async function act(path: string, what: object): Promise<void> {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    said.textContent = answer.ok ? "" : (await answer.text()).trim();
  } catch {
    said.textContent = "the monitor does not answer";
  }
}

function tile(label: string, figure: Node, ...more: Child[]): HTMLElement {
  return h(
    "div",
    { class: "live-tile", "data-tile": label },
    h("div", { class: "figure" }, figure),
    h("div", { class: "label" }, label),
    ...more,
  );
}

/** The newest value of the first service that tells it, what came before, and who says so. */
function serviceTile(
  now: Status,
  label: string,
  key: keyof Trend,
  format: (value: number) => string,
): HTMLElement {
  // Its own probes are no measure of how many come.
  const asked = now.services.filter(({ kind }) => key !== "rate_per_s" || kind === "access log");
  const service =
    asked.find(({ kind, stale }) => kind === "access log" && !stale) ??
    asked.find(({ stale }) => !stale) ??
    asked[0];
  if (!service) {
    return tile(label, unknown("no source tells it: an access log, or a probe"));
  }
  const values = service.trend[key];
  const value = values[values.length - 1] ?? null;
  const shown = service.stale
    ? unknown(`${service.source} is stale`)
    : value === null
      ? unknown("no request in its last look")
      : datum(value, format(value));
  return tile(
    label,
    shown,
    h("div", { class: "hint" }, name(service.source)),
    sparkline(values, `${label} over its last ${values.length} looks`),
  );
}

function apdex(now: Status): Node {
  const all = now.pages.find(({ page }) => page === "all");
  if (!all) {
    return unknown("no source tells it: rum");
  }
  return all.apdex === null
    ? unknown("no view in its window tells it")
    : datum(all.apdex, all.apdex.toFixed(2));
}

function linkWords({ outcome, rows, correlation, low, high, associated }: Link): HTMLElement {
  const what = outcome === "lcp" ? "LCP" : "left";
  const evidence = `rank correlation ${correlation.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)}, of ${rows} minutes`;
  return associated
    ? h("div", { title: evidence }, `${what}: `, datum(correlation, correlation.toFixed(2)), ` (${low.toFixed(2)} to ${high.toFixed(2)})`)
    : h("div", { class: "hint", title: evidence }, `${what}: not seen in ${span(rows * 60)}`);
}

function linkCell(page: Page): HTMLElement {
  const links = page.probe_links;
  return page.probe && links.length > 0
    ? h("td", {}, ...links.map(linkWords))
    : h("td", {}, unknown(page.probe ? "too few minutes: 60 with users and probe are needed" : "no source probes this page"));
}

function pageRow(page: Page): HTMLElement {
  const cell = (value: number | null, text: (value: number) => string, why = "no view tells it") =>
    h("td", {}, value === null ? unknown(why) : datum(value, text(value)));
  const seconds = (value: number) => format.duration(value * 1e9);
  return h(
    "tr",
    page.segment ? { "data-segment": page.segment } : { "data-page": page.page },
    h("td", {}, name(page.segment ? `all, segment ${page.segment}` : page.page)),
    cell(page.views, String),
    cell(page.apdex, (value) => value.toFixed(2)),
    cell(page.lcp_p75_s, seconds),
    cell(page.inp_p75_s, seconds),
    cell(page.cls_p75, (value) => value.toFixed(3)),
    cell(page.left_ratio, format.percent),
    cell(
      page.leave_from_s,
      (value) => `${seconds(value)} (${seconds(page.leave_low_s ?? 0)} to ${seconds(page.leave_high_s ?? 0)})`,
      "too few views, or no latency from which more users leave",
    ),
    cell(
      page.probe_p50_s,
      seconds,
      page.probe ? `no answer in the newest look of ${page.probe}` : "no source probes this page",
    ),
    linkCell(page),
  );
}

function pageTable(now: Status): HTMLElement | null {
  const head = ["page", "views", "Apdex", "LCP, p75", "INP, p75", "CLS, p75", "left", "more leave from an LCP of", "probe, p50", "moves with the probe"];
  return now.pages.length === 0 ? null : table("Pages", head, now.pages.map(pageRow), "");
}

const ago = (at: string) => `${span(Math.max(0, (Date.now() - Date.parse(at)) / 1000))} ago`;

const verdictWord = (verdict: string) =>
  h("span", { class: `state verdict-${verdict}` }, verdict);

/** Of the newest verdict of each scenario the worst. */
function gateTile({ standing }: Gates): HTMLElement {
  const label = "gates";
  if (!standing) {
    return tile(label, unknown("no gate has handed out a verdict into this history"));
  }
  const { subject, candidate, at, verdict, reason } = standing;
  const what = `${subject} ${candidate}, ${ago(at)}`;
  return tile(label, verdictWord(verdict), h("div", { class: "hint", title: reason }, name(what)));
}

/** Verdicts and marks of deployments, as one story. */
function deployTable({ verdicts, deployments }: Gates): HTMLElement | null {
  const rows = [
    ...verdicts.map((each) => ({
      at: each.at,
      state: verdictWord(each.verdict),
      service: each.subject,
      build: each.candidate,
      by: `gate: ${each.action}`,
      said: each.reason,
      evidence: `weir gate replay ${each.id}`,
    })),
    ...deployments.map((each) => ({
      at: each.at,
      state: h("span", { class: "state" }, name(each.phase)),
      service: each.service,
      build: each.build,
      by: each.source,
      said: each.message,
      evidence: "",
    })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  if (rows.length === 0) {
    return null;
  }
  return table(
    "Deploys and verdicts",
    ["what", "service", "build", "when", "by", "why", "evidence"],
    rows.slice(0, 20).map((row) =>
      h(
        "tr",
        { "data-deploy": row.service },
        h("td", {}, row.state),
        h("td", {}, name(row.service)),
        h("td", {}, name(row.build)),
        h("td", {}, h("time", { datetime: row.at, title: row.at }, ago(row.at))),
        h("td", {}, name(row.by)),
        h("td", { class: "why" }, name(row.said)),
        h("td", {}, row.evidence === "" ? "" : h("code", {}, row.evidence)),
      ),
    ),
    "",
  );
}

function forecastTile({ verdict, in_words, right_ratio }: Forecasts): HTMLElement {
  const label = "prediction confidence";
  return right_ratio === null
    ? tile(label, unknown(in_words), h("div", { class: "hint" }, in_words))
    : tile(
        label,
        datum(right_ratio, `${Math.round(right_ratio * 100)}\u202f%`),
        h("div", { class: `hint ${verdict}` }, in_words),
      );
}

function latency(now: Status): Node {
  const value = now.pipeline_latency_s;
  return value === null ? unknown("no look was taken in yet") : datum(value, format.duration(value * 1e9));
}

function tiles(now: Status): HTMLElement {
  const working = now.sources.filter((source) => source.health === "integrated" && !source.stale);
  const anomaly = now.engines.find((engine) => engine.name === "anomaly");
  const odd =
    anomaly && anomaly.health !== "not_used"
      ? datum(anomaly.firing, String(anomaly.firing))
      : unknown(anomaly?.reason ?? undefined);
  return h(
    "div",
    { class: "live-tiles" },
    serviceTile(now, "response time, p90", "p90_s", (value) => format.duration(value * 1e9)),
    serviceTile(now, "requests per second", "rate_per_s", format.rate),
    tile("active anomalies", odd),
    forecastTile(now.forecasts),
    serviceTile(now, "requests that fail", "error_ratio", format.percent),
    gateTile(now.gates),
    tile("Apdex", apdex(now)),
    tile("pipeline latency", latency(now)),
    tile("alerts fire", datum(now.alerts_firing, String(now.alerts_firing))),
    tile("sources work", h("span", {}, `${working.length} of ${now.sources.length}`)),
    tile("messages wait", datum(now.outbox.waiting, String(now.outbox.waiting))),
  );
}

function table(title: string, head: string[], rows: HTMLElement[], none: string): HTMLElement {
  const columns = head.map((text) => h("th", { scope: "col" }, text));
  return h(
    "section",
    {},
    h("h2", {}, title),
    rows.length === 0
      ? h("p", { class: "hint" }, none)
      : h(
          "div",
          { class: "scroll", tabindex: "0" },
          h("table", {}, h("thead", {}, h("tr", {}, ...columns)), h("tbody", {}, ...rows)),
        ),
  );
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

function alertRow(alert: Alert): HTMLElement {
  const labels = Object.entries(alert.labels).filter(([label]) => label !== "alertname");
  const notes = [
    alert.acknowledged_by ? `acknowledged by ${alert.acknowledged_by}` : "",
    alert.muted === "not_muted" ? "" : alert.muted,
    alert.digested ? "told in the digest" : "",
    alert.mark ? `${alert.mark}, says ${alert.marked_by}` : "",
    alert.flaps === null ? "" : `flapping: began ${alert.flaps} times`,
  ].filter((note) => note !== "");
  const matchers = Object.entries(alert.labels).map(
    ([label, value]) => `${label}=${quoted(value)}`,
  );
  const acknowledge = () =>
    void act("api/v1/acknowledge", { ids: [alert.id], undo: alert.acknowledged_by !== null });
  const marks = ["useful", "noise"].map((mark) => {
    const given = alert.mark === mark;
    const order = given ? { ids: [alert.id], undo: true } : { ids: [alert.id], mark };
    const say = () => void act("api/v1/mark", order);
    const text = mark === "useful" ? "Useful" : "Noise";
    return [" ", h("button", { click: say, "aria-pressed": String(given) }, text)];
  });
  const silence = () => void act("api/v1/silences", { matchers, for_s: 3600 });
  return h(
    "tr",
    { "data-alert": alert.id },
    h("td", {}, h("span", { class: `state ${alert.phase}` }, alert.phase)),
    h(
      "td",
      {},
      h("a", { href: `?alert=${alert.id}` }, name(alert.labels["alertname"] ?? "")),
      h("div", { class: "hint" }, name(labels.map((pair) => pair.join("=")).join(" "))),
    ),
    h("td", {}, name(alert.annotations["summary"] ?? "")),
    h("td", {}, alert.value === null ? unknown("no value") : datum(alert.value, format.value(alert.value, ""))),
    h("td", {}, span((Date.now() - Date.parse(alert.active_since)) / 1000)),
    h("td", {}, notes.join(", ")),
    h(
      "td",
      { class: "acts" },
      alert.phase === "firing"
        ? h("button", { click: acknowledge }, alert.acknowledged_by ? "Give back" : "Acknowledge")
        : null,
      " ",
      alert.muted === "silenced" ? null : h("button", { click: silence }, "Silence 1 h"),
      ...(alert.phase === "firing" ? marks.flat() : []),
    ),
  );
}

/** What became of the rules whose alerts people have marked. */
function marksTable({ marks }: Status): HTMLElement | null {
  const rows = marks.map(({ rule, useful, noise, precision, low, demoted }) =>
    h(
      "tr",
      { "data-rule": rule },
      h("td", {}, name(rule)),
      h("td", {}, `${useful} of ${useful + noise}`),
      h("td", {}, datum(precision, format.percent(precision))),
      h("td", {}, demoted ? `${noise} of ${useful + noise} marked noise, told in the digest` : low ? "low" : ""),
    ),
  );
  return rows.length === 0 ? null : table("Alerts that people marked", ["rule", "useful", "precision", ""], rows, "");
}

function sourceRow(source: Source): HTMLElement {
  const health = source.stale && source.health === "integrated" ? "stale" : source.health;
  const { offered, ingested, rejected, dropped } = source.ledger;
  return h(
    "tr",
    { "data-source": source.name },
    h("td", {}, h("span", { class: `state ${health}` }, health)),
    h("td", {}, name(source.name), h("div", { class: "hint" }, source.kind)),
    h("td", {}, source.age_s === null ? unknown("no good look yet") : `${span(source.age_s)} ago`),
    h("td", {}, source.series === null ? unknown("no good look yet") : String(source.series)),
    h("td", {}, `${offered} = ${ingested} + ${rejected} + ${dropped}`),
    h("td", { class: "why" }, source.reason ?? "", ...warningsOf(source)),
  );
}

// The first, as a source may say the same of each of many queries.
function warningsOf(source: Source): Child[] {
  const [first, ...more] = source.warnings;
  if (first === undefined) {
    return [];
  }
  const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
  return [h("div", { class: "hint" }, "warns: ", name(first), rest)];
}

function show(): void {
  if (!status) {
    return;
  }
  const now = status;
  // Who walks through the page by keyboard stays where he is: the button of the same alert.
  const focused = document.activeElement;
  const row = focused?.closest<HTMLElement>("[data-alert]");
  const button = row ? [...row.querySelectorAll("button")].indexOf(focused as HTMLButtonElement) : -1;
  settle(body, [
    h("ul", { class: "reasons" }, ...now.reasons.map((reason) => h("li", {}, name(reason)))),
    tiles(now),
    table(
      `Alerts: ${now.alerts_firing} firing, ${now.alerts_pending} pending`,
      ["state", "alert", "summary", "value", "for", "", ""],
      now.alerts.slice(0, 200).map(alertRow),
      "Nothing is pending or fires.",
    ),
  ]);
  settle(rest, [
    ...[marksTable(now), deployTable(now.gates), pageTable(now)].filter((each) => each !== null),
    table(
      "Sources",
      ["state", "source", "last good look", "series", "offered = ingested + rejected + dropped", ""],
      now.sources.map(sourceRow),
      "There are none.",
    ),
    table(
      "Engines",
      ["state", "engine", "rules", ""],
      now.engines.map((engine) =>
        h(
          "tr",
          {},
          h("td", {}, h("span", { class: `state ${engine.health}` }, engine.health.replace("_", " "))),
          h("td", {}, engine.name),
          h("td", {}, String(engine.rules)),
          h("td", { class: "why" }, engine.reason ?? ""),
        ),
      ),
      "There are none.",
    ),
    table(
      "Channels",
      ["channel", "delivered", "given up", ""],
      now.channels.map((channel) =>
        h(
          "tr",
          {},
          h("td", {}, name(channel.name), h("div", { class: "hint" }, channel.kind)),
          h("td", {}, String(channel.delivered)),
          h("td", {}, String(channel.given_up)),
          h("td", {}, name(channel.trouble ?? "")),
        ),
      ),
      "There are none.",
    ),
  ]);
  if (row && button >= 0) {
    const same = body.querySelector(`[data-alert="${row.dataset["alert"]}"]`);
    same?.querySelectorAll("button")[button]?.focus();
  }
}

function take(text: string): void {
  const told = JSON.parse(text) as Omit<Status, "gates"> & Partial<Pick<Status, "gates">>;
  const gates = told.gates ?? status?.gates;
  if (!gates) {
    void ask();
    return;
  }
  status = { ...told, gates };
  arrivedMs = performance.now();
  trouble = "";
  show();
  showAge();
  if (alertAsked === null) {
    trendsAt(status.trends.version);
  } else {
    followAlert();
  }
}

// The browser connects again by itself, and says which evaluation it saw last.
function listen(): void {
  const events = new EventSource("api/v1/events");
  events.addEventListener("status", (event) => take((event as MessageEvent<string>).data));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED && trouble === "") {
      trouble = "closed";
      setTimeout(listen, 2000);
    }
  });
}

async function ask(): Promise<void> {
  try {
    const answer = await fetch("api/v1/status");
    if (answer.ok) {
      take(await answer.text());
    }
  } catch {
    // Its age says so.
  }
}

function poll(): void {
  if (ageMs() >= pollMs || !status) {
    void ask();
  }
}

startTheme();
document.getElementById("app")?.append(
  h(
    "div",
    { class: "bar" },
    h("span", { class: "brand" }, "weir monitor"),
    h("nav", {}, alertAsked === null ? null : h("a", { href: "./" }, "Dashboard")),
    h("button", { click: toggle }, "Theme"),
  ),
  h("main", {}, h("div", { class: "live-head" }, h("h1", {}, alertAsked === null ? "Now" : "Alert"), badge, age),
    said,
    ...(alertAsked === null ? [body, trends, rest] : [evidence]),
  ),
);
showAge();
listen();
setInterval(() => {
  showAge();
  followTrends();
}, 250);
setInterval(poll, pollMs);

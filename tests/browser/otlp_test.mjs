// The exporters of OpenTelemetry for JavaScript push to a real `weir monitor` ($WEIR), as protobuf and as
// JSON: what was counted is what rules see.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";

const folder = mkdtempSync(join(tmpdir(), "weir-otlp-"));
let monitor;
let url;

before(async () => {
  const rule = (alert, metric, limit) => ({
    alert,
    source: "apps",
    metric,
    ...limit,
    annotations: { summary: "{{ labels.service }} {{ value }}" },
  });
  const config = {
    evaluate_every: "100ms",
    listen: "127.0.0.1:0",
    sources: [{ name: "apps", otlp: true, interval: "100ms" }],
    // None begins with the first push that would say something else after the second.
    rules: [
      rule("Orders", "orders_total", { at_least: 7 }),
      rule("Queue", "queue_length", { above: 3 }),
      rule("Slow", "http_server_request_duration_seconds", { above: 0.2, match: ['quantile="0.5"'] }),
      rule("Large", "body_size_bytes_count", { above: 0 }),
    ],
    channels: [{ name: "log", file: "log.jsonl" }],
  };
  writeFileSync(join(folder, "monitor.yaml"), JSON.stringify(config));
  monitor = spawn(process.env.WEIR, ["monitor", "monitor.yaml"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(monitor.stdout), "line");
  url = `http://127.0.0.1:${/port (\d+)/.exec(line)[1]}/`;
});

after(async () => {
  if (monitor) {
    monitor.kill("SIGTERM");
    await once(monitor, "exit");
  }
  rmSync(folder, { recursive: true });
});

const status = async () => (await fetch(`${url}api/v1/status`)).json();

for (const [name, OTLPMetricExporter, temporality, compression] of [
  ["JSON, cumulative", JsonExporter, AggregationTemporality.CUMULATIVE, "none"],
  ["JSON, delta, gzip", JsonExporter, AggregationTemporality.DELTA, "gzip"],
  ["protobuf, cumulative", ProtobufExporter, AggregationTemporality.CUMULATIVE, "none"],
  ["protobuf, delta, gzip", ProtobufExporter, AggregationTemporality.DELTA, "gzip"],
]) {
  test(`what an SDK counts is what rules see: ${name}`, async () => {
    const service = `shop ${name}`;
    const exporter = new OTLPMetricExporter({
      url: `${url}v1/metrics`,
      temporalityPreference: temporality,
      compression,
    });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ "service.name": service }),
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
      views: [
        {
          instrumentName: "body.size",
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
      ],
    });
    const meter = provider.getMeter("test");
    const orders = meter.createCounter("orders", { unit: "{order}" });
    const duration = meter.createHistogram("http.server.request.duration", {
      unit: "s",
      advice: { explicitBucketBoundaries: [0.1, 0.2, 0.4] },
    });
    const size = meter.createHistogram("body.size", { unit: "By" });
    meter.createUpDownCounter("queue.length").add(4);
    orders.add(3);
    duration.record(0.15);
    for (const bytes of [1, 1000, 1e9]) {
      size.record(bytes, { kinds: ["a", "b"] });
    }
    await provider.forceFlush();
    orders.add(4);
    duration.record(0.3);
    await provider.forceFlush();
    const expected = [`${service} 7`, `${service} 4`, `${service} 0.3`, `${service} 3`].sort();
    let seen = [];
    for (const end = Date.now() + 10_000; Date.now() < end && seen.length < 4; ) {
      const { alerts } = await status();
      seen = alerts
        .map((alert) => alert.annotations.summary ?? "")
        .filter((text) => text.startsWith(`${service} `));
      await new Promise((done) => setTimeout(done, 100));
    }
    assert.deepEqual(seen.sort(), expected);
    await provider.shutdown();
  });
}

test("every point is accounted for", async () => {
  const { sources } = await status();
  const { ledger } = sources.find((source) => source.name === "apps");
  assert.ok(ledger.offered >= 28, JSON.stringify(ledger));
  assert.equal(ledger.ingested, ledger.offered);
});

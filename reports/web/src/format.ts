// Numbers in words, the same as base/text.h writes them in the terminal.
import type { Unit } from "./data";

const space = "\u202f"; // Narrow and unbreakable.
const minus = "\u2212";

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

export function duration(ns: number): string {
  const size = Math.abs(ns);
  if (size < 1000) {
    return `${Math.round(ns)}${space}ns`;
  }
  if (size < 999.5e3) {
    return `${threeDigits(ns / 1e3)}${space}µs`;
  }
  if (size < 999.5e6) {
    return `${threeDigits(ns / 1e6)}${space}ms`;
  }
  if (size < 120e9) {
    return `${threeDigits(ns / 1e9)}${space}s`;
  }
  return size < 7200e9
    ? `${threeDigits(ns / 60e9)}${space}min`
    : `${threeDigits(ns / 3600e9)}${space}h`;
}

/** For axes: no more digits than the tick needs. */
export function durationTick(ns: number): string {
  if (ns === 0) {
    return "0";
  }
  const text = duration(ns);
  return text.replace(/(\.\d*?)0+(?=\D)/, "$1").replace(/\.(?=\D)/, "");
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function rate(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (size >= 999.5e3) {
    return `${threeDigits(perSecond / 1e6)}M/s`;
  }
  if (size >= 9995) {
    return `${threeDigits(perSecond / 1e3)}k/s`;
  }
  return size >= 999.5 ? `${count(perSecond)}/s` : `${threeDigits(perSecond)}/s`;
}

export function rateTick(perSecond: number): string {
  return perSecond >= 1e4 ? `${+(perSecond / 1e3).toFixed(2)}k/s` : `${+perSecond.toFixed(2)}/s`;
}

export function percent(ratio: number): string {
  const share = ratio * 100;
  const text = share === 0 ? "0" : share < 0.01 ? "<0.01" : share.toFixed(2);
  return `${text}${space}%`;
}

/** For axes: no more digits than the tick needs. */
export function percentTick(ratio: number): string {
  return `${+(ratio * 100).toPrecision(3)}${space}%`;
}

function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 ? minus : "+") + text;
}

/** A change: percent of the other side, or percentage points when the metric is a ratio. */
export function change(value: number, unit: Unit): string {
  if (unit === "ratio") {
    return `${signed(value * 100, 2)}${space}pp`;
  }
  const size = Math.abs(value * 100);
  return `${signed(value * 100, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)}${space}%`;
}

export function changeRange(interval: [number, number], unit: Unit): string {
  const decimals = unit === "ratio" ? 2 : 1;
  const [low, high] = interval;
  const suffix = unit === "ratio" ? "pp" : "%";
  return `${signed(low * 100, decimals)} … ${signed(high * 100, decimals)}${space}${suffix}`;
}

export function value(number: number, unit: Unit): string {
  switch (unit) {
    case "ns":
      return duration(number);
    case "s":
      return duration(number * 1e9);
    case "per_s":
      return rate(number);
    case "bytes":
      return bytes(number);
    case "ratio":
      return percent(number);
    default:
      return String(Number(number.toPrecision(4)));
  }
}

export function bytes(size: number): string {
  if (size < 1000) {
    return `${size}${space}B`;
  }
  if (size < 999.5e3) {
    return `${threeDigits(size / 1e3)}${space}kB`;
  }
  return size < 999.5e6
    ? `${threeDigits(size / 1e6)}${space}MB`
    : `${threeDigits(size / 1e9)}${space}GB`;
}

/** "2026-11-23 12:34" of an ISO time; the page says once that times are UTC. */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

export function seconds(value: number): string {
  return duration(value * 1e9);
}

/** How long ago something was, roughly: "90 s", "12 min", "3 h", "4 days". */
export function age(value: number): string {
  const [minute, hour, day] = [60, 3600, 86_400];
  const spans: [number, number, string][] = [
    [2 * minute, 1, "s"],
    [2 * hour, minute, "min"],
    [2 * day, hour, "h"],
    [Infinity, day, "days"],
  ];
  const [, unit, word] = spans.find(([below]) => value < below) ?? [0, 1, "s"];
  return `${Math.round(Math.max(0, value) / unit)}${space}${word}`;
}

/** `timed_out` as a person writes it. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** Names of any length in places that have room for few letters. */
export function short(name: string, letters: number): string {
  const all = Array.from(name);
  return all.length <= letters ? name : `${all.slice(0, letters - 1).join("")}…`;
}

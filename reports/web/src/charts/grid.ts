// The cells of a heatmap, and what can be said of the requests in some of its columns.
import type { Heatmap } from "../data";

export interface Cell {
  row: number;
  count: number;
}

export type Column = Cell[];

/** The columns of a heatmap in order of time, each with its cells from the fastest up. */
export function columnsOf(heatmap: Heatmap): Column[] {
  const { cells } = heatmap;
  const columns: Column[] = [];
  for (let at = 0; at < cells.length; ) {
    const column: Column = [];
    const end = at + 1 + 2 * (cells[at] ?? 0);
    let row = 0;
    for (let i = at + 1; i < end; i += 2) {
      row += cells[i] ?? 0;
      column.push({ row, count: cells[i + 1] ?? 0 });
    }
    columns.push(column);
    at = end;
  }
  return columns;
}

/** The shortest latency of a row in ns; that of the next row is where it ends. */
export function rowStartNs(row: number): number {
  const octave = row < 32 ? 0 : Math.floor(row / 16) - 1;
  return (row - 16 * octave) * 64 * 2 ** octave;
}

/** The columns as one distribution. */
export function merged(columns: Column[]): Column {
  const counts = new Map<number, number>();
  for (const { row, count } of columns.flat()) {
    counts.set(row, (counts.get(row) ?? 0) + count);
  }
  return [...counts].map(([row, count]) => ({ row, count })).sort((a, b) => a.row - b.row);
}

export function requestsIn(cells: Column): number {
  return cells.reduce((sum, { count }) => sum + count, 0);
}

/**
 * The range of latencies in which the p-quantile lies, in ns: the row of the value of rank
 * ceil(p n). Null when less than one request lies beyond it, as everywhere in a report.
 */
export function quantileRow(cells: Column, p: number): { low: number; high: number } | null {
  const total = requestsIn(cells);
  if (total === 0 || total * (1 - p) < 1 - 1e-9) {
    return null;
  }
  const rank = Math.ceil(p * total - 1e-9);
  let seen = 0;
  for (const { row, count } of cells) {
    seen += count;
    if (seen >= rank) {
      return { low: rowStartNs(row), high: rowStartNs(row + 1) };
    }
  }
  return null;
}

/** Neighbouring rows as one, `step` at a time, so that each is tall enough to be seen. */
export function coarser(columns: Column[], step: number): Column[] {
  return step === 1
    ? columns
    : columns.map((column) =>
        merged([column.map(({ row, count }) => ({ row: row - (row % step), count }))]),
      );
}

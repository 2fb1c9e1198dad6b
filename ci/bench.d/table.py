"""Tables of measurements: on a terminal, and in Markdown."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Table:
    title: str
    header: list
    rows: list
    notes: list = field(default_factory=list)  # what to know when reading it


def spread(values, digits=2):
    """Median (smallest-largest) of what the rounds gave; '-' if they gave nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    middle = f"{statistics.median(known):,.{digits}f}"
    if len(known) == 1:
        return middle
    return f"{middle} ({min(known):,.{digits}f}-{max(known):,.{digits}f})"


def ratio(values, others, digits=2):
    """Spread of the ratios, round by round: rounds that lie side by side share their noise."""
    pairs = [a / b for a, b in zip(values, others) if a is not None and b]
    return spread(pairs, digits) + "x" if pairs else "-"


def terminal(table):
    widths = [max(len(str(row[i])) for row in [table.header, *table.rows])
              for i in range(len(table.header))]
    lines = [table.title]
    for row in [table.header, *table.rows]:
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  " + "  ".join(cells).rstrip())
    lines += [f"  {note}" for note in table.notes]
    return "\n".join(lines) + "\n"


def markdown(table):
    lines = [f"### {table.title}", "", "| " + " | ".join(table.header) + " |",
             "|---" + "|---:" * (len(table.header) - 1) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table.rows]
    if table.notes:
        lines += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join(lines) + "\n"

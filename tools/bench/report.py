"""The tables of a run, in Markdown."""
from statistics import geometric_mean


def table(head, rows):
    """The first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def milliseconds(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def speed_table(cells):
    """A row for each network, with the least time of every runtime; all cells have the same threads and batch."""
    runtimes = list(dict.fromkeys(name for cell in cells for name in cell.measured))
    rows = []
    for cell in cells:
        best, ratio = cell.best_peer(), cell.ratio()
        row = [cell.network]
        for name in runtimes:
            entry = cell.measured.get(name)
            text = milliseconds(entry.least) if entry else ""
            row.append(f"**{text}**" if name == best else text)
        rows.append([*row, f"{ratio:.2f}" if ratio else ""])
    return table(["network", *runtimes, "ratio"], rows)


def speed(cells, rounds):
    """All tables, the mean of the ratios, and what is missing."""
    text = []
    for threads, batch in dict.fromkeys((cell.threads, cell.batch) for cell in cells):
        part = [cell for cell in cells if (cell.threads, cell.batch) == (threads, batch)]
        text.append(f"### {count(threads, 'thread')}, {count(batch, 'image')}\n")
        text.append(speed_table(part))
    text.append(f"Milliseconds for all images of a call, the least of {rounds} turns of each runtime; bold: the best "
                "peer. Ratio: Pith's time by the best peer's.\n")
    ratios = [cell.ratio() for cell in cells if cell.ratio()]
    if ratios:
        text.append(f"Geometric mean of {count(len(ratios), 'ratio')}: **{geometric_mean(ratios):.3f}**; the greatest is "
                    f"{max(ratios):.2f}.\n")
    text.append(left_out(cells))
    return "\n".join(text)


def left_out(cells):
    """Who is not in the tables, and why; one line for each reason."""
    reasons = {}
    for cell in cells:
        for runtime, reason in cell.left_out.items():
            where = f"{cell.network} ({count(cell.threads, 'thread')}, {count(cell.batch, 'image')})"
            reasons.setdefault((runtime, reason), []).append(where)
    if not reasons:
        return ""
    lines = []
    for (runtime, reason), places in reasons.items():
        where = "everywhere" if len(places) == len(cells) else ", ".join(places)
        lines.append(f"- {runtime}, {where}: {reason}")
    return "Left out:\n\n" + "\n".join(lines) + "\n"

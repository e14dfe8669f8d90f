"""The ratios of a run as an SVG picture that can be read on a light and on a dark page."""
from xml.sax.saxutils import escape

LEFT, RIGHT, TOP, ROW, BOTTOM = 150, 30, 64, 30, 46
WIDTH = 760
# For each number of threads and images in the order in which they come; they differ in form as well as in colour.
COLOURS = ("#3b82f6", "#f59e0b", "#10b981", "#ef4444")

STYLE = """
  text { font: 13px sans-serif; fill: #57606a; }
  .grid { stroke: #8c959f; stroke-opacity: 0.35; }
  .one { stroke: #57606a; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) { text { fill: #adbac7; } .one { stroke: #adbac7; } }
"""


def mark(form, x, y, colour):
    """A circle, a square, a diamond or a triangle."""
    if form == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
    corners = {1: ((-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)), 2: ((0, -6), (6, 0), (0, 6), (-6, 0)),
               3: ((0, -5.5), (5.5, 4.5), (-5.5, 4.5))}[form]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def ratios(cells):
    """A row for each network, a mark for each ratio, a line where Pith and the best peer are equally fast."""
    cells = [cell for cell in cells if cell.ratio()]
    networks = list(dict.fromkeys(cell.network for cell in cells))
    settings = list(dict.fromkeys((cell.threads, cell.batch) for cell in cells))
    end = max([1.2, *(cell.ratio() * 1.05 for cell in cells)])
    height = TOP + ROW * len(networks) + BOTTOM

    def across(ratio):
        return LEFT + (WIDTH - LEFT - RIGHT) * ratio / end

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}" role="img">',
             "<title>Time of Pith by the time of the best peer</title>", f"<style>{STYLE}</style>",
             text(LEFT, 20, "Time of Pith / time of the best peer (left of the line: Pith is faster)")]
    x = LEFT
    for index, (threads, batch) in enumerate(settings):
        words = f"{threads} thread{'s' * (threads > 1)}, batch {batch}"
        parts += [mark(index % 4, x + 6, 41, COLOURS[index % 4]), text(x + 16, 45, words)]
        x += 145
    bottom = TOP + ROW * len(networks)
    for step in range(int(end / 0.2) + 1):
        ratio = step / 5
        kind = "one" if step == 5 else "grid"
        parts += [f'<line class="{kind}" x1="{across(ratio):.1f}" y1="{TOP - 6}" x2="{across(ratio):.1f}" '
                  f'y2="{bottom}"/>', text(across(ratio), bottom + 18, f"{ratio:.1f}", "middle")]
    for row, network in enumerate(networks):
        y = TOP + ROW * (row + 0.5)
        parts += [text(LEFT - 12, y + 4, network, "end"),
                  f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>']
        for cell in cells:
            if cell.network == network:
                form = settings.index((cell.threads, cell.batch)) % 4
                parts.append(mark(form, across(cell.ratio()), y, COLOURS[form]))
    return "\n".join([*parts, "</svg>"]) + "\n"

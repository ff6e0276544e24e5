"""Draws what gossip_scale measured as one SVG: three panels, side by side."""

WIDTH, HEIGHT = 960, 340
PANEL, TOP, BOTTOM, LEFT = 320, 64, 52, 58
COLOURS = ["#1b6ca8", "#d1495b", "#8d99ae"]


def draw(data, members):
    sizes = sorted(data["sizes"])
    shares = sorted(data["pause"]["swim"])
    names = [f"{size:,}" for size in sizes]
    by_size = data["sizes"].values()
    load = Panel(0, "what a calm member sends", "members", "bytes a second", names)
    load.lines(
        {
            "datagrams": [size["datagram_bytes"] for size in by_size],
            "streams (push-pull)": [size["stream_bytes"] for size in by_size],
        }
    )
    notice = Panel(1, "a crash is noticed", "members", "seconds", names)
    notice.lines(
        {
            "by the first": [size["detection"][0] for size in by_size],
            "by the last": [size["detection"][2] for size in by_size],
        }
    )
    title = f"healthy taken for dead, {members} members"
    false = Panel(2, title, "members that pause, %", "an hour", [str(share) for share in shares])
    machines = {"Ignareo": "ours", "SWIM": "swim", "Lifeguard": "paper"}
    false.lines(
        {name: [data["pause"][machine][share]["at_all"] for share in shares] for name, machine in machines.items()}
    )
    panels = load.parts + notice.parts + false.parts
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join(panels) + "\n</svg>\n"
    )


class Panel:
    """One plot: places on the lower edge, equally far apart, and one line a name."""

    def __init__(self, column, title, below, unit, places):
        self.left, self.right = column * PANEL + LEFT, (column + 1) * PANEL - 20
        self.top, self.bottom = TOP, HEIGHT - BOTTOM
        self.places = places
        self.parts = [
            text(column * PANEL + PANEL / 2, 20, title, anchor="middle", weight="bold"),
            text((self.left + self.right) / 2, HEIGHT - 10, below, anchor="middle"),
            text(column * PANEL + 8, TOP - 26, unit),
        ]

    def x(self, place):
        return self.left + (place + 0.5) * (self.right - self.left) / len(self.places)

    def y(self, value):
        return self.bottom - value / self.ceiling * (self.bottom - self.top)

    def lines(self, series):
        highest = max(max(values) for values in series.values())
        self.ceiling = nice(highest * 1.05)
        for step in range(5):
            value = self.ceiling * step / 4
            self.parts.append(line([(self.left, self.y(value)), (self.right, self.y(value))], "#e0e0e0", 1))
            self.parts.append(text(self.left - 6, self.y(value) + 4, f"{value:,.4g}", anchor="end"))
        for place, label in enumerate(self.places):
            self.parts.append(text(self.x(place), self.bottom + 18, label, anchor="middle"))
        for place, (name, values) in enumerate(series.items()):
            points = [(self.x(index), self.y(value)) for index, value in enumerate(values)]
            self.parts.append(line(points, COLOURS[place], 2))
            self.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[place]}"/>' for x, y in points]
            height = self.top + 14 + 16 * place
            self.parts.append(text(self.left + 8, height, name, colour=COLOURS[place], weight="bold"))


def nice(number):
    """The next of 1, 2, 4, 8 times a power of ten."""
    if number <= 0:
        return 1
    power = 1e-6
    while True:
        for digit in (1, 2, 4, 8):
            if digit * power >= number:
                return digit * power
        power *= 10


def line(points, colour, width):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def text(x, y, content, anchor="start", colour="#222222", weight="normal"):
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-weight="{weight}">{content}</text>'

"""Writes the table that a script has made into the README.md beside it, between the two marks there."""


def write(readme, lines):
    start, end = "<!-- table: made by run -->\n", "<!-- end -->"
    before, rest = readme.read_text().split(start)
    readme.write_text(before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1])

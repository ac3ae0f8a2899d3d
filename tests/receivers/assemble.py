"""What the frameworks have in common."""


def indented(text, by, with_=" "):
    return "\n".join(with_ * by + line if line else line for line in text.split("\n"))

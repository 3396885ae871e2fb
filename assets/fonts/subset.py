"""Make the two fonts of this folder from the static instances of Noto Sans SC; README.md says where to get them.

python assets/fonts/subset.py FOLDER, which holds NotoSansSC_400Regular.ttf and NotoSansSC_700Bold.ttf somewhere below it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FONTS = {"NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf", "NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf"}
RANGES = (
    (0x20, 0x7E),  # ASCII
    (0xA0, 0x17F),  # Latin
    (0x391, 0x3C9),  # Greek
    (0x2000, 0x206F),  # punctuation
    (0x20A0, 0x20BF),  # currencies
    (0x2190, 0x2193),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x25A0, 0x25FF),  # signs in legends
    (0x3000, 0x303F),  # Chinese punctuation
    (0xFF00, 0xFFEF),  # signs as wide as a hanzi
)
READ = ("app/locale/**/*.po", "app/**/*.py", "assets/geo/*.csv", "assets/markets/*/*.toml", "assets/markets/*/calendar.csv")


def characters() -> set[int]:
    """The hanzi of GB 2312, which names of places and goods are written with, the signs above, and whatever the dashboard says besides."""
    hanzi = (bytes([0xA0 + row, 0xA0 + cell]) for row in range(16, 88) for cell in range(1, 95))
    wanted = {ord(sign) for sign in b"".join(hanzi).decode("gb2312", errors="ignore")}
    wanted.update(sign for first, last in RANGES for sign in range(first, last + 1))
    for pattern in READ:
        for file in ROOT.glob(pattern):
            wanted.update(map(ord, file.read_text(encoding="utf-8")))
    return wanted


def main(folder: Path) -> None:
    options = Options(hinting=False, layout_features=["kern"], notdef_outline=True, drop_tables=["BASE", "STAT", "vhea", "vmtx", "GSUB"])
    for source, target in FONTS.items():
        font = load_font(str(next(folder.rglob(source))), options)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=characters())
        subsetter.subset(font)
        save_font(font, str(HERE / target), options)
        print(target, f"{(HERE / target).stat().st_size / 2**20:.2f} MiB", len(font.getBestCmap()), "characters")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

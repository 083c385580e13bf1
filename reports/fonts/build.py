"""Make the TrueType fonts of the reports: `python -m reports.fonts.build`.

Noto Sans CJK SC (SIL Open Font License 1.1, see OFL.txt) is published as OpenType with CFF outlines, which
reportlab cannot embed. This takes the two weights out of a package pinned by SHA-256, keeps the characters
that documents here may need, turns cubic outlines into quadratic ones and writes

    NotoSansSC-Regular.ttf, NotoSansSC-Bold.ttf   all Han, Latin, Greek, Cyrillic and Kana of the source
    NotoSansSC-Mono.ttf                           its half-width Latin: every glyph half an em

into this folder. The outcome is kept under ${XDG_CACHE_HOME:-~/.cache}/sunseal/fonts, so the next checkout
needs neither the download nor the half minute.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent

SOURCE = "mpl-font==1.1.0"
SOURCE_SHA256 = "b40852bfec10e3edbff00d06be3aae858a00d48843485153ee2e139581469013"
MEMBERS = {
    "Regular": (
        "mpl_font/fonts/noto/NotoSansCJKsc-Regular.otf",
        "1652500938055a232cfbfa321de6ebaadfc5635dd9f75e369bc991d14a6512dd",
    ),
    "Bold": (
        "mpl_font/fonts/noto/NotoSansCJKsc-Bold.otf",
        "9cd6c106d54cec938405ae19388cb4bc685ad2ff0270d03358bf61aa67e1ccb9",
    ),
}
FONTS = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "NotoSansSC-Mono.ttf")

# Raise it when the way of making the fonts changes: it names the cache folder and the stamp beside the fonts.
RECIPE = "1"

# Largest distance between the cubic outline and its quadratic stand-in, in units of a 1000-unit em.
MAX_ERROR = 1.0


class FontBuildError(Exception):
    """The fonts could not be made; the text says what to do."""


def wanted(codepoint: int) -> bool:
    """True for the characters kept: all that the font has but Hangul and vertical presentation forms."""
    hangul = 0x1100 <= codepoint <= 0x11FF or 0x3130 <= codepoint <= 0x318F or 0xA960 <= codepoint <= 0xD7FF
    vertical = 0xFE10 <= codepoint <= 0xFE1F or 0xFE30 <= codepoint <= 0xFE4F
    return not hangul and not vertical


def cache_folder() -> Path:
    """The folder of the finished fonts for this recipe, outside every checkout."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sunseal" / "fonts" / stamp()


def stamp() -> str:
    """What the fonts depend on, as a short name."""
    return f"{RECIPE}-{SOURCE_SHA256[:16]}"


def download(folder: Path) -> Path:
    """Fetch the source package with pip, which checks its digest, into `folder`; the wheel's path.

    Raises FontBuildError when pip cannot get it or its bytes are others than those pinned.
    """
    pinned = folder / "source.txt"
    pinned.write_text(f"{SOURCE} --hash=sha256:{SOURCE_SHA256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--requirement", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise FontBuildError(
            f"pip could not download {SOURCE}, the source of the fonts:\n{done.stderr.strip()}"
        )
    return wheels[0]


def extract(wheel: Path, folder: Path) -> dict[str, Path]:
    """The two OpenType files of the wheel, written to `folder`, digests checked; path by weight."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for weight, (member, sha256) in MEMBERS.items():
            data = archive.read(member)
            if hashlib.sha256(data).hexdigest() != sha256:
                raise FontBuildError(f"{member} in {wheel.name} is not the file this build was made for")
            found[weight] = folder / f"{weight}.otf"
            found[weight].write_bytes(data)
    return found


def half_width(font: TTFont) -> dict[int, str]:
    """Glyph name by codepoint of the font's half-width Latin, from its OpenType feature `hwid`."""
    table = font["GSUB"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "hwid"
        for index in record.Feature.LookupListIndex
    }
    swaps: dict[str, str] = {}
    for index in sorted(lookups):
        for part in table.LookupList.Lookup[index].SubTable:
            swaps.update(getattr(part, "ExtSubTable", part).mapping)
    return {code: swaps[name] for code, name in font.getBestCmap().items() if code < 0x3000 and name in swaps}


def outline(shapes: Any, name: str) -> Any:
    """The glyph `name` as a quadratic outline, contours turned the way TrueType wants them."""
    pen = TTGlyphPen(None)
    shapes[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
    return pen.glyph()


def convert(source: Path, target: Path, style: str) -> None:
    """Write the TrueType font `style` (Regular, Bold or Mono) made of the OpenType font `source`.

    Layout tables, vertical metrics and hints are left out: reportlab reads none of them.
    """
    font = TTFont(source, recalcTimestamp=False)
    best = font.getBestCmap()
    cmap = half_width(font) if style == "Mono" else {code: best[code] for code in best if wanted(code)}
    order = [".notdef", *sorted(set(cmap.values()) - {".notdef"}, key=font.getGlyphID)]
    shapes = font.getGlyphSet()
    glyphs = {name: outline(shapes, name) for name in order}
    builder = FontBuilder(font["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (font["hmtx"][name][0], glyphs[name].xMin) for name in order})
    builder.setupHorizontalHeader(ascent=font["hhea"].ascent, descent=font["hhea"].descent)
    builder.setupNameTable(names(font, style), mac=False)
    builder.font["OS/2"] = font["OS/2"]
    builder.setupPost(keepGlyphNames=False)
    # The source's own dates: the same source gives the same bytes.
    builder.updateHead(created=font["head"].created, modified=font["head"].modified, flags=3)
    builder.font.recalcTimestamp = False
    builder.save(target)


def names(font: TTFont, style: str) -> dict[str, str]:
    """The name table: copyright and licence as they came, a family name of our own."""
    table = font["name"]
    full = f"Noto Sans SC {style}"
    return {
        "copyright": table.getDebugName(0),
        "familyName": "Noto Sans SC",
        "styleName": style,
        "uniqueFontIdentifier": f"{full}; {table.getDebugName(3)}",
        "fullName": full,
        "psName": full.replace(" ", ""),
        "version": table.getDebugName(5),
        "trademark": table.getDebugName(7),
        "licenseDescription": table.getDebugName(13),
        "licenseInfoURL": table.getDebugName(14),
    }


def make(folder: Path) -> None:
    """Download, check and convert: the finished fonts in `folder`."""
    with tempfile.TemporaryDirectory(prefix="sunseal-fonts-") as scratch:
        sources = extract(download(Path(scratch)), Path(scratch))
        with ProcessPoolExecutor(max_workers=2) as pool:
            jobs = [
                pool.submit(convert, sources["Regular"], folder / FONTS[0], "Regular"),
                pool.submit(convert, sources["Bold"], folder / FONTS[1], "Bold"),
                pool.submit(convert, sources["Regular"], folder / FONTS[2], "Mono"),
            ]
            for job in jobs:
                job.result()


def build(target: Path = HERE) -> bool:
    """Put the fonts into `target`, from the cache if they are there; False if nothing was to be done."""
    mark = target / ".recipe"
    if all((target / name).exists() for name in FONTS) and mark.exists() and mark.read_text() == stamp():
        return False
    cache = cache_folder()
    if not all((cache / name).exists() for name in FONTS):
        cache.parent.mkdir(parents=True, exist_ok=True)
        # Made aside and renamed, so that a build that is killed leaves no half font in the cache.
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=cache.parent))
        try:
            make(fresh)
            try:
                fresh.rename(cache)
            except OSError:  # another build was quicker: its fonts are the same
                if not all((cache / name).exists() for name in FONTS):
                    raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    for name in FONTS:
        part = target / f"{name}.part"
        shutil.copyfile(cache / name, part)
        part.replace(target / name)
    mark.write_text(stamp())
    return True


def main() -> int:
    """Command line: 0 when the fonts are in place, 1 with a sentence on standard error when not."""
    try:
        made = build()
    except FontBuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("fonts made" if made else "fonts are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())

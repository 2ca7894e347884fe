"""Copy into static/vendor, with its licence, what a browser or the template engine needs."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "static" / "vendor"

# package -> (folder under static/vendor, {pattern inside the package: part of the path that is dropped})
ASSETS: dict[str, tuple[str, dict[str, str]]] = {
    "hugerte": (
        "hugerte",
        {
            "hugerte.min.js": "",
            "license.txt": "",
            "icons/default/icons.min.js": "",
            "models/dom/model.min.js": "",
            "themes/silver/theme.min.js": "",
            "plugins/*/plugin.min.js": "",
            "plugins/emoticons/js/*.min.js": "",
            "plugins/help/js/i18n/keynav/en.js": "",
            "plugins/help/js/i18n/keynav/pl.js": "",
            "skins/ui/*/*.min.css": "",
            "skins/content/*/content.min.css": "",
        },
    ),
    "chart.js": ("chart", {"dist/chart.umd.js": "dist", "LICENSE.md": ""}),
    "@kurkle/color": ("chart/color", {"LICENSE.md": ""}),
    "bootstrap-icons": (
        "bootstrap-icons",
        {"font/bootstrap-icons.min.css": "font", "font/fonts/*.woff2": "font", "LICENSE": ""},
    ),
    "ejs": ("ejs", {"ejs.min.js": "", "LICENSE": ""}),
}


def main() -> int:
    """Fill a folder beside static/vendor, then swap it in: a running panel never sees half of it."""
    fresh = TARGET.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, (folder, patterns) in ASSETS.items():
        for pattern, dropped in patterns.items():
            copy(package, pattern, SOURCE / package / dropped, fresh / folder)
    shutil.rmtree(TARGET, ignore_errors=True)
    fresh.rename(TARGET)
    return 0


def copy(package: str, pattern: str, base: Path, target: Path) -> None:
    found = sorted((SOURCE / package).glob(pattern))
    if not found:
        sys.exit(f"{package} has no file {pattern}: its layout changed, correct scripts/build_assets.py")
    for source in found:
        destination = target / source.relative_to(base)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, destination)


if __name__ == "__main__":
    sys.exit(main())

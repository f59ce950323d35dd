#!/usr/bin/env python3
"""Make the sample pictures of the page: JPEG files, thumbnails and samples.json.

Comes in:  pictures that are CC0 or in the public domain, from two packages that state licence and photographer for each:
           scikit-image 0.26.0 (its docstrings in skimage/data/_fetchers.py) and Debian's gcompris-qt-data 3.1-2 (the
           README beside the pictures; GCompris cropped and sharpened some). Every picture is pinned by sha256.
Goes out:  NAME.jpg (at most 720 pixels on the long side), thumbs/NAME.jpg (at most 160 pixels high), and samples.json with
           what the page shows beside them: {file, title, alt, width, height, credit, licence, source}, in gallery order.

    pip install -r www/samples/requirements.txt
    python www/samples/make_samples.py                # on Debian; elsewhere: --deb PATH of the package
"""

import argparse
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from importlib.resources import files
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
DEBIAN_PACKAGE = "gcompris-qt-data"
LONG_SIDE = 720
THUMB_SIZE = (320, 160)

CC0 = "CC0 1.0"
PUBLIC_DOMAIN = "Public domain"
COMMONS = "https://commons.wikimedia.org/wiki/File:"
SCIKIT_IMAGE = "https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data."

# name, where ("skimage:FILE" or "ARCHIVE:FILE" of gcompris), sha256 of that file, title, alt text, credit, licence, source page
SAMPLES = [
    (
        "red-panda", "erase:red_panda.webp",
        "ec755f7b9d8953037161a7cf4f01270fdc92382913b33d987ceb27c1dfa6ded1",
        "Red panda", "A red panda looks down from a branch, in front of blurred leaves.",
        "Mathias Appel", CC0, COMMONS + "Red_Panda_(30324056733).jpg",
    ),
    (
        "chelsea", "skimage:chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "Chelsea the cat", "The face of a tabby cat, close up, looking into the camera.",
        "Stefan van der Walt", CC0, SCIKIT_IMAGE + "chelsea",
    ),
    (
        "coffee", "skimage:coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "Espresso", "A brown cup of espresso with a spoon on its saucer, on a wooden table, from above.",
        "Rachel Michetti, Pikolo Espresso Bar", CC0, SCIKIT_IMAGE + "coffee",
    ),
    (
        "macaw", "explore_world_animals:scarlet_macaw.webp",
        "8b088ed71a87e7e929cf08b49a1e1c977c47544307d348e52a0f4a85128662a0",
        "Scarlet macaw", "A red, yellow and blue parrot sits on a post, seen from the side.",
        "Dcoetzee", CC0, COMMONS + "Scarlet_macaw_at_Cougar_Mountain_Zoological_Park.jpg",
    ),
    (
        "crab", "erase:crab.webp",
        "822be2d08adc89a71e6eeff1500eea684c6f0961c98ddb1b23f0e66bbae4f987",
        "Sally Lightfoot crab", "A red and blue crab stands on grey rock, facing the camera.",
        "Nosferattus", CC0, COMMONS + "Sally_Lightfoot_Crab_2019.jpg",
    ),
    (
        "jaguars", "explore_world_animals:jaguar.webp",
        "22704727b6643480c62487ffb2d9fd618a3f499dde84b1eb789d4b0b11477e85",
        "Two jaguars", "Two spotted jaguars sit on rocks, face to face, one with a paw raised.",
        "Frieda Bredesen", CC0, COMMONS + "Two_Jaguar_Sisters.jpg",
    ),
    (
        "bison", "explore_world_animals:bison.webp",
        "11f3b2c5b876ee083924ff3ffab233c3e1d161993605b67d4d2ab5a9f1d9cf25",
        "American bison", "A brown bison grazes on a green meadow, others far behind it.",
        "Kurt Kaiser", CC0, COMMONS + "American_Bison_9.jpg",
    ),
    (
        "castle", "explore_monuments:chateaudeChambord.webp",
        "a96693bfff66c9a747a066b8d798aaf876427de969603c4125bf881f8af0ac2d",
        "Château de Chambord", "A wide castle with many towers behind a lawn, under white clouds.",
        "BjörnT", PUBLIC_DOMAIN, COMMONS + "Chambord_Frontansicht.JPG",
    ),
    (
        "photographer", "skimage:camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        "Photographer", "A grey picture of a man in a coat who looks into a film camera on a tripod.",
        "Lav Varshney", CC0, SCIKIT_IMAGE + "camera",
    ),
    (
        "kingfisher", "erase:kingfisher.webp",
        "b637658d7e0f8f555b5683a8c912646d57ba37be6ba9684df893a1d07ee9e637",
        "Kingfisher", "A blue and orange kingfisher on a branch, in front of an even, pale background.",
        "Frank-2.0", CC0, COMMONS + "Eisvogel_kingfisher.jpg",
    ),
    (
        "rocket", "skimage:rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        "Rocket on its pad", "A slender white rocket stands lit on its launch pad at dusk, between four lattice masts.",
        "SpaceX", PUBLIC_DOMAIN, SCIKIT_IMAGE + "rocket",
    ),
]  # fmt: skip


def read_archives(deb: Path | None) -> dict[str, bytes]:
    """{"ARCHIVE:FILE": content} of every picture in the Qt resource archives (.rcc) of the Debian package."""
    with tempfile.TemporaryDirectory() as folder:
        if deb is None:
            subprocess.run(["apt-get", "download", "-q", DEBIAN_PACKAGE], cwd=folder, check=True)
            deb = next(Path(folder).glob("*.deb"))
        tar = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE, check=True
        ).stdout
    wanted = {where.split(":")[0] for _, where, *_ in SAMPLES}
    pictures = {}
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for member in archive:
            path = Path(member.name)
            if path.suffix == ".rcc" and path.stem in wanted:
                found = read_rcc(archive.extractfile(member).read())
                pictures |= {f"{path.stem}:{name}": content for name, content in found.items()}
    return pictures


def read_rcc(rcc: bytes) -> dict[str, bytes]:
    """{file name: content} of a Qt resource archive: a tree of nodes that point to a table of names and one of contents."""
    version, tree, data, names = struct.unpack(">4xIIII", rcc[:20])
    node_size = 22 if version >= 2 else 14
    contents = {}

    def visit(node: int) -> None:
        start = tree + node * node_size
        name_at, flags = struct.unpack(">IH", rcc[start : start + 6])
        if flags & 2:  # a folder
            count, first = struct.unpack(">II", rcc[start + 6 : start + 14])
            for child in range(first, first + count):
                visit(child)
            return
        [data_at] = struct.unpack(">I", rcc[start + 10 : start + 14])
        [length] = struct.unpack(">I", rcc[data + data_at : data + data_at + 4])
        content = rcc[data + data_at + 4 : data + data_at + 4 + length]
        [letters] = struct.unpack(">H", rcc[names + name_at : names + name_at + 2])
        name = rcc[names + name_at + 6 : names + name_at + 6 + 2 * letters].decode("utf-16-be")
        contents[name] = (
            zlib.decompress(content[4:]) if flags & 1 else content
        )  # 4 bytes: the length unpacked

    visit(0)
    return contents


def save_jpeg(
    picture: Image.Image, size: tuple[int, int], quality: int, path: Path
) -> tuple[int, int]:
    """Shrink a copy into `size` (never enlarge) and write it without metadata; returns width and height in pixels."""
    copy = picture.convert("RGB")
    copy.thumbnail(size, Image.Resampling.LANCZOS)
    copy.save(path, "JPEG", quality=quality, optimize=True, progressive=True)
    return copy.size


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample pictures.")
    parser.add_argument(
        "--deb",
        type=Path,
        help=f"path of the {DEBIAN_PACKAGE} package (default: apt-get downloads it)",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write into (default: www/samples)"
    )
    arguments = parser.parse_args()

    archives = read_archives(arguments.deb)
    (arguments.out / "thumbs").mkdir(parents=True, exist_ok=True)
    rows = []
    for name, where, sha256, title, alt, credit, licence, source in SAMPLES:
        package, file = where.split(":")
        content = (
            files("skimage.data").joinpath(file).read_bytes()
            if package == "skimage"
            else archives[where]
        )
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            sys.exit(f"{where}: sha256 is {found}, expected {sha256}")
        picture = Image.open(io.BytesIO(content))
        width, height = save_jpeg(
            picture, (LONG_SIDE, LONG_SIDE), 88, arguments.out / f"{name}.jpg"
        )
        save_jpeg(picture, THUMB_SIZE, 78, arguments.out / "thumbs" / f"{name}.jpg")
        rows.append(
            {"file": f"{name}.jpg", "title": title, "alt": alt, "width": width, "height": height}
            | {"credit": credit, "licence": licence, "source": source}
        )
    (arguments.out / "samples.json").write_text(
        json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    total = sum(path.stat().st_size for path in arguments.out.rglob("*.jpg"))
    print(f"{len(rows)} pictures, {total:,} bytes with their thumbnails")


if __name__ == "__main__":
    main()

# Small pictures of kinds that two decoders may well see differently: with colour profiles, turned by EXIF, transparent, or of formats
# that this project's own decoder does not read.
#   pip install pillow==13.0.0 && python make.py
import io
import struct
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
WIDTH, HEIGHT = 61, 41

# Nothing in it is symmetric, and every colour is there.
photo = Image.new("RGB", (WIDTH, HEIGHT))
photo.putdata(
    [
        (x * 255 // WIDTH, y * 255 // HEIGHT, (x * y) % 97 + 60)
        for y in range(HEIGHT)
        for x in range(WIDTH)
    ]
)
photo.paste((250, 20, 30), (3, 4, 20, 12))


def s15(value):
    return struct.pack(">i", round(value * 65536))


def profile(columns, gamma):
    """A matrix profile: what red, green and blue look like, as XYZ under D50, and one gamma."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {
        b"rXYZ": columns[0],
        b"gXYZ": columns[1],
        b"bXYZ": columns[2],
        b"wtpt": (0.9642, 1.0, 0.8249),
    }
    data = {name: b"XYZ \0\0\0\0" + b"".join(map(s15, xyz)) for name, xyz in tags.items()}
    data |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    data[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    data[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    start = 128 + 4 + 12 * len(data)
    table, body = struct.pack(">I", len(data)), b""
    for name, value in data.items():
        value += b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += (
        struct.pack(">6H4s4s", 2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0")
        + b"\0" * 24
        + s15(0.9642)
        + s15(1)
        + s15(0.8249)
    )
    return header.ljust(128, b"\0") + table + body


P3 = profile([(0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)], 2.2)
PRO_PHOTO = profile([(0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)], 1.8)
# Red and green changed places.
SWAPPED = profile(
    [(0.3851, 0.7169, 0.0971), (0.4360, 0.2225, 0.0139), (0.1431, 0.0606, 0.7141)], 2.2
)

for name, icc in [("p3", P3), ("prophoto", PRO_PHOTO), ("swapped", SWAPPED)]:
    photo.save(HERE / f"profile-{name}.png", icc_profile=icc, optimize=True)
photo.save(HERE / "profile-p3.jpg", icc_profile=P3, quality=90, subsampling=2)


def turned(orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


for orientation in range(1, 9):
    photo.save(
        HERE / f"exif-{orientation}.jpg", exif=turned(orientation), quality=85, subsampling=2
    )
for orientation in (3, 6):
    photo.save(HERE / f"exif-{orientation}.webp", exif=turned(orientation), quality=80)
photo.save(HERE / "exif-8.png", exif=turned(8), optimize=True)
photo.save(HERE / "exif-5.avif", exif=turned(5), quality=80)
photo.save(HERE / "photo.avif", quality=80)
photo.resize((32, 32)).save(HERE / "icon.ico", sizes=[(32, 32)])
photo.save(HERE / "animation.gif", save_all=True, append_images=[photo.rotate(180)])

transparent = photo.convert("RGBA")
transparent.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
transparent.save(HERE / "transparent.png", optimize=True)

# 32 bits a pixel, twice: with a header that says where the opacity is, and with the plain one, which has no place for it.
bgra = b"".join(
    bytes((b, g, r, a))
    for y in reversed(range(HEIGHT))
    for r, g, b, a in (transparent.getpixel((x, y)) for x in range(WIDTH))
)
for name, size, compression in [("v4", 108, 3), ("plain", 40, 0)]:
    header = struct.pack(
        "<IiiHHIIiiII", size, WIDTH, HEIGHT, 1, 32, compression, len(bgra), 2835, 2835, 0, 0
    )
    if size > 40:
        header += struct.pack("<IIII4s", 0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000, b"BGRs")
    header = header.ljust(size, b"\0")
    file = (
        b"BM"
        + struct.pack("<IHHI", 14 + len(header) + len(bgra), 0, 0, 14 + len(header))
        + header
        + bgra
    )
    (HERE / f"32-bit-{name}.bmp").write_bytes(file)

# Whole, but for the marker that says so.
jpeg = io.BytesIO()
photo.save(jpeg, "JPEG", quality=85)
(HERE / "no-end-marker.jpg").write_bytes(jpeg.getvalue()[:-2])

"""Makes the pictures that tests/picture_input cannot encode itself.

Run with pillow==13.0.0 and libjpeg-turbo's commands cjpeg and jpegtran.
"""

import subprocess
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
LEFT, RIGHT = (200, 40, 60), (20, 120, 220)

# 32 x 16 pixels: the left half is LEFT, the right half RIGHT, as exactly as the format allows.
photo = Image.new("RGB", (32, 16), LEFT)
photo.paste(RIGHT, (16, 0, 32, 16))

photo.convert("CMYK").save(HERE / "cmyk.jpg", quality=95)
photo.convert("P", palette=Image.Palette.ADAPTIVE, colors=2).save(HERE / "palette.png")
photo.save(HERE / "progressive.jpg", quality=95, progressive=True)
photo.save(HERE / "rgb.jpg", quality=95, keep_rgb=True)
black = Image.new("RGB", (32, 16))
photo.save(
    HERE / "animated.webp", lossless=True, save_all=True, append_images=[black], duration=100
)
photo.save(HERE / "lossy.webp", quality=95)

# 35 x 19 pixels, a multiple of no block size: four blobs of different colours on grey. There is one
# JPEG per chroma subsampling, and the same coefficients with one scan per component, progressive,
# and in arithmetic coding. The PNG has libjpeg's pixels.
blobs = Image.new("RGB", (35, 19), (128, 128, 128))
for colour, box in [
    ((230, 30, 40), (2, 1, 13, 8)),
    ((30, 200, 50), (17, 3, 33, 9)),
    ((40, 60, 220), (5, 10, 15, 18)),
    ((240, 220, 30), (20, 11, 31, 17)),
]:
    blobs.paste(colour, box)
blobs = blobs.resize((18, 10), Image.Resampling.BOX).resize((35, 19), Image.Resampling.BICUBIC)
ppm = HERE / "blobs.ppm"
scans = HERE / "scans.txt"
blobs.save(ppm)
scans.write_text("0;\n1;\n2;\n")
for sampling in ["1x1", "2x1", "1x2", "2x2", "4x1"]:
    name = str(HERE / f"sampling-{sampling}")
    subprocess.run(
        ["cjpeg", "-quality", "80", "-sample", sampling, "-outfile", f"{name}.jpg", ppm], check=True
    )
    for coding, options in {
        "separate": ["-scans", scans],
        "progressive": ["-progressive"],
        "arithmetic": ["-arithmetic"],
    }.items():
        subprocess.run(
            [
                "jpegtran",
                *options,
                "-copy",
                "none",
                "-outfile",
                f"{name}-{coding}.jpg",
                f"{name}.jpg",
            ],
            check=True,
        )
    Image.open(f"{name}.jpg").save(f"{name}.png")
ppm.unlink()
scans.unlink()

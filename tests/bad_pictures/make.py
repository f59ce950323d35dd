"""Makes the pictures that tests/picture_input.rs cannot make itself. Run with pillow==13.0.0; the files are checked in.

All of them show, in 32 x 16 pixels, the left half in (200, 40, 60) and the right half in (20, 120, 220), as far as their format can.
"""

from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
LEFT, RIGHT = (200, 40, 60), (20, 120, 220)

photo = Image.new("RGB", (32, 16), LEFT)
photo.paste(RIGHT, (16, 0, 32, 16))

photo.convert("CMYK").save(HERE / "cmyk.jpg", quality=95)
photo.convert("P", palette=Image.Palette.ADAPTIVE, colors=2).save(HERE / "palette.png")
photo.save(HERE / "progressive.jpg", quality=95, progressive=True)
black = Image.new("RGB", (32, 16))
photo.save(HERE / "animated.webp", lossless=True, save_all=True, append_images=[black], duration=100)
photo.save(HERE / "lossy.webp", quality=95)

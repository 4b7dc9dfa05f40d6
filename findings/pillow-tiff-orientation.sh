#!/usr/bin/env bash
# Pillow 13.0.0: an uncompressed TIFF with Exif orientation 6, opened by path and opened as a file object.
#
# One would expect: ImageOps.exif_transpose gives the same picture, of 32 rows and 16 columns turned upright.
# What happens: opened by path the file is mapped into memory with rows as long as they are after turning; its pixels come
# out in another order and its size is not turned. Opened as a file object, or compressed, it is right. Nothing warns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$folder"
seen=$("$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import PIL
from PIL import Image, ImageOps

pixels = np.zeros((16, 32), np.uint8)
pixels[:8, :8] = 255
exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(pixels).save("x.tif", exif=exif)
by_path = np.asarray(ImageOps.exif_transpose(Image.open("x.tif")))
with open("x.tif", "rb") as file:
    by_file = np.asarray(ImageOps.exif_transpose(Image.open(file)))
expected = np.rot90(pixels, -1)
print(PIL.__version__, by_path.shape, by_file.shape, np.array_equal(by_file, expected), by_path.shape == expected.shape and np.array_equal(by_path, expected))
PYTHON
)
expected='13.0.0 (16, 32) (32, 16) True False'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }

"""Writes files of data as their usual writers do, and beside them what a reader must make of them.

    own_files.py numpy|pillow|pandas FOLDER

Exit status 77: this machine has no such writer.
"""
import csv
import struct
import sys
import zlib

FOLDER = sys.argv[2]


def write_png(path, rows, color, depth=8, filters=(0, 1, 2, 3, 4), palette=None):
    """Writes a PNG by its specification, a filter type a row in turn; no image library."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    width = len(rows[0]) // channels
    step = channels * depth // 8
    raw, before = b"", bytes(len(rows[0]) * depth // 8)
    for number, row in enumerate(rows):
        line = bytes(row) if depth == 8 else b"".join(struct.pack(">H", v) for v in row)
        kind = filters[number % len(filters)]
        coded = bytearray()
        for i, value in enumerate(line):
            left = line[i - step] if i >= step else 0
            up = before[i]
            corner = before[i - step] if i >= step else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            coded.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
        raw += bytes([kind]) + bytes(coded)
        before = line

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, color, 0, 0, 0)))
        if palette:
            file.write(chunk(b"PLTE", bytes(v for entry in palette for v in entry)))
        file.write(chunk(b"IDAT", zlib.compress(raw)))
        file.write(chunk(b"IEND", b""))


def expect(name, values):
    """Writes the numbers that a reader must find, as little-endian float64."""
    with open(f"{FOLDER}/{name}.expected", "wb") as file:
        file.write(struct.pack(f"<{len(values)}d", *values))


def numpy_files():
    import numpy as np

    rng = np.random.default_rng(1)

    def save(name, array, version=None):
        with open(f"{FOLDER}/{name}.npy", "wb") as file:
            np.lib.format.write_array(file, np.asanyarray(array), version=version)

    for name, array in {
        "f8": rng.normal(size=(6, 5)),
        "f4": rng.normal(size=(6, 2, 3)).astype(np.float32),
        "i8": rng.integers(-9, 9, size=(6, 4)),
        "i2": rng.integers(-999, 999, size=(6, 4)).astype(np.int16),
        "u4": rng.integers(0, 999, size=(6,)).astype(np.uint32),
        "b1": rng.integers(0, 2, size=(6, 3)).astype(bool),
    }.items():
        save(name, array)
        expect(name, array.astype(np.float32).astype(float).ravel())
    save("v2", np.arange(12.0).reshape(6, 2), (2, 0))
    save("v3", np.arange(12.0).reshape(6, 2), (3, 0))
    expect("v2", np.arange(12.0))
    expect("v3", np.arange(12.0))
    images = rng.integers(0, 256, size=(6, 7, 5, 3)).astype(np.uint8)
    save("u1", images)
    expect("u1", ((2.0 * images - 255) / 255).transpose(0, 3, 1, 2).ravel())
    save("labels", np.array([2, 0, 1, 1, 0, 2]))
    save("column", np.array([[2], [0], [1], [1], [0], [2]], dtype=np.uint8))
    save("numbers", np.array([0.5, -1, 2, 3, 4, 5]))
    # What cannot be read.
    save("fortran", np.asfortranarray(rng.normal(size=(6, 5))))
    save("big", rng.normal(size=(6, 5)).astype(">f8"))
    save("half", rng.normal(size=(6, 5)).astype(np.float16))
    save("complex", np.ones((6, 2), dtype=complex))
    save("records", np.zeros(6, dtype=[("a", "f4"), ("b", "i4")]))
    save("text", np.array(["a", "b", "c", "d", "e", "f"]))
    save("nan", np.array([[1, 2], [3, np.nan], [5, 6], [7, 8], [1, 1], [1, 1]]))
    save("negative", np.array([2, 0, -1, 1, 0, 2]))
    save("five", np.arange(5))
    save("empty", np.zeros((0, 4)))
    np.save(f"{FOLDER}/object.npy", np.array([{}, 1], dtype=object), allow_pickle=True)

    with open(f"{FOLDER}/table.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["width", "kind, of leaf", "length"])
        writer.writerows([[1.5, 'a "round" one', -2e-3], [2, "b,c", 7], [3, 'a "round" one', 8]])

    gradient = [[(16 * x + 40 * y + 80 * c) % 256 for x in range(5) for c in range(3)] for y in range(6)]
    write_png(f"{FOLDER}/rgb.png", gradient, 2)
    expect("rgb.png", [v for row in gradient for v in row])
    gray = [[(31 * x + 7 * y) % 256 for x in range(5)] for y in range(6)]
    write_png(f"{FOLDER}/gray.png", gray, 0)
    expect("gray.png", [v for row in gray for v in row for _ in range(3)])
    palette = [(7 * i % 256, 5 * i % 256, 255 - i) for i in range(256)]
    write_png(f"{FOLDER}/palette.png", gray, 3, palette=palette)
    expect("palette.png", [c for row in gray for v in row for c in palette[v]])
    alpha = [[v for i in range(0, 15, 3) for v in row[i : i + 3] + [i]] for row in gradient]
    write_png(f"{FOLDER}/alpha.png", alpha, 6)
    expect("alpha.png", [v for row in gradient for v in row])
    deep = [[257 * v for v in row] for row in gradient]
    write_png(f"{FOLDER}/deep.png", deep, 2, depth=16)
    expect("deep.png", [v for row in gradient for v in row])


def pillow_files():
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (21, 13), (200, 30, 90))
    draw = ImageDraw.Draw(image)
    for i in range(7):
        draw.ellipse((i * 3, i, i * 3 + 9, i + 6), (30 * i, 255 - 20 * i, 8 * i))
    for name, options in {
        "rgb.png": {},
        "progressive.jpg": {"quality": 90, "progressive": True},
        "subsampled.jpg": {"quality": 50, "subsampling": 2},
        "plain.jpeg": {"quality": 95},
        "plain.ppm": {},
    }.items():
        image.save(f"{FOLDER}/{name}", **options)
    image.convert("L").save(f"{FOLDER}/gray.jpg")
    image.convert("P", palette=Image.Palette.ADAPTIVE).save(f"{FOLDER}/palette.png")
    image.convert("RGBA").save(f"{FOLDER}/alpha.png")
    image.convert("CMYK").save(f"{FOLDER}/cmyk.jpg")
    for name in ("rgb.png", "progressive.jpg", "subsampled.jpg", "plain.jpeg", "plain.ppm",
                 "gray.jpg", "palette.png", "alpha.png"):
        pixels = Image.open(f"{FOLDER}/{name}").convert("RGB")
        expect(name, [float(v) for pixel in pixels.getdata() for v in pixel])
    expect("luma", [float(v) for v in Image.open(f"{FOLDER}/rgb.png").convert("L").getdata()])


def pandas_files():
    import pandas as pd

    table = pd.DataFrame({"a": [1.25, 2.0, 3.5], "b": [10, 20, 30], "y": ["no", "yes", "no"]})
    table.to_csv(f"{FOLDER}/table.csv", index=False)
    table.to_csv(f"{FOLDER}/semicolon.csv", index=False, sep=";")
    table.to_csv(f"{FOLDER}/table.csv.gz", index=False)


try:
    {"numpy": numpy_files, "pillow": pillow_files, "pandas": pandas_files}[sys.argv[1]]()
except ModuleNotFoundError as error:
    print(error)
    sys.exit(77)

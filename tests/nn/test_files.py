"""Data from files against Pillow and the csv module, and what the loaders say of cells and files that are odd."""

import csv
import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from nn.data import ImageFolder, read_csv, read_idx

# ---- images --------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, size=(5, 4, 4), dtype=np.uint8)
WORDS = np.array([[0, 1, 255, 256], [257, 32768, 65534, 65535]], dtype=np.uint16)


@pytest.fixture
def folder(tmp_path):
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "a").mkdir()

    def read(made, name="image.png", mode="RGB", size=None, **options):
        if isinstance(made, bytes):
            (tmp_path / "a" / name).write_bytes(made)
        else:
            (made if hasattr(made, "save") else image.fromarray(made)).save(tmp_path / "a" / name, **options)
        return ImageFolder(tmp_path, mode=mode, size=size)[0][0]

    read.path = tmp_path / "a"
    return read


KINDS = {
    "1": (BYTES[..., 0] > 127, "png"), "L": (BYTES[..., 0], "png"), "LA": (BYTES[..., :2], "png"),
    "RGB": (BYTES[..., :3], "png"), "RGBA": (BYTES, "png"), "RGB bmp": (BYTES[..., :3], "bmp"),
    "L tiff": (BYTES[..., 0], "tiff"), "RGB ppm": (BYTES[..., :3], "ppm"), "L pgm": (BYTES[..., 0], "pgm"),
    "RGB webp": (BYTES[..., :3], "webp"), "RGB jpeg": (BYTES[..., :3], "jpg"), "L jpeg": (BYTES[..., 0], "jpeg"),
}  # fmt: skip


@pytest.mark.parametrize("size", [None, (7, 3)])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
@pytest.mark.parametrize("kind", [*KINDS, "P", "CMYK"])
def test_images_are_as_pillow_reads_them(folder, kind, mode, size):
    image = pytest.importorskip("PIL.Image")
    if kind == "P":
        made, end = image.fromarray(BYTES[..., :3]).quantize(7), "gif"
    elif kind == "CMYK":
        made, end = image.frombytes("CMYK", (4, 5), BYTES.tobytes()), "tiff"
    else:
        array, end = KINDS[kind]
        made = image.fromarray(array)
    found = folder(made, f"image.{end}", mode, size)
    with image.open(folder.path / f"image.{end}") as file:
        plain = file.convert(mode)
        plain = plain if size is None else plain.resize(size[::-1])
    expected = np.asarray(plain, dtype=np.float32) / (1 if mode == "1" else 255)
    np.testing.assert_array_equal(found, expected[None] if expected.ndim == 2 else expected.transpose(2, 0, 1))
    assert found.dtype == np.float32
    assert found.flags.c_contiguous


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("name", ["a.png", "a.tiff", "a.pgm"])
def test_sixteen_bits_are_linear(folder, name, mode):
    found = folder(WORDS, name, mode)
    assert found.shape == (len(mode), 2, 4)
    for layer, band in zip(found, mode, strict=True):
        np.testing.assert_array_equal(layer, 1 if band == "A" else WORDS.astype("f4") / 65535)


def test_sixteen_bits_in_other_modes_and_sizes(folder):
    whole = (BYTES[..., 0].astype(np.uint16) * 257)[:4]
    for mode in ("CMYK", "HSV", "YCbCr"):
        folder(whole, "a.png", mode)
        found = folder(whole, "a.png", mode)
        np.testing.assert_array_equal(found, folder(BYTES[:4, :, 0], "a.png", mode))
    small = folder(whole, "a.png", "L", (2, 2))
    np.testing.assert_allclose(small, folder(BYTES[:4, :, 0], "a.png", "L", (2, 2)), atol=1 / 255)
    edges = np.kron(np.array([[0, 1], [1, 0]]), np.ones((4, 4))).astype(np.uint16) * 65535
    enlarged = folder(edges, "a.png", "L", (31, 31))
    assert (enlarged.min(), enlarged.max()) == (0, 1)


def test_tiffs_of_other_ranges(folder):
    def tiff(data, bits, kind=1, photometric=1):
        entries = [(256, 4, 2), (257, 4, 1), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8),
                   (277, 3, 1), (278, 4, 1), (279, 4, len(data)), (339, 3, kind)]  # fmt: skip
        content = b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(entries))
        content += b"".join(struct.pack("<HHII", tag, code, 1, value) for tag, code, value in entries)
        return content + bytes(4)

    words = np.array([0, 65535], "<u2").tobytes()
    assert folder(tiff(words, 16), "a.tif", "L").ravel().tolist() == [0, 1]
    assert folder(tiff(words, 16, photometric=0), "a.tif", "L").ravel().tolist() == [1, 0]
    assert folder(tiff(bytes([0xFF, 0xF8, 0x00]), 12), "a.tif", "L").ravel().tolist() == [1, np.float32(2048 / 4095)]
    floats = np.array([0.25, 1.0], "<f4").tobytes()
    assert folder(tiff(floats, 32, kind=3), "a.tif", "L").ravel().tolist() == [0.25, 1]
    for values in ([0.25, 200.0], [np.nan, 0.0], [-1.0, 0.0]):
        with pytest.raises(ValueError, match=r"a\.tif: it holds values from .*, expected 0 to 1"):
            folder(tiff(np.array(values, "<f4").tobytes(), 32, kind=3), "a.tif", "L")
    with pytest.raises(ValueError, match=r"whole image in .*a\.tif: it holds integers of 32 bits"):
        folder(tiff(np.array([0, 70000], "<i4").tobytes(), 32, kind=2), "a.tif", "L")


@pytest.mark.parametrize("end", ["jpg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_they_are_seen(folder, orientation, end):
    image = pytest.importorskip("PIL.Image")
    array = np.zeros((16, 32), np.uint8)
    array[:8, :8] = 255  # what is at the top left in the file
    exif = image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if end == "webp" else {"quality": 100} if end == "jpg" else {}
    found = folder(array, f"a.{end}", "L", exif=exif, **options)[0]
    turned = [lambda a: a, np.fliplr, lambda a: np.rot90(a, 2), np.flipud, np.transpose, lambda a: np.rot90(a, -1),
              lambda a: np.rot90(a, 2).T, np.rot90][orientation - 1](array)  # fmt: skip
    np.testing.assert_allclose(found, turned / 255, atol=0.02)


def test_links_that_lead_in_a_circle(folder, tmp_path):
    folder(BYTES[..., :3], "a.png")
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "b" / "deep" / "b.png").write_bytes((tmp_path / "a" / "a.png").read_bytes())
    outside = tmp_path.parent / f"{tmp_path.name} outside"
    outside.mkdir()
    (outside / "c.png").write_bytes((tmp_path / "a" / "a.png").read_bytes())
    for link, target in (("up", ".."), ("here", "."), ("out", outside)):
        try:
            (tmp_path / "b" / "deep" / link).symlink_to(target)
        except OSError:
            pytest.skip("no links")
    (tmp_path / "b" / "all").symlink_to(tmp_path)
    data = ImageFolder(tmp_path)
    assert [(path.rpartition("/")[2], label) for path, label in data.samples] == [
        ("a.png", 0),
        ("b.png", 1),
        ("c.png", 1),
    ]


def test_damaged_images_are_named(folder):
    folder(BYTES[..., :3], "a.png")
    whole = (folder.path / "a.png").read_bytes()
    for content in (b"", b"no image", whole[: len(whole) // 2], whole[:40], whole.replace(b"IHDR", b"IHDX")):
        with pytest.raises(ValueError, match=r"ImageFolder: expected a whole image in .*a\.png"):
            folder(content, "a.png")
    data = ImageFolder(folder.path.parent)
    (folder.path / "a.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.png"):
        data[0]


@pytest.mark.parametrize("mode", ["P", "I", "F", "I;16", "rgb", None])
def test_modes_without_a_range_are_refused(folder, mode):
    with pytest.raises(ValueError, match="ImageFolder: expected a mode among 1, L, LA"):
        folder(BYTES, mode=mode)


# ---- tables --------------------------------------------------------------------------------------------------------


def table(tmp_path, text, encoding="utf-8", **options):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return [tensor.data for tensor in read_csv(path, **options).tensors]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_are_as_the_csv_module_writes_them(tmp_path, delimiter, quoting, end):
    rows = RNG.normal(size=(20, 4)) * 10.0 ** RNG.integers(-30, 30, size=(20, 4))
    names = ["oak", 'a "b"', "line\nbreak", f"with{delimiter}delimiter", "ünï"] * 4
    path = tmp_path / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerow(["w", "x", "kind", "y", "z"])
        writer.writerows([*row[:2], name, *row[2:]] for row, name in zip(rows.tolist(), names, strict=True))
    features, target = (tensor.data for tensor in read_csv(path, "kind", delimiter, dtype=np.float64).tensors)
    np.testing.assert_array_equal(features, rows)
    assert [sorted(set(names))[i] for i in target] == names


@pytest.mark.parametrize(
    ("cells", "dtype", "expected"),
    [
        ("1 -2 +3 007", "i8", [1, -2, 3, 7]), ("1.0 2", "f4", [1, 2]), ("1e3 2", "f4", [1000, 2]),
        ("nan 1.5", "f4", [np.nan, 1.5]), ("inf -Infinity", "f4", [np.inf, -np.inf]), (".5 5.", "f4", [0.5, 5]),
        ("9223372036854775807 0", "i8", [2**63 - 1, 0]), ("True False", "i8", [1, 0]), ("b a b", "i8", [1, 0, 1]),
    ],
)  # fmt: skip
def test_targets(tmp_path, cells, dtype, expected):
    text = "x,t\n" + "".join(f"1,{cell}\n" for cell in cells.split())
    target = table(tmp_path, text, target="t")[1]
    assert target.dtype == dtype
    np.testing.assert_array_equal(target, np.array(expected, dtype))


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ("3.5||2.1|10.0", "a number or a name in line 3 of .*t.csv, column 't', got an empty cell"),
        ("oak||ash", "line 3 .*, column 't', got an empty cell"),
        ("oak|  |ash", "line 3 .*, column 't', got an empty cell"),
        ("1|2|NA|3", "a number, as in other lines, in line 4 of .*t.csv, column 't', got 'NA'"),
        ("1|2.5|x", "a number, as in other lines, in line 4 .* got 'x'"),
        ("oak|7|ash", "a name, as in other lines, in line 3 .* got '7'"),
        ("1|9223372036854775808", "a whole number that int64 can hold in line 3 .* got '9223372036854775808'"),
        ("1.5|1e39", "a number that float32 can hold in line 3 .* got '1e39'"),
        ("1|2_0", "a number, as in other lines, in line 3 .* got '2_0'"),
    ],
)
def test_targets_that_are_neither_numbers_nor_names(tmp_path, cells, match):
    with pytest.raises(ValueError, match=f"^read_csv: expected {match}|{match}"):
        table(tmp_path, "x,t\n" + "".join(f"1,{cell}\n" for cell in cells.split("|")), target="t")


@pytest.mark.parametrize(
    ("cell", "options", "match"),
    [
        ("", {}, "a number that float32 can hold in line 3 of .*t.csv, column 'b', got an empty cell"),
        ("x", {}, "column 'b', got 'x'"),
        ('"1,5"', {}, "column 'b', got '1,5'"),
        ("1_000", {}, "got '1_000'"),
        ("0x10", {}, "got '0x10'"),
        ("1e39", {}, "a number that float32 can hold .* got '1e39'"),
        ("1e400", {"dtype": "f8"}, "a number that float64 can hold .* got '1e400'"),
        ("70000", {"dtype": "f2"}, "a number that float16 can hold .* got '70000'"),
        ("1.5", {"dtype": "i4"}, "a whole number that int32 can hold .* got '1.5'"),
        ("-1", {"dtype": "u1"}, "a whole number that uint8 can hold .* got '-1'"),
        ("3000000000", {"dtype": "i4"}, "a whole number that int32 can hold .* got '3000000000'"),
        ("nan", {"dtype": "i4"}, "got 'nan'"),
    ],
)
def test_cells_that_are_no_numbers_are_named(tmp_path, cell, options, match):
    with pytest.raises(ValueError, match=match):
        table(tmp_path, f"a,b\n1,2\n3,{cell}\n", **options)


def test_whole_numbers_keep_all_their_digits(tmp_path):
    (found,) = table(tmp_path, f"a,b\n{2**53 + 1},{-(2**63)}\n", dtype=np.int64)
    assert found.tolist() == [[2**53 + 1, -(2**63)]]
    for dtype in (bool, complex, "U3"):
        with pytest.raises(TypeError, match="floating or integer dtype"):
            table(tmp_path, "a\n1\n", dtype=dtype)


@pytest.mark.parametrize(
    ("text", "options", "match"),
    [
        (b"a,t\n1,\"oak\n2,ash\n3,oak\n", {"target": "t"}, "line 4: unexpected end of data"),
        (b"a,b\n1,\xff\n", {}, "text in UTF-8 in .*t.csv, but .*utf-8"),
        ("a,b\n1,2\n".encode("utf-16"), {}, "text in UTF-8 in .*t.csv"),
        (b"a,b\n1," + b"9" * 200_000 + b"\n", {}, "line 2: field larger than field limit"),
        (b"a,a\n1,2\n", {"target": "a"}, "got 'a', which 2 of them are"),
        (b"a,b\n1,2\n", {"target": -1}, "got -1"),
        (b"a,b\n1;2\n", {}, "2 cells in line 2 .*, got 1"),
    ],
)  # fmt: skip
def test_tables_that_are_none(tmp_path, text, options, match):
    with pytest.raises(ValueError, match=f"(?s)read_csv: expected .*{match}"):
        table(tmp_path, text, **options)


@pytest.mark.parametrize("first", ["5.1,3.5,1.4,oak", "5,0,0,7", "1e3,a,b,c", "-1,a,b,c"])
def test_a_first_line_that_looks_like_data(tmp_path, first):
    with pytest.warns(UserWarning, match=r"first line of .*t\.csv holds numbers \(.*pass header=False"):
        read = table(tmp_path, f"{first}\n1,2,3,4\n")
    assert read[0].shape == (1, 4)
    for names in ("0,1,2,3", "2019,2020,2021,kind", "a,b,c,d", "x1,1.2.3,,d"):  # as pandas and people name columns
        assert table(tmp_path, f"{names}\n1,2,3,4\n")[0].shape == (1, 4)


def test_quotation_marks_after_a_space(tmp_path):
    assert table(tmp_path, 'x, t\n1, "oak"\n2,"oak"\n3, ash\n', target="t")[1].tolist() == [1, 1, 0]


# ---- IDX -----------------------------------------------------------------------------------------------------------


def idx(*shape, data=b"", code=8):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "match"),
    [
        (idx(2**32 - 1, 2**32 - 1, data=bytes(100)), "expected 18446744065119617025 bytes"),
        (idx(*[2**32 - 1] * 64, code=14, data=bytes(100)), "truncated"),
        (idx(200, data=bytes(100)), r"expected 200 bytes of data of shape \(200,\) in .*file, got 100: truncated"),
        (idx(99, data=bytes(100)), "more than the header says"),
        (idx(0, 2**32 - 1, 2**32 - 1, 2**32 - 1), "a shape that NumPy can hold in .*file"),
        (bytes([0, 0, 8, 255]) + bytes(2000), "begins with 00 00 08 ff"),
    ],
)
def test_headers_that_claim_what_is_not_there(tmp_path, pack, content, match):
    (tmp_path / "file").write_bytes(pack(content))
    if pack is gzip.compress and "200 bytes" in match:
        match = match.replace("got 100", "got (0|100)")
    with pytest.raises(ValueError, match=match):
        read_idx(tmp_path / "file")


def test_a_packed_file_is_unpacked_no_further_than_its_header_says(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(idx(10) + bytes(200_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"expected 10 bytes .* more than the header says"):
            read_idx(path)
        path.write_bytes(gzip.compress(idx(2**32 - 1) + bytes(1000)))
        with pytest.raises(ValueError, match=r"expected 4294967295 bytes .* truncated"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()

"""Writes label maps with NumPy, Pillow, OpenCV, tifffile; beside each the class IDs as its own library reads them back."""
import io, json, os, sys, zipfile
import cv2, numpy, PIL.Image, tifffile

root = sys.argv[1]
random = numpy.random.default_rng(7)


def regions(height, width, classes):
    """Blobs with ragged edges, every class somewhere."""
    noise = random.random((height, width)).astype(numpy.float32)
    field = cv2.GaussianBlur(noise, (0, 0), 3) + 0.002 * noise
    ranks = field.ravel().argsort().argsort().reshape(height, width)
    return (ranks * classes // ranks.size).astype(numpy.int64)


def case(name, file, data, ids):
    folder = os.path.join(root, "cases", name)
    os.makedirs(folder)
    with open(os.path.join(folder, file), "wb") as out:
        out.write(data)
    os.makedirs(os.path.join(root, "truth"), exist_ok=True)
    height, width = ids.shape
    with open(os.path.join(root, "truth", name), "wb") as out:
        out.write(numpy.array([width, height], "<i8").tobytes() + ids.astype("<i8").tobytes())


def npy(array, version=None):
    out = io.BytesIO()
    numpy.lib.format.write_array(out, array, version=version)
    return out.getvalue()


# NumPy: every integer type and bool, both byte orders, both memory orders, axes of one.
for kind in "?bBhHiIqQ":
    for order in "<>" if numpy.dtype(kind).itemsize > 1 else "|":
        dtype = numpy.dtype(kind).newbyteorder(order)
        ids = regions(37, 53, 2 if kind == "?" else 40)
        if kind in "bhiq":
            ids = numpy.where(ids == 3, -1, ids)
            ids[0, 0] = numpy.iinfo(dtype).min
        if kind not in "?Q":
            ids[-1, -1] = numpy.iinfo(dtype).max
        array = ids.astype(dtype)
        spelled = dtype.str.replace("<", "le-").replace(">", "be-").replace("|", "")
        for memory in "CF":
            stored = numpy.asarray(array, order=memory)
            case(f"npy-{spelled}-{memory}", "map.npy", npy(stored), numpy.load(io.BytesIO(npy(stored))))
        case(f"npy-{spelled}-last-axis", "map.npy", npy(array[:, :, None]), array)
        case(f"npy-{spelled}-first-axis", "map.npy", npy(array[None]), array)
        case(f"npy-{spelled}-F-last-axis", "map.npy", npy(numpy.asfortranarray(array[:, :, None])), array)
ids = regions(20, 30, 9)
for version in [(1, 0), (2, 0), (3, 0)]:
    case(f"npy-version-{version[0]}", "map.npy", npy(ids.astype("u1"), version), ids)
case("npy-view", "map.npy", npy(ids.astype("u2")[::-1, ::2]), ids[::-1, ::2])
for name, save in [("npz", numpy.savez), ("npz-compressed", numpy.savez_compressed)]:
    out = io.BytesIO()
    save(out, ids.astype("i4"))
    case(name, "map.npz", out.getvalue(), numpy.load(io.BytesIO(out.getvalue()))["arr_0"])


# Pillow: every mode that keeps one value a pixel; read back by Pillow itself.
def pillow(name, image, **options):
    out = io.BytesIO()
    format = options.pop("format", "PNG")
    image.save(out, format, **options)
    back = PIL.Image.open(io.BytesIO(out.getvalue()))
    case(f"pillow-{name}", "map." + {"PNG": "png", "BMP": "bmp", "TIFF": "tif"}[format], out.getvalue(), numpy.asarray(back).astype(numpy.int64))


for height, width in [(1, 1), (1, 17), (17, 1), (31, 33), (200, 301)]:
    ids = regions(height, width, min(256, height * width))
    pillow(f"grey8-{width}x{height}", PIL.Image.fromarray(ids.astype("u1")))
    wide = regions(height, width, height * width).astype("u2")
    pillow(f"grey16-{width}x{height}", PIL.Image.fromarray(wide))
    pillow(f"bilevel-{width}x{height}", PIL.Image.fromarray(ids % 2 == 1))
    pillow(f"bmp-{width}x{height}", PIL.Image.fromarray(ids.astype("u1")), format="BMP")
    pillow(f"tiff-{width}x{height}", PIL.Image.fromarray(ids.astype("u1")), format="TIFF", compression="tiff_lzw")
    for bits in [1, 2, 4, 8]:
        indexed = PIL.Image.fromarray((ids % 2**bits).astype("u1"), "P")
        colors = random.integers(0, 256, (2**bits, 3), dtype="u1")
        # Two entries of one colour: the index is the class, never the colour.
        colors[-1] = colors[0]
        indexed.putpalette(colors.tobytes())
        pillow(f"palette{bits}-{width}x{height}", indexed, bits=bits)
        pillow(f"palette{bits}-see-through-{width}x{height}", indexed, bits=bits, transparency=0)
        if bits == 8:
            pillow(f"palette-bmp-{width}x{height}", indexed, format="BMP")

# OpenCV: each filter and strategy of its PNG writer, and of TIFF's compressions.
ids = regions(64, 91, 60)
strategies = {name: getattr(cv2, "IMWRITE_PNG_STRATEGY_" + name) for name in ["DEFAULT", "FILTERED", "HUFFMAN_ONLY", "RLE", "FIXED"]}
for name, strategy in strategies.items():
    for level in [0, 1, 9]:
        for bits in [8, 16]:
            array = (ids * (1 if bits == 8 else 999)).astype(f"u{bits // 8}")
            good, data = cv2.imencode(".png", array, [cv2.IMWRITE_PNG_STRATEGY, strategy, cv2.IMWRITE_PNG_COMPRESSION, level])
            assert good
            back = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            case(f"opencv-{name.lower()}-{level}-{bits}", "map.png", data.tobytes(), back.astype(numpy.int64))

# tifffile: types, byte orders, compressions, predictors, strips and tiles.
for kind in ["u1", "u2", "u4", "i1", "i2", "i4"]:
    for order in "<>":
        for compression in [None, "lzw", "deflate", "packbits"]:
            for layout, options in {"strips": {"rowsperstrip": 7}, "tiles": {"tile": (32, 16)}}.items():
                for predictor in [False, True] if compression in ("lzw", "deflate") else [False]:
                    array = ids.astype(kind)
                    if kind[0] == "i":
                        array[0, 0] = -1
                    out = io.BytesIO()
                    tifffile.imwrite(out, array, byteorder=order, compression=compression, predictor=predictor, **options)
                    back = tifffile.imread(io.BytesIO(out.getvalue()))
                    side = "le" if order == "<" else "be"
                    name = f"tifffile-{kind}-{side}-{compression}-{layout}{'-predictor' if predictor else ''}".lower()
                    case(name, "map.tif", out.getvalue(), back.astype(numpy.int64))
for bigtiff in [True]:
    out = io.BytesIO()
    tifffile.imwrite(out, ids.astype("u2"), bigtiff=True)
    case("tifffile-big", "map.tif", out.getvalue(), ids)

# Colours through a class list: RGB and RGBA by Pillow, by OpenCV, BMP.
colors = numpy.array([[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [1, 0, 128], [255, 254, 253]], "u1")
classes = [{"id": 5 * index, "name": f"class {index}", "color": "#%02x%02x%02x" % tuple(color)} for index, color in enumerate(colors)]
ids = regions(77, 65, 7)
rgb = colors[ids]
rgba = numpy.dstack([rgb, numpy.full(ids.shape, 255, "u1")])
out = io.BytesIO()
PIL.Image.fromarray(rgb).save(out, "BMP")
coded = {"pillow-rgb": ("png", None, rgb), "pillow-rgba": ("png", None, rgba), "opencv-rgb": ("png", cv2, rgb), "bmp-rgb": ("bmp", None, rgb), "opencv-bmp": ("bmp", cv2, rgb)}
for name, (ending, tool, array) in coded.items():
    if tool:
        data = cv2.imencode("." + ending, array[:, :, ::-1])[1].tobytes()
    else:
        out = io.BytesIO()
        PIL.Image.fromarray(array).save(out, ending.upper())
        data = out.getvalue()
    case(name, "map." + ending, data, 5 * ids)
    with open(os.path.join(root, "cases", name, "classes.json"), "w") as file:
        json.dump(classes, file)
print(len(os.listdir(os.path.join(root, "cases"))))

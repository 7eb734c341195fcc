"""Two panoptic datasets, of disturbed real maps and of random ones, with the qualities that panopticapi gives them."""
import contextlib, io, json, os, sys
import numpy, PIL.Image
from panopticapi.evaluation import pq_compute_single_core
from panopticapi.utils import id2rgb, rgb2id

root, real = sys.argv[1:]
random = numpy.random.default_rng(3)
made = {id: {"id": id, "name": f"made {id}", "isthing": int(id % 2)} for id in range(1001, 1009)}


def blobs(width, height, count, size):
    small = random.integers(0, count, (max(1, height // size), max(1, width // size)))
    rows = numpy.arange(height) * small.shape[0] // height
    columns = numpy.arange(width) * small.shape[1] // width
    return small[rows][:, columns]


def random_map():
    width, height = random.integers(1, 120, 2)
    ids = numpy.concatenate([[0], random.choice(2**24 - 1, 12, replace=False) + 1])
    map = ids[blobs(width, height, len(ids), random.integers(1, 25))]
    segments, crowds, stuff = {}, set(), set()
    for id in numpy.unique(map[map > 0]).tolist():
        category = int(random.choice(list(made)))
        if not made[category]["isthing"]:
            # A class without objects is one segment.
            if category in stuff:
                map[map == id] = 0
                continue
            stuff.add(category)
        crowd = int(made[category]["isthing"] and category not in crowds and random.random() < 0.2)
        crowds |= {category} if crowd else set()
        segments[id] = {"id": id, "category_id": category, "iscrowd": crowd}
    return map, segments


def disturbed(map, segments, categories):
    """What a model could have found: shifted, with holes, other classes, segments lost, split and without a crowd."""
    other = numpy.roll(map, random.integers(-4, 5, 2), (0, 1)).copy()
    found = {id: dict(segment, iscrowd=0) for id, segment in segments.items()}
    for id in list(found):
        chance = random.random()
        if chance < 0.1:
            other[other == id] = 0
        elif chance < 0.2:
            things = [one for one, category in categories.items() if category["isthing"]]
            found[id]["category_id"] = int(random.choice(things))
        elif chance < 0.4 and categories[found[id]["category_id"]]["isthing"]:
            half = (other == id) & (numpy.arange(other.shape[1]) > random.integers(0, other.shape[1]))
            new = int(random.choice(2**24 - 1)) + 1
            if new not in found:
                other[half] = new
                found[new] = dict(found[id], id=new)
    for _ in range(random.integers(0, 3)):
        y, x = random.integers(0, other.shape[0]), random.integers(0, other.shape[1])
        other[y : y + random.integers(1, 30), x : x + random.integers(1, 30)] = 0
    return other, found


document = json.load(open(os.path.join(real, "panoptic_examples.json")))
categories = {category["id"]: category for category in document["categories"]} | made
pairs = []
for annotation in document["annotations"]:
    png = os.path.join(real, "panoptic_examples", annotation["file_name"])
    map = rgb2id(numpy.array(PIL.Image.open(png), numpy.uint32)).astype("i8")
    segments = {segment["id"]: segment for segment in annotation["segments_info"]}
    pairs.append((map, segments, *disturbed(map, segments, categories)))
    pairs.append((map, segments, map, segments))
while len(pairs) < 150:
    map, segments = random_map()
    if not segments:
        continue
    other, found = disturbed(map, segments, categories) if random.random() < 0.8 else random_map()
    if other.shape == map.shape:
        pairs.append((map, segments, other, found))


def write(side, maps):
    folder = os.path.join(root, side, "panoptic")
    os.makedirs(folder)
    images, annotations = [], []
    for number, (map, segments) in enumerate(maps, 1):
        name = f"{number:012}.png"
        PIL.Image.fromarray(id2rgb(map)).save(os.path.join(folder, name))
        infos = []
        for id, segment in segments.items():
            if area := int((map == id).sum()):
                infos.append({key: segment[key] for key in ["id", "category_id", "iscrowd"]} | {"area": area, "bbox": [0, 0, 1, 1]})
        height, width = map.shape
        images.append({"id": number, "file_name": f"{number:012}.jpg", "width": width, "height": height})
        annotations.append({"image_id": number, "file_name": name, "segments_info": infos})
    whole = {"images": images, "categories": list(categories.values()), "annotations": annotations}
    json.dump(whole, open(os.path.join(root, side, "panoptic.json"), "w"))
    return annotations, folder


gt, gt_folder = write("a", [(map, segments) for map, segments, _, _ in pairs])
predicted, predicted_folder = write("b", [(map, segments) for _, _, map, segments in pairs])
with contextlib.redirect_stdout(io.StringIO()):
    found = pq_compute_single_core(0, list(zip(gt, predicted)), gt_folder, predicted_folder, categories)
truth = {"classes": {}}
for name, things in [("all", None), ("things", True), ("stuff", False)]:
    truth[name], classes = found.pq_average(categories, things)
    for id, qualities in classes.items():
        counts = found.pq_per_cat[id]
        if counts.tp + counts.fp + counts.fn:
            truth["classes"][id] = qualities | {"matched": counts.tp, "only_b": counts.fp, "only_a": counts.fn}
json.dump(truth, open(os.path.join(root, "truth.json"), "w"))
print(len(pairs))

"""Tasks that we wrote, as label-studio-sdk decodes their strokes.

Usage: label_studio.py TASKS CLASSES MAPS compares each stroke with the pixels of its class in MAPS/KEY.npy, and prints how many
strokes are alike.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
import sys

import numpy as np

# The codec alone: the package around it wants a hundred megabytes of others.
(place,) = [file for file in importlib.metadata.files("label-studio-sdk") if str(file).endswith("converter/brush.py")]
spec = importlib.util.spec_from_file_location("brush", place.locate())
brush = importlib.util.module_from_spec(spec)
spec.loader.exec_module(brush)

tasks, classes, maps = sys.argv[1:]
ids = {entry["name"]: entry["id"] for entry in json.loads(pathlib.Path(classes).read_text())["classes"]}
alike = 0
for task in json.loads(pathlib.Path(tasks).read_text()):
    labels = np.load(pathlib.Path(maps) / (pathlib.Path(task["data"]["image"]).stem + ".npy"))
    (prediction,) = task["predictions"]
    found = {value for value in np.unique(labels) if value}
    for result in prediction["result"]:
        assert (result["from_name"], result["to_name"], result["type"]) == ("label", "image", "brushlabels")
        size = (result["original_height"], result["original_width"])
        mask = brush.decode_rle(result["value"]["rle"]).reshape(*size, 4)[..., 3] > 0
        (label,) = result["value"]["brushlabels"]
        assert (mask == (labels == ids[label])).all(), (task["data"], label)
        found.remove(ids[label])
        alike += 1
    assert not found, (task["data"], found)
print(alike)

"""Makes precision.safetensors: random objects and detections, COCO's twelve figures of them by pycocotools and VOC's
average precision of each class by the devkit's rule.

    python3 java/test/resources/golden/precision.py

Made with pycocotools 2.0.11. Coordinates are quarters of pixels. The first half of the sets has no difficult objects, so
that nothing differs from COCO; the difficult ones of the others are ignored as crowds are, but with the plain IoU.
"""

import contextlib
import io
import json
import pathlib

import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from safetensors.numpy import save_file

SETS = 20


class Evaluation(COCOeval):
    """With crowds' IoU for crowds alone, though difficult objects are ignored and may be found often as they may."""

    def computeIoU(self, image, category):
        p = self.params
        objects, found = self._gts[image, category], self._dts[image, category]
        if not objects and not found:
            return []
        order = np.argsort([-d["score"] for d in found], kind="mergesort")[: p.maxDets[-1]]
        boxes = [found[i]["bbox"] for i in order]
        return mask.iou(boxes, [o["bbox"] for o in objects], [o["group"] for o in objects])


def overlap(a, b):
    """Of (left, top, right, bottom): the devkit's with inclusive pixels is the same of their outer edges."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def voc(objects, found, classes):
    """VOCevaldet.m and VOCap.m of the devkit from 2010 on; -1 for a class without objects that count."""
    figures = []
    for k in range(1, classes):
        those = [o for o in objects if o[1] == k]
        positives = sum(not (o[6] or o[7]) for o in those)
        if positives == 0:
            figures.append(-1.0)
            continue
        mine = [d for d in found if d[1] == k]
        mine = [mine[i] for i in np.argsort([-d[6] for d in mine], kind="stable")]
        taken, true, false = set(), np.zeros(len(mine)), np.zeros(len(mine))
        for i, d in enumerate(mine):
            best, at = -1.0, None
            for j, o in enumerate(those):
                if o[0] == d[0] and overlap(d[2:6], o[2:6]) > best:
                    best, at = overlap(d[2:6], o[2:6]), j
            if best < 0.5:
                false[i] = 1
            elif not (those[at][6] or those[at][7]):
                (false if at in taken else true)[i] = 1
                taken.add(at)
        true, false = np.cumsum(true), np.cumsum(false)
        recall = np.concatenate(([0], true / positives, [1]))
        with np.errstate(invalid="ignore"):
            precision = np.concatenate(([0], np.nan_to_num(true / (true + false)), [0]))
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        steps = np.nonzero(recall[1:] != recall[:-1])[0] + 1
        figures.append(float(np.sum((recall[steps] - recall[steps - 1]) * precision[steps])))
    return figures


def coco(objects, areas, found, images, classes):
    truth = COCO()
    annotations = [
        dict(
            id=i + 1,
            image_id=int(o[0]) + 1,
            category_id=int(o[1]),
            bbox=[o[2], o[3], o[4] - o[2], o[5] - o[3]],
            area=float(area),
            iscrowd=int(o[6] or o[7]),
            group=int(o[6]),
        )
        for i, (o, area) in enumerate(zip(objects, areas))
    ]
    truth.dataset = dict(
        images=[dict(id=i + 1) for i in range(images)],
        annotations=annotations,
        categories=[dict(id=k) for k in range(1, classes)],
    )
    truth.createIndex()
    results = [
        dict(
            image_id=int(d[0]) + 1,
            category_id=int(d[1]),
            bbox=[d[2], d[3], d[4] - d[2], d[5] - d[3]],
            score=float(d[6]),
        )
        for d in found
    ]
    if results:
        evaluation = Evaluation(truth, truth.loadRes(results), "bbox")
    else:
        empty = COCO()
        empty.dataset = dict(images=truth.dataset["images"], annotations=[], categories=truth.dataset["categories"])
        empty.createIndex()
        evaluation = Evaluation(truth, empty, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def box(random, side):
    width, height = random.integers(8, side, 2)
    left, top = random.integers(0, 1600, 2)
    return [left, top, left + width, top + height]


def main():
    random = np.random.default_rng(1)
    tensors, configs = {}, []
    for n in range(SETS):
        images = int(random.integers(1, 9))
        classes = int(random.integers(2, 6))
        objects, found = [], []
        for image in range(images):
            if random.random() < 0.2:  # Neither objects nor detections, or detections alone.
                count = 0
            else:
                count = int(random.integers(0, 13))
            for _ in range(count):
                # The last class of every other set has no objects.
                label = int(random.integers(1, classes - (n % 2 if classes > 2 else 0)))
                crowd = random.random() < 0.1
                difficult = n >= SETS // 2 and not crowd and random.random() < 0.2
                corners = box(random, random.choice([100, 400, 1500]))
                objects.append([image, label, *corners, crowd, difficult])
                for _ in range(int(random.integers(0, 4))):
                    moved = np.array(corners) + random.integers(-1, 2, 4) * int(random.choice([1, 8, 30]))
                    if moved[2] > moved[0] and moved[3] > moved[1]:
                        other = label if random.random() < 0.9 else int(random.integers(1, classes))
                        found.append([image, other, *moved, random.integers(1, 33)])
            for _ in range(int(random.integers(0, 5)) if random.random() < 0.7 else 0):
                found.append([image, int(random.integers(1, classes)), *box(random, 600), random.integers(1, 33)])
            if n == 7:  # More than count.
                for _ in range(130):
                    found.append([image, 1, *box(random, 600), random.integers(1, 33)])
        if n == 3:
            found = []
        found = [found[i] for i in random.permutation(len(found))]
        found.sort(key=lambda d: d[0])
        objects = np.array(objects, dtype=np.int16).reshape(-1, 8)
        found = np.array(found, dtype=np.int16).reshape(-1, 7)
        scale = np.array([1, 1, 0.25, 0.25, 0.25, 0.25, 1, 1])
        truth = objects * scale
        said = found * np.array([1, 1, 0.25, 0.25, 0.25, 0.25, 1 / 32])
        given = random.integers(2, 5, len(truth)) / 4.0  # The outline's share of the box.
        areas = (truth[:, 4] - truth[:, 2]) * (truth[:, 5] - truth[:, 3]) * given
        if len(areas) > 2:
            areas[0], areas[1] = 32**2, 96**2
        tensors[f"{n}.objects"] = objects
        tensors[f"{n}.areas"] = areas
        tensors[f"{n}.found"] = found
        with contextlib.redirect_stdout(io.StringIO()):
            tensors[f"{n}.coco"] = coco(truth, areas, said, images, classes)
        tensors[f"{n}.voc"] = np.array(voc(truth, said, classes))
        configs.append(dict(images=images, classes=classes))
    folder = pathlib.Path(__file__).parent
    save_file(tensors, folder / "precision.safetensors", {"configs": json.dumps(configs)})


main()

"""Makes the binary parts of CIFAR-10 smaller than xz does, for a machine that little can be carried to, and back, without
loss: 17.4 MB a part of 10,000 images instead of 23.2.

    squeeze_cifar.py pack   data_batch_1.bin.xz data_batch_1.sq     (a .bin or a .bin.xz)
    squeeze_cifar.py unpack data_batch_1.sq     data_batch_1.bin

Red and blue become differences from green, modulo 256. Each of the three planes is predicted pixel by pixel from the left
neighbour a, the upper one b and the diagonal one c by the median of a, b and a + b - c, and what is left is compressed by
bz2: four streams, the labels first, each after its length in four bytes. Needs numpy.
"""
import bz2
import lzma
import os
import sys

import numpy as np

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE


def predict(plane, x, y):
    """Pixel (y, x) of every image, from its neighbours that come before it."""
    if x == 0 and y == 0:
        return np.zeros(len(plane), np.int16)
    if y == 0:
        return plane[:, y, x - 1]
    if x == 0:
        return plane[:, y - 1, x]
    a, b, c = plane[:, y, x - 1], plane[:, y - 1, x], plane[:, y - 1, x - 1]
    low, high = np.minimum(a, b), np.maximum(a, b)
    return np.where(c >= high, low, np.where(c <= low, high, a + b - c))


def signed(values):
    """Differences modulo 256, around zero."""
    return (((values + 128) & 255) - 128).astype(np.int16)


def pixels():
    return ((x, y) for y in range(SIDE) for x in range(SIDE))


def pack(source):
    with (lzma.open if source.endswith(".xz") else open)(source, "rb") as f:
        raw = f.read()
    if not raw or len(raw) % RECORD:
        sys.exit(f"{source} has {len(raw)} bytes; expected a part of CIFAR-10, {RECORD} bytes an image")
    records = np.frombuffer(raw, np.uint8).reshape(-1, RECORD)
    red, green, blue = records[:, 1:].reshape(-1, 3, SIDE, SIDE).astype(np.int16).transpose(1, 0, 2, 3)
    streams = [records[:, 0].tobytes()]
    for plane in (green, signed(red - green), signed(blue - green)):
        rest = np.empty(plane.shape, np.uint8)
        for x, y in pixels():
            rest[:, y, x] = (plane[:, y, x] - predict(plane, x, y)) & 255
        streams.append(rest.tobytes())
    packed = [bz2.compress(stream, 9) for stream in streams]
    return b"".join(len(p).to_bytes(4, "little") + p for p in packed)


def unpack(source):
    streams = []
    with open(source, "rb") as f:
        while head := f.read(4):
            streams.append(np.frombuffer(bz2.decompress(f.read(int.from_bytes(head, "little"))), np.uint8))
    if len(streams) != 4:
        sys.exit(f"{source} holds {len(streams)} streams; expected 4, as `pack` writes them")
    labels, planes = streams[0], []
    for stream in streams[1:]:
        rest = stream.reshape(-1, SIDE, SIDE)
        plane = np.zeros(rest.shape, np.int16)
        for x, y in pixels():
            value = (predict(plane, x, y) + rest[:, y, x]) & 255
            plane[:, y, x] = signed(value) if planes else value
        planes.append(plane)
    green, red, blue = planes
    images = np.stack([red + green, green, blue + green], 1) & 255
    return np.concatenate([labels[:, None], images.astype(np.uint8).reshape(len(labels), -1)], 1).tobytes()


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
        sys.exit(__doc__)
    result = (pack if sys.argv[1] == "pack" else unpack)(sys.argv[2])
    with open(sys.argv[3] + ".part", "wb") as f:
        f.write(result)
    os.replace(sys.argv[3] + ".part", sys.argv[3])


if __name__ == "__main__":
    main()

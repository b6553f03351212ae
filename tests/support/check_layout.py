# Walks layouts from index.json: every descriptor's target is there, has its size and its digest, and every config's
# diff IDs are the digests of its uncompressed layers. A signed schema 1 manifest is named by its file's hash.
import gzip
import hashlib
import json
import os
import subprocess
import sys


def name(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def stored(root, digest):
    with open(os.path.join(root, "blobs", *digest.split(":")), "rb") as file:
        return file.read()


def blob(root, descriptor):
    data = stored(root, descriptor["digest"])
    assert len(data) == descriptor["size"], (root, "size", descriptor, len(data))
    assert name(data) == descriptor["digest"], (root, "digest", descriptor)
    return data


def plain(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def walk(root, descriptor):
    document = json.loads(blob(root, descriptor))
    for child in document.get("manifests", []):
        walk(root, child)
    if "config" in document:
        config = json.loads(blob(root, document["config"]))
        found = [name(plain(blob(root, layer))) for layer in document["layers"]]
        assert found == config["rootfs"]["diff_ids"], (root, "diff ids", found, config["rootfs"])
    for layer in document.get("fsLayers", []):
        assert name(stored(root, layer["blobSum"])) == layer["blobSum"], (root, layer)
    for history in document.get("history", []):
        json.loads(history["v1Compatibility"])


for root in sys.argv[1:]:
    with open(os.path.join(root, "index.json")) as file:
        for descriptor in json.load(file)["manifests"]:
            walk(root, descriptor)

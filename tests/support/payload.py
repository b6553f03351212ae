# Rebuilds the payload of a signed schema 1 manifest: its first bytes, and the tail that the signature moved.
import base64
import json
import sys


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


with open(sys.argv[1], "rb") as file:
    data = file.read()
protected = json.loads(decoded(json.loads(data)["signatures"][0]["protected"]))
sys.stdout.buffer.write(data[: protected["formatLength"]] + decoded(protected["formatTail"]))

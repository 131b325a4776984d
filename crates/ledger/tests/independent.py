"""Proves a ledger export with Python's standard library, written from README.md alone.

Usage: python3 independent.py FILE. Exit code 0 when proven, 1 when not. The signatures are checked when
the `cryptography` package is there; without it, that part is left out and the output says so.
"""
import base64
import hashlib
import json
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None


class NotProven(Exception):
    pass


def need(holds, why):
    if not holds:
        raise NotProven(why)


def sha256(data):
    return hashlib.sha256(data).digest()


def root(leaves):
    """RFC 6962 section 2.1, without recursion: fold equal subtrees as they fill."""
    if not leaves:
        return sha256(b"")
    stack = []  # (height, hash)
    for leaf in leaves:
        stack.append((0, leaf))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            height, right = stack.pop()
            _, left = stack.pop()
            stack.append((height + 1, sha256(b"\x01" + left + right)))
    _, top = stack.pop()
    while stack:
        _, left = stack.pop()
        top = sha256(b"\x01" + left + top)
    return top


def read_key(text, origin):
    name, key_id, key = text.split("+", 2)
    key = base64.b64decode(key, validate=True)
    need(name == origin, "a key is of another ledger")
    need(len(key) == 33 and key[0] == 1, "a key is not Ed25519")
    need(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "a key's id does not fit")
    return bytes.fromhex(key_id), key[1:]


def open_note(note, keys, origin):
    """The text of a signed note that bears exactly one signature by each of the keys."""
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    need(signatures.endswith("\n"), "a note is cut off")
    lines = signatures[:-1].split("\n")
    need(len(lines) == len(keys), "a note has too few or too many signatures")
    wanted = dict(read_key(key, origin) for key in keys)
    for line in lines:
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        need(dash == "\u2014" and name == origin, "a signature is by another name")
        public = wanted.pop(blob[:4], None)
        need(public is not None, "a signature is by another key")
        if Ed25519PublicKey is not None:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())
            except InvalidSignature:
                raise NotProven("a signature does not fit") from None
    return text.split("\n")


def check_values(place, entry, waiting):
    commits = entry.get("commits", {})
    values = place["values"]
    need(set(commits) == set(values), f"entry {place['index']}: values and commitments differ in name")
    for name, value in values.items():
        where = f"entry {place['index']}, value {name}"
        if isinstance(value, str):
            need(value in ("disposed", "withheld"), f"{where}: unknown word")
        elif "disposed" in value:
            waiting.setdefault(value["disposed"], where)
        else:
            data = value["text"].encode() if "text" in value else bytes.fromhex(value["hex"])
            random = bytes.fromhex(value["random"])
            need(len(random) == 32, f"{where}: not 32 random bytes")
            need(sha256(random + data).hex() == commits[name], f"{where}: changed")


def check_entry(place, line, seen, waiting):
    index = place["index"]
    need(sha256(b"\x00" + line).hex() == place["leaf"], f"entry {index}: changed")
    entry = json.loads(line)
    need(entry["v"] == 1, f"entry {index}: unknown version")
    need(entry["id"] not in seen, f"entry {index}: stands twice")
    seen[entry["id"]] = entry["force"]
    need(len(set(seen.values())) == 1, f"entry {index}: of another force")
    for found in [entry["id"], *entry.get("ids", {}).values()]:
        waiting.pop(found, None)
    check_values(place, entry, waiting)


def prove(data):
    need(data.endswith(b"\n"), "the file is cut off")
    lines = data[:-1].split(b"\n")
    header = json.loads(lines[0])
    origin, keys = header["origin"], header["keys"]
    need(header["format"] == "bluelamp-ledger-export/1", "unknown format")
    need(len(keys) == len(header["rotations"]) + 1, "keys and rotations do not make a chain")
    need(len(set(keys)) == len(keys), "a key comes twice")
    signed = []
    for old, new, note in zip(keys, keys[1:], header["rotations"]):
        text = open_note(note, [old, new], origin)
        need(text[:4] == [origin, "key rotation", old, new] and len(text) == 7, "a rotation does not join its keys")
        signed.append((int(text[4]), text[5]))
    text = open_note(header["checkpoint"], [keys[-1]], origin)
    need(text[0] == origin and len(text) == 4, "the checkpoint is of another ledger")
    signed.append((int(text[1]), base64.b64decode(text[2], validate=True).hex()))
    need(signed == sorted(signed, key=lambda s: s[0]), "rotations are out of order")

    leaves, seen, waiting, rest = [], {}, {}, iter(lines[1:])
    for line in rest:
        place = json.loads(line)
        need(place["index"] == len(leaves), f"place {len(leaves)} is missing or out of order")
        leaves.append(bytes.fromhex(place["leaf"]))
        if "values" in place:
            check_entry(place, next(rest, b""), seen, waiting)
    need(not waiting, f"a disposal is not on the ledger: {waiting}")
    need(len(leaves) == signed[-1][0], "the number of entries is not the signed one")
    for size, want in signed:
        need(root(leaves[:size]).hex() == want, f"the root over {size} entries is not the signed one")
    return f"{len(leaves)} entries, root {root(leaves).hex()}"


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        found = prove(data)
    except (NotProven, ValueError, KeyError, TypeError, AttributeError) as why:
        print(f"not proven: {why}")
        return 1
    signatures = "signatures checked" if Ed25519PublicKey else "signatures NOT checked: no `cryptography` package here"
    print(f"proven: {found}; {signatures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Holds every line of a file of JSON objects against a JSON Schema.

usage: schema.py SCHEMA FILE
exit   0 all fit, 1 one does not, 77 no jsonschema module
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no Python module jsonschema")
    sys.exit(77)


def no_constant(name):
    raise ValueError("not JSON: " + name)


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key comes twice in " + ", ".join(keys))
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = count = 0
    with open(sys.argv[2], "rb") as f:
        for number, line in enumerate(f, 1):
            value = json.loads(line.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=no_duplicates)
            for error in validator.iter_errors(value):
                where = "/".join(str(part) for part in error.absolute_path)
                print(f"{sys.argv[2]}:{number}: {where}: {error.message}")
                bad += 1
            count += 1
    print(f"{count} lines, {bad} mistakes")
    return 1 if bad or not count else 0


sys.exit(main())

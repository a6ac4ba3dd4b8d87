#!/usr/bin/python3
"""Validates JSON lines against a JSON schema.

usage: validate.py SCHEMA FILE [FILE ...]

Every line must be one JSON object (RFC 8259, UTF-8) that fits the schema. Mistakes go to standard error, at most ten.
Exit status 0 when all lines fit and there was at least one, 1 otherwise.
"""
import json
import sys

import jsonschema


def main(schema_path, paths):
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    validator = cls(schema)
    lines = mistakes = 0
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                lines += 1
                try:
                    found = [e.message + " at /" + "/".join(map(str, e.path)) for e in validator.iter_errors(json.loads(line))]
                except ValueError as e:
                    found = [str(e)]
                for message in found:
                    mistakes += 1
                    if mistakes <= 10:
                        print(f"{path}:{number}: {message[:300]}", file=sys.stderr)
    print(f"{lines} lines, {mistakes} mistakes")
    return 0 if lines and not mistakes else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))

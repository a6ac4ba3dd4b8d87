#!/usr/bin/python3
"""Runs an ingest pipeline of Elasticsearch over alerts and looks at what comes out.

usage: elastic.py PIPELINE TEMPLATE JSON-LINES

Knows the processors the pipeline uses (https://www.elastic.co/docs/reference/enrich-processor/: date, rename, lowercase, set, remove),
as their manual says. Each alert must come out with the fields of the Elastic Common Schema below, none of them of two kinds, and
nothing at the top that the schema does not know but "sekisho". A "rename" without ignore_missing must always find its field.
"""
import collections
import ipaddress
import json
import re
import sys

ALWAYS = {"@timestamp": str, "ecs.version": str, "event.kind": str, "event.category": list, "event.id": str, "event.reason": str,
          "event.severity": int, "message": str, "rule.id": str, "rule.name": str, "rule.category": str, "rule.version": str,
          "threat.technique.id": list, "observer.name": str, "network.transport": str, "source.ip": str, "destination.ip": str}
SOMETIMES = {"url.original", "url.domain", "http.request.method", "user_agent.original", "dns.question.name", "tls.client.server_name",
             "source.port", "destination.port", "network.community_id", "network.protocol", "threat.group.name", "file.path"}
TOP = {"@timestamp", "ecs", "event", "message", "rule", "threat", "observer", "network", "source", "destination", "url", "http", "user_agent",
       "dns", "tls", "file", "sekisho"}


def get(doc, path):
    for name in path.split("."):
        if isinstance(doc, list):
            doc = doc[int(name)] if int(name) < len(doc) else None
        elif isinstance(doc, dict):
            doc = doc.get(name)
        else:
            return None
    return doc


def put(doc, path, value):
    *names, last = path.split(".")
    for name in names:
        doc = doc.setdefault(name, {})
        if not isinstance(doc, dict):
            raise ValueError(f"{path}: {name} is no object")
    doc[last] = value


def drop(doc, path):
    *names, last = path.split(".")
    parent = get(doc, ".".join(names)) if names else doc
    return parent.pop(last)


def run(doc, kind, p):
    if kind == "date":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}", doc[p["field"]]):
            raise ValueError(f"no ISO 8601 time: {doc[p['field']]}")
        put(doc, "@timestamp", doc[p["field"]])
    elif kind == "rename":
        if get(doc, p["field"]) is None:
            if not p.get("ignore_missing"):
                raise ValueError(f"no field {p['field']}")
            return
        if get(doc, p["target_field"]) is not None:
            raise ValueError(f"{p['target_field']} is there already")
        put(doc, p["target_field"], drop(doc, p["field"]))
    elif kind == "lowercase":
        put(doc, p["target_field"], get(doc, p["field"]).lower())
    elif kind == "set":
        value = get(doc, p["copy_from"]) if "copy_from" in p else p["value"]
        if isinstance(value, str) and (m := re.fullmatch(r"\{\{\{(.*)\}\}\}", value)):
            value = get(doc, m[1])
            value = "" if value is None else str(value)
        if value in (None, ""):
            if not p.get("ignore_empty_value"):
                raise ValueError(f"nothing for {p['field']}")
            return
        put(doc, p["field"], value)
    elif kind == "remove":
        for field in p["field"]:
            if get(doc, field) is None and not p.get("ignore_missing"):
                raise ValueError(f"no field {field}")
            doc.pop(field, None)
    else:
        raise ValueError(f"unknown processor {kind}")


def main(pipeline, template, lines):
    with open(pipeline, encoding="utf-8") as f:
        steps = [next(iter(s.items())) for s in json.load(f)["processors"]]
    with open(template, encoding="utf-8") as f:
        if json.load(f)["template"]["mappings"]["properties"]["source"]["properties"]["ip"]["type"] != "ip":
            return "the template has no addresses"
    seen, cnt = collections.Counter(), 0
    with open(lines, encoding="utf-8") as f:
        for line in f:
            doc = json.loads(line)
            for kind, parameters in steps:
                run(doc, kind, parameters)
            for path, wanted in ALWAYS.items():
                if not isinstance(get(doc, path), wanted):
                    return f"{path} is {get(doc, path)!r} in {line[:200]}"
            if set(doc) - TOP:
                return f"not of ECS: {set(doc) - TOP}"
            ipaddress.ip_address(get(doc, "source.ip"))
            seen.update(p for p in SOMETIMES if get(doc, p) is not None)
            cnt += 1
    if SOMETIMES - set(seen):
        return f"never filled: {SOMETIMES - set(seen)}"
    print(f"{cnt} alerts")
    return 0 if cnt else "no alerts"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))

#!/usr/bin/python3
"""A reader of a group, with redis-py (Debian: python3-redis): each alert at least once, also what a reader that died had taken.

usage: consume_redis_py.py URL STREAM GROUP CONSUMER        sekisho -o 'redis://127.0.0.1/?key=alerts&type=stream'
"""
import json
import sys

import redis

IDLE_MS = 30000			# after this, what another reader has not acknowledged is taken over


def handle(alert):
    print(alert["sekisho"]["id"], alert["alert"]["signature"], flush=True)


def main(url, stream, group, consumer):
    r = redis.Redis.from_url(url, decode_responses=True)
    try:
        r.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.ResponseError as e:
        if not str(e).startswith("BUSYGROUP"):
            raise
    while True:
        left = [p["message_id"] for p in r.xpending_range(stream, group, "-", "+", 100, idle=IDLE_MS)]
        entries = r.xclaim(stream, group, consumer, IDLE_MS, left) if left else []
        entries += [x for _, read in r.xreadgroup(group, consumer, {stream: ">"}, count=100, block=1000) for x in read]
        for entry, fields in entries:
            event = json.loads(fields["eve"]) if fields else {}
            if event.get("event_type") == "alert":
                handle(event)		# may see an alert twice: sekisho.id tells
            r.xack(stream, group, entry)


if __name__ == "__main__":
    main(*sys.argv[1:5])

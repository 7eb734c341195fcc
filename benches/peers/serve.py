"""Drives one engine over a pipe: a line of JSON in, a line of JSON out. Times are taken in here, so that neither
start-up nor the pipe counts."""

import json
import sys
import time


def serve(prepare):
    """`prepare` makes of a job's input a function that does it, and one that turns what it gives into bytes."""
    jobs = {}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        key = command["id"]
        answer = {}
        if command["do"] == "load":
            jobs = {key: prepare(command)}
        elif command["do"] == "result":
            job, to_bytes = jobs[key]
            with open(command["output"], "wb") as file:
                file.write(to_bytes(job()))
        else:
            job, _ = jobs[key]
            start = time.perf_counter()
            for _ in range(command["rounds"]):
                job()
            answer = {"seconds": (time.perf_counter() - start) / command["rounds"]}
        print(json.dumps(answer), flush=True)

"""The same program as app.cjs with Python's RotatingFileHandler, which rolling files are modelled on."""

import json
import logging
import os
import resource
import sys
import time
from logging.handlers import RotatingFileHandler

task = json.loads(sys.argv[1])
BURST = 200
PAUSE_S = 0.004
FILLING = "x" * 104


class JsonLines(logging.Formatter):
    def format(self, record):
        return json.dumps(
            {
                "level": record.levelname,
                "time": self.formatTime(record),
                "pid": record.process,
                "n": record.args["n"],
                "msg": record.msg,
            }
        )


path = os.path.join(task["directory"], "bench.log")
handler = RotatingFileHandler(path, maxBytes=task["maxBytes"], backupCount=task["backups"])
handler.setFormatter(JsonLines())
logger = logging.getLogger("bench")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(handler)


def message(n):
    return f"<{task['process']}-{n:07d} {FILLING}>"


def paced(start, count):
    for n in range(count):
        logger.info(message(start + n), {"n": start + n})
        if n % BURST == BURST - 1:
            time.sleep(PAUSE_S)


def cpu_us(who):
    usage = resource.getrusage(who)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def cost():
    warmup, lines, at_once = task["warmup"], task["lines"], task["atOnce"]
    paced(0, warmup)
    before = (cpu_us(resource.RUSAGE_THREAD), cpu_us(resource.RUSAGE_SELF))
    paced(warmup, lines)
    after = (cpu_us(resource.RUSAGE_THREAD), cpu_us(resource.RUSAGE_SELF))
    start = time.monotonic()
    for n in range(at_once):
        logger.info(message(n), {"n": warmup + lines + n})
    seconds = time.monotonic() - start
    result = {
        "threadUs": (after[0] - before[0]) / lines,
        "processUs": (after[1] - before[1]) / lines,
        "linesPerSecond": at_once / seconds,
    }
    with open(task["result"], "w", encoding="utf-8") as file:
        json.dump(result, file)


if task["kind"] == "cost":
    cost()
elif task["kind"] == "loss":
    paced(0, task["lines"])
else:
    for number in range(task["lines"]):
        logger.info(message(number), {"n": number})
    sys.exit(0)

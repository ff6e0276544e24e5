"""GETs with Scrapy: fetch_scrapy.py URL CONNECTIONS SECONDS. Prints one line of JSON, counted after a warm-up."""

import json
import os
import resource
import sys
import time

import scrapy
from scrapy.crawler import CrawlerProcess

url, connections, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Fetch(scrapy.Spider):
    name = "fetch"
    answers = 0
    first = window = None

    async def start(self):
        for request in self.start_requests():
            yield request

    def start_requests(self):
        for _ in range(2 * connections):
            yield scrapy.Request(url, dont_filter=True)

    def parse(self, response):
        now = time.monotonic()
        self.answers += 1
        self.first = self.first or now
        if self.window is None and now - self.first > 1:
            self.window = (now, self.answers, processor_seconds())
        elif self.window and now - self.window[0] > seconds:
            start, answers, processor = self.window
            figures = {
                "n": self.answers - answers,
                "secs": now - start,
                "cpu": processor_seconds() - processor,
                "err": 0,
            }
            print(json.dumps(figures), flush=True)
            os._exit(0)
        yield scrapy.Request(url, dont_filter=True)


process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": connections,
        "CONCURRENT_REQUESTS_PER_DOMAIN": connections,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Fetch)
process.start()

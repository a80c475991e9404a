"""
Single transfers by django-hordak as its documentation has them, by processes that do nothing else.

    DATABASE_URL=... PYTHON bench/money/peer.py PROCESSES SECONDS    (SECONDS = 0: only its tables and accounts)

PYTHON is of an environment of its own with django-hordak and psycopg. Prints transfers a second.
"""

import multiprocessing
import os
import random
import sys
import time
from urllib.parse import urlsplit

import django
from django.conf import settings


def ready() -> None:
    at = urlsplit(os.environ["DATABASE_URL"])
    there = {"NAME": at.path[1:], "USER": at.username, "PASSWORD": at.password, "HOST": at.hostname, "PORT": at.port}
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "hordak"],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, **there}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    django.setup()


def lay_out() -> None:
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    for number in range(1_000):
        Account.objects.create(name=f"a{number}", code=str(number), type=AccountType.asset, currencies=["CNY"])


def transfer(seconds: float, together: "multiprocessing.Barrier", done: "multiprocessing.Queue[int]") -> None:
    ready()
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    accounts = list(Account.objects.order_by("id"))
    together.wait()
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        with transaction.atomic():
            accounts[random.randrange(500, 1_000)].transfer_to(accounts[random.randrange(500)], Money(1, "CNY"))
        count += 1
    done.put(count)


def main() -> None:
    processes, seconds = int(sys.argv[1]), float(sys.argv[2])
    if not seconds:
        ready()
        lay_out()
        return
    own = multiprocessing.get_context("spawn")
    together, done = own.Barrier(processes), own.Queue()
    working = [own.Process(target=transfer, args=(seconds, together, done)) for _ in range(processes)]
    for process in working:
        process.start()
    count = sum(done.get() for _ in working)
    for process in working:
        process.join()
    print(count / seconds)


if __name__ == "__main__":
    main()

"""Django settings of the comparison: django-post_office on the same databases and the same sink."""

import os
from urllib.parse import parse_qs, urlsplit

_url = urlsplit(os.environ["BENCH_DATABASE"])

SECRET_KEY = "for-measuring-only"
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office"]
USE_TZ = True
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _url.path, "OPTIONS": {"timeout": 20}}
    if _url.scheme == "sqlite"
    else {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.removeprefix("/"),
        "USER": _url.username,
        "HOST": parse_qs(_url.query)["host"][0],
    }
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["BENCH_SMTP_PORT"])
POST_OFFICE = {
    "BATCH_SIZE": int(os.environ["BENCH_BATCH_SIZE"]),
    "THREADS_PER_PROCESS": int(os.environ["BENCH_THREADS"]),
    "BATCH_DELIVERY_TIMEOUT": 3600,
    "LOG_LEVEL": 0,
    "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
}

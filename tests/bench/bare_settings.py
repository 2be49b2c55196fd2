"""The product's settings with nothing of the product in the way: the bench's references."""

import os

from afterglow.config import settings

globals().update({name: value for name, value in vars(settings).items() if name.isupper()})
ROOT_URLCONF = "bench.bare_urls"
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]  # allauth does not start without it
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.environ.get("AFTERGLOW_BENCH_TEMPLATES", "")],
    }
]

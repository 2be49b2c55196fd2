"""The product's settings with nothing of the product in the way: the bench's references."""

from afterglow.config import settings

globals().update({name: value for name, value in vars(settings).items() if name.isupper()})
ROOT_URLCONF = "bench.bare_urls"
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]  # allauth does not start without it

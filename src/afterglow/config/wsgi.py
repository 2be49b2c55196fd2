"""Django as WSGI: what serves every page. Live streams do not pass here (see asgi)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterglow.config.settings")
application = get_wsgi_application()

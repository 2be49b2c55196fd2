"""Django's settings. Everything a site may change comes from afterglow.config.env."""

from __future__ import annotations

import secrets
from pathlib import Path

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from afterglow.config import env
from afterglow.web import assets

django_stubs_ext.monkeypatch()

PACKAGE = Path(__file__).resolve().parent.parent
REPOSITORY = PACKAGE.parent.parent
DATA = env.data_folder()
DEBUG = env.flag("AFTERGLOW_DEBUG")
DEMO = env.flag("AFTERGLOW_DEMO")
ORIGIN = env.read("AFTERGLOW_ORIGIN")


def _secret_key() -> str:
    """Return the signing key; without one in the environment, make it once in the data folder."""
    if given := env.read("AFTERGLOW_SECRET_KEY"):
        return given
    path = DATA / "secret_key"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.read("AFTERGLOW_HOSTS").split(",")
CSRF_TRUSTED_ORIGINS = [ORIGIN]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "afterglow.web",
    # the base
    "afterglow.apps.audit",
    "afterglow.apps.events",
    "afterglow.apps.definitions",
    "afterglow.apps.documents",
    "afterglow.apps.work",
    "afterglow.apps.notices",
    # what the definitions' models predict
    "afterglow.apps.pharmacology",
    # who, where and what
    "afterglow.apps.places",
    "afterglow.apps.accounts",
    "afterglow.apps.people",
    "afterglow.apps.devices",
    "afterglow.apps.medicines",
    "afterglow.apps.evidence",
    # before
    "afterglow.apps.courses",
    "afterglow.apps.consent",
    "afterglow.apps.scheduling",
    "afterglow.apps.visits",
    # what is measured, answered, held
    "afterglow.apps.monitoring",
    "afterglow.apps.assessments",
    "afterglow.apps.stock",
    # the infusion itself
    "afterglow.apps.treatment",
    # the public face
    "afterglow.apps.frontdoor",
    # last, so that our templates come before theirs
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "afterglow.apps.frontdoor.middleware.KeptPages",  # first: a kept page asks nothing else
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "afterglow.web.middleware.SecurityHeaders",
    "afterglow.apps.accounts.middleware.ChosenLanguage",
    "afterglow.apps.accounts.middleware.CurrentSite",
    "afterglow.apps.accounts.middleware.LockedScreen",
    "afterglow.apps.accounts.middleware.SecondFactor",
    "afterglow.apps.accounts.middleware.Refusals",
    "afterglow.apps.frontdoor.middleware.MovedAddresses",
]

ROOT_URLCONF = "afterglow.config.urls"
WSGI_APPLICATION = "afterglow.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "afterglow.web.context_processors.page",
            ],
        },
    }
]

DATABASES = {
    "default": env.database(env.read("DATABASE_URL") or "postgresql:///afterglow"),
}
if owner := env.read("AFTERGLOW_OWNER_DATABASE_URL"):
    DATABASES["owner"] = env.database(owner) | {"TEST": {"MIRROR": "default"}}

MAIL = env.mail(env.read("AFTERGLOW_MAIL_URL"))
EMAIL_BACKEND = MAIL.backend
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS = MAIL.tls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = MAIL.sender

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AFTERGLOW_GATEWAY_HOST = env.read("AFTERGLOW_GATEWAY_HOST")
AFTERGLOW_GATEWAY_PORT = int(env.read("AFTERGLOW_GATEWAY_PORT"))
AFTERGLOW_GATEWAY_ALLOW = env.read("AFTERGLOW_GATEWAY_ALLOW")
AFTERGLOW_GATEWAY_RATE = int(env.read("AFTERGLOW_GATEWAY_RATE"))
AFTERGLOW_GATEWAY_CERT = env.read("AFTERGLOW_GATEWAY_CERT")
AFTERGLOW_GATEWAY_KEY = env.read("AFTERGLOW_GATEWAY_KEY")
AFTERGLOW_GATEWAY_CLIENT_CA = env.read("AFTERGLOW_GATEWAY_CLIENT_CA")
# Reads a stored device message once more; the apps themselves know nothing of HL7.
AFTERGLOW_MESSAGE_READER = "afterglow.interop.hl7v2.store.read_raw"
AFTERGLOW_MESSAGE_EXPLAINER = "afterglow.interop.hl7v2.explain.explain"
AFTERGLOW_SHELL = "afterglow.apps.accounts.shell.describe"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "afterglow.apps.accounts.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ACCOUNT_LOGOUT_ON_GET = False
MFA_TOTP_ISSUER = "Afterglow"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ORIGIN.startswith("http://localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
FORMAT_MODULE_PATH = ["afterglow.web.number_formats"]  # a decimal point in every language
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = list(assets.STATICFILES_DIRS)
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ORIGIN.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if ORIGIN.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Each says at every start that it found our jobs.
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}

"""Filters: ``{{ grant.role|role_words }}``, ``{{ credential.kind|credential_words }}``."""

from __future__ import annotations

from django import template

from afterglow.apps.accounts.forms import CREDENTIAL_WORDS
from afterglow.apps.accounts.shell import ROLE_WORDS
from afterglow.core.roles import CredentialKind, Role

register = template.Library()


@register.filter
def role_words(role: str) -> str:
    """Return what a role is called in the reader's language; an empty one is nothing."""
    return str(ROLE_WORDS[Role(role)]) if role else ""


@register.filter
def credential_words(kind: str) -> str:
    """Return what a credential is called in the reader's language."""
    return str(CREDENTIAL_WORDS[CredentialKind(kind)])

"""Read products."""

from __future__ import annotations

from collections.abc import Sequence

from afterglow.apps.medicines.models import Product


def ketamine_products() -> list[Product]:
    """Return the active ketamine products that have a strength, weakest first."""
    return list(
        Product.objects.filter(
            medicine="ketamine", is_active=True, strength_mg_per_ml__isnull=False
        )
    )


def prn_products() -> list[Product]:
    """Return the active products that a clinician may give when needed."""
    return [product for product in Product.objects.filter(is_active=True) if product.prn_doses]


def product_names(keys: Sequence[str]) -> list[str]:
    """Return the products' names in the order given; a key that no product has stays as it is."""
    names = dict(Product.objects.filter(key__in=keys).values_list("key", "name"))
    return [names.get(key, key) for key in keys]

"""What is known of Django's own names, by series."""

from __future__ import annotations

import pytest

from deploylint.knowledge.djangodata import Series, has, since


@pytest.mark.parametrize(
    ("name", "series", "expected"),
    [
        ("django.middleware.common.CommonMiddleware", (3, 2), True),
        ("django.middleware.common.CommonMiddleware", None, True),
        ("django.middleware.common.CommonMidleware", (5, 2), False),
        ("django.middleware.comon.CommonMiddleware", (5, 2), False),
        ("django.middleware.csp.ContentSecurityPolicyMiddleware", (5, 2), False),
        ("django.middleware.csp.ContentSecurityPolicyMiddleware", (6, 0), True),
        ("django.middleware.csp.ContentSecurityPolicyMiddleware", None, None),
        ("django.contrib.comments", None, None),
        ("django.core.cache.backends.memcached.MemcachedCache", (4, 0), True),
        ("django.core.cache.backends.memcached.MemcachedCache", (4, 1), False),
        ("django.core.cache.backends.memcached.MemcachedCache", None, None),
        ("django.contrib.adminshop", (5, 2), False),
        ("django.contrib.authdjango.contrib.sessions", (5, 2), False),
        ("django.contrib.admin", (5, 2), True),
        ("django.contrib.auth.anything", (5, 2), None),
        ("django.db.backends.postgresql_psycopg2", (5, 2), True),
        ("django.db.backends.postgres", (5, 2), False),
        ("django.middleware.new.NewMiddleware", (99, 0), None),
        ("django.middleware.common.CommonMidleware", (1, 11), None),
        ("django.utils.anything", (5, 2), None),
        ("shop.middleware.Common", (5, 2), None),
    ],
)
def test_names(name: str, series: Series | None, expected: bool | None) -> None:
    assert has(name, series) is expected


def test_series() -> None:
    assert since("4.0", (4, 2)) is True
    assert since("4.0", (3, 2)) is False
    assert since("4.0", None) is None
    assert since("4.0", (2, 2)) is None

"""Settings of the local Superset, which ``make superset`` serves on this machine only.

Superset reads this file itself (``SUPERSET_CONFIG_PATH``). Where it keeps its own data and what it signs cookies with
come from the environment: ``SUPERSET_HOME`` and ``SUPERSET_SECRET_KEY`` (scripts/serve_superset.py sets both).
"""

# Superset's own policy lets pages ask hosts of others, among them one that counts visits. Here the browser refuses all.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

# The published copy is swapped for a newer one at any time, so no answer is kept.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

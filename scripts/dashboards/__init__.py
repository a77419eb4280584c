"""The Superset dashboards: their source, the bundle, and a Superset to show them."""

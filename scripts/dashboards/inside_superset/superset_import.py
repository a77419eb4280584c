"""Make Superset's own data, its administrator and our dashboards; runs in Superset's environment (.venv-superset).

These are the steps of ``superset db upgrade``, ``superset init``, ``superset fab create-admin`` and
``superset import-dashboards`` do, in one process, for each of them takes ten seconds to start. And it takes the bundle
as assets: ``import-dashboards`` leaves datasets and charts that are already there as they are, so that a change of ours
would never arrive.
"""

from __future__ import annotations

import os
import sys
from uuid import UUID
from zipfile import ZipFile

import yaml


def main(bundle: str, user: str) -> None:
    """Bring Superset's data up to date, make the administrator if there is none, and import the bundle."""
    from flask_migrate import upgrade
    from superset.app import create_app

    with create_app().app_context():
        upgrade()
        from superset import appbuilder, db, security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.commands.importers.v1.utils import get_contents_from_bundle
        from superset.models.slice import Slice
        from superset.utils.core import override_user

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        admin = security_manager.find_user(user) or security_manager.add_user(
            user, "Admin", "", "admin@localhost", security_manager.find_role("Admin"), os.environ["SUPERSET_PASSWORD"]
        )
        with ZipFile(bundle) as zipped:
            contents = get_contents_from_bundle(zipped)
        contents["metadata.yaml"] = yaml.safe_dump(yaml.safe_load(contents["metadata.yaml"]) | {"type": "assets"})
        with override_user(admin):
            ImportAssetsCommand(contents).run()
        # A chart of ours that is in the bundle no more would stay, and ask for columns that are gone.
        ours = [yaml.safe_load(text) for path, text in contents.items() if path.startswith("charts/")]
        charts = db.session.query(Slice).filter(Slice.certified_by == ours[0]["certified_by"])
        for chart in charts.filter(Slice.uuid.notin_([UUID(it["uuid"]) for it in ours])):
            db.session.delete(chart)
        db.session.commit()


if __name__ == "__main__":
    main(*sys.argv[1:])

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from campus_cloud.app import create_app
from campus_cloud.seed import seed
from campus_cloud.settings import Settings, read_settings
from campus_cloud.store import Store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    arguments = [
        "--database",
        str(tmp_path / "campus.db"),
        "--base-url",
        "http://127.0.0.1",
        "--retry-schedule",
        "0,0,0",
    ]
    return read_settings(arguments, {})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    # TestClient calls the app in a thread of its own, and waits for it.
    store = Store(settings.database, one_thread=False)
    seed(store, settings.api_keys)
    yield store
    store.close()


@pytest.fixture
def client(settings: Settings, store: Store) -> TestClient:
    """Calls the API as the sandbox tenant. Nothing is delivered: the app's lifespan does not begin."""
    headers = {"authorization": f"Bearer {settings.api_keys['sandbox']}"}
    return TestClient(create_app(settings, store), headers=headers)

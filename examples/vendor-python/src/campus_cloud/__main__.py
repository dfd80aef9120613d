"""`python -m campus_cloud` serves the cloud until Ctrl-C."""

import dataclasses
import os
import socket
import sys

import uvicorn

from .app import create_app
from .seed import seed
from .settings import read_settings
from .store import Store


def main() -> None:
    settings = read_settings(sys.argv[1:], os.environ)
    listener = socket.create_server(settings.listen)
    if settings.base_url is None:
        host, port = listener.getsockname()
        settings = dataclasses.replace(settings, base_url=f"http://{host}:{port}")
    store = Store(settings.database)
    seed(store, settings.api_keys)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, store), log_level="warning", access_log=False))
    print(f"Serving {settings.base_url}/.well-known/vendor-cloud", flush=True)
    server.run(sockets=[listener])
    store.close()


if __name__ == "__main__":
    main()

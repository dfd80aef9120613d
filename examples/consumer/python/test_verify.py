import base64
import datetime
import json
import pathlib
import unittest
from unittest import mock

from verify import verify, verify_with_library

VECTORS = pathlib.Path(__file__).parents[3] / "spec/1.0/vectors/signatures.json"
CASES = [
    case
    for case in json.loads(VECTORS.read_text("utf-8"))["cases"]
    if case["scheme"] == "v1"
]


def at(now: int):
    """Set the clock of the library."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    return mock.patch("standardwebhooks.webhooks.datetime", Clock)


class VerifyTest(unittest.TestCase):
    def test_finds_the_vectors(self):
        self.assertGreater(len(CASES), 50)

    def test_by_hand(self):
        for case in CASES:
            with self.subTest(case["name"]):
                body = base64.b64decode(case["body_base64"])
                result = verify(case["keys"], case["headers"], body, case["now"])
                self.assertEqual(result, case["valid"], case.get("explanation"))

    def test_with_the_library(self):
        for case in CASES:
            with self.subTest(case["name"]), at(case["now"]):
                body = base64.b64decode(case["body_base64"])
                result = verify_with_library(
                    case["keys"], case["headers"], body, case["now"]
                )
                # A JSON body is always UTF-8; the library refuses any other.
                valid = case["valid"] and "body" in case
                self.assertEqual(result, valid, case.get("explanation"))


if __name__ == "__main__":
    unittest.main()

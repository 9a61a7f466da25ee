"""Object storage for tests: a server that speaks S3, on this machine, and what a test does to a bucket behind everybody's back."""

import uuid
from typing import Any

import boto3


class Bucket:
    """A bucket of its own for one test.

    Attributes:
        address: Where runs are published in it.
    """

    def __init__(self, endpoint: str) -> None:
        self._client: Any = boto3.client("s3", endpoint_url=endpoint)
        self._name = f"shop-{uuid.uuid4().hex[:12]}"
        self._client.create_bucket(Bucket=self._name)
        self.address = f"s3://{self._name}/clientele"

    def keys(self) -> list[str]:
        """What is there, below the address."""
        found = self._client.list_objects_v2(Bucket=self._name).get("Contents", [])
        return [entry["Key"].removeprefix("clientele/") for entry in found]

    def read(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._name, Key=f"clientele/{key}")["Body"].read()
        return content

    def write(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._name, Key=f"clientele/{key}", Body=content)

    def flip(self, key: str) -> None:
        """Alter one byte in the middle."""
        content = bytearray(self.read(key))
        content[len(content) // 2] ^= 1
        self.write(key, bytes(content))

    def close(self) -> None:
        self._client.close()

"""What is counted of batches, and of what came alone."""

from prometheus_client import REGISTRY

from tests.conftest import Api, becomes


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def test_patches_that_come_alone_are_counted(api: Api) -> None:
    names = ("group_commit_rows_count", "group_commit_rows_sum", "group_commit_wait_seconds_count")
    before = [counted(name) for name in names]
    for port in (25, 26, 27):
        assert (await api.patch({"port": port})).status == 200

    async def added() -> list[float]:
        return [counted(name) - old for name, old in zip(names, before, strict=True)]

    await becomes([3, 3, 3], added)

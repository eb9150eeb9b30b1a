"""Settings that all tests share."""

from steadyhand.compilation_cache import keep_compiled_programs

keep_compiled_programs()  # before JAX is imported

from steadyhand.devices import use_host_devices  # noqa: E402

use_host_devices(2)  # as jobs do, before anything computes


def pytest_collection_modifyitems(items):
    """What waits for clusters, and for studies that run once, comes first: not all at the end."""

    def rank(item):
        return not item.get_closest_marker("cluster"), item.path.parent.name != "workflow"

    items.sort(key=rank)

"""Settings that all tests share."""

from steadyhand.compilation_cache import keep_compiled_programs

keep_compiled_programs()  # before JAX is imported

from steadyhand.devices import use_host_devices  # noqa: E402

use_host_devices(2)  # as jobs do, before anything computes

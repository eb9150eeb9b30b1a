"""Settings that all tests share."""

from steadyhand.devices import use_host_devices

use_host_devices(2)  # as jobs do, before anything computes

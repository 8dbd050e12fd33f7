"""Runs timeloopfe in a Python that has it: copied into the run's folder and started there.

``python pytimeloop_call.py call_model|call_mapper INPUT.yaml …``; ends with Timeloop's exit code.
Needs nothing of this package, since that Python may not have it.
"""

import os
import signal
import sys


def main() -> int:
    from pytimeloop.timeloopfe import v4  # type: ignore[import-not-found, unused-ignore]

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the mapper, which ends its search
    call, *inputs = sys.argv[1:]
    specification = v4.Specification.from_yaml_files(*inputs)
    tables = ["ERT.yaml", "ART.yaml"]  # given, so that Accelergy is not run
    process = getattr(v4, call)(
        specification, output_dir=os.getcwd(), extra_input_files=tables, return_proc=True
    )
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())

# Configuration of the .mlir tests; lit.site.cfg.py (made by CMake) sets the paths.
import os

import lit.formats

config.name = "mlc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["models", "perf", "fuzz", "Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.mlc_build_dir, "test", "lit")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.mlc_build_dir, "bin"), config.llvm_tools_dir, config.environment["PATH"]]
)

# The packaged MLIR has no assertions, so every pass is followed by the verifier.
config.substitutions.append((r"\bmlc-opt\b", "mlc-opt --verify-each"))

if getattr(config, "has_cuda", False):
    config.available_features.add("cuda")

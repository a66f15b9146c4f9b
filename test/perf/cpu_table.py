#!/usr/bin/env python3
"""Latency of mlc, ONNX Runtime and OpenVINO on the models of models/zoo, on this machine's CPU, as a table.

usage: tools/dev/bench [--models NAME,...] [--threads 1,2] [--batch 1,8] [--rounds N] [--seconds S] [--out DIR] [--mlc FILE]

One run measures everything, in rounds: in each round every system runs for --seconds, one after the other, and the round counts with its
median; a cell is the median of the rounds, so that a machine that slows down for a while slows all systems alike. Each system
gets its best case: shapes fixed when it compiles, f32, the same input, outputs in memory that it already has. mlc's result is
compared with ONNX Runtime's before it is timed. Writes DIR/cpu-<date>-<commit>.md and .jsonl.
"""
import argparse
import datetime
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time

import numpy as np
import onnxruntime
import openvino

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ZOO = os.path.join(ROOT, "build", "zoo")
WORK = os.path.join(ROOT, "build", "perf")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "test", "models"))
import make_cases  # noqa: E402

PAUSE = 0.1  # seconds between systems: a thread pool that still spins would take a core from the next one
LIMIT = 600  # seconds for one mlc command: a hang becomes an entry in the table
SYSTEMS = ("mlc", "onnxruntime", "openvino")


class Case:
    """One model at one batch size: its input, the values of its symbolic dims, and ONNX Runtime's output."""

    def __init__(self, model, batch):
        self.model, self.batch = model, batch
        self.path = os.path.join(ZOO, model, "model.onnx")
        shape = (batch, *make_cases.SHAPES[model][0][1:])
        self.dims = {"batch": batch}
        if model in make_cases.VOCABULARY:
            self.dims["seq"] = shape[1]
        self.x = make_cases.make_input(model, 0, shape)
        session = onnxruntime.InferenceSession(self.path, providers=["CPUExecutionProvider"])
        self.input, self.output = session.get_inputs()[0].name, session.get_outputs()[0].name
        self.y = session.run(None, {self.input: self.x})[0]
        with open(os.path.join(ZOO, model, "tolerance.txt")) as f:
            self.rtol, self.atol = f.read().split()
        self.stem = os.path.join(WORK, f"{model}.b{batch}")
        np.save(self.stem + ".x.npy", self.x)
        np.save(self.stem + ".y.npy", self.y)


def median_ms(call, seconds):
    """The median time of a call in a stretch of the given length, in milliseconds; three calls at least."""
    call()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


class OnnxRuntime:
    def __init__(self, case, threads, options):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
        for name, value in case.dims.items():
            settings.add_free_dimension_override_by_name(name, value)
        start = time.perf_counter()
        session = onnxruntime.InferenceSession(case.path, settings, providers=["CPUExecutionProvider"])
        self.compile_s = time.perf_counter() - start
        binding = session.io_binding()
        binding.bind_cpu_input(case.input, case.x)
        binding.bind_ortvalue_output(case.output, onnxruntime.OrtValue.ortvalue_from_numpy(np.empty_like(case.y)))
        self.call = lambda: session.run_with_iobinding(binding)

    def round_ms(self, seconds):
        return median_ms(self.call, seconds)


class OpenVino:
    def __init__(self, case, threads, options):
        core = openvino.Core()
        start = time.perf_counter()
        model = core.read_model(case.path)
        model.reshape(list(case.x.shape))
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": threads})
        self.compile_s = time.perf_counter() - start
        request = compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(case.x, shared_memory=True))

        def call():
            request.start_async()
            request.wait()
        self.call = call

    def round_ms(self, seconds):
        return median_ms(self.call, seconds)


class Mlc:
    """Runs as its users run it: compile once, then the bench command; each round is a process of its own."""

    def __init__(self, case, threads, options):
        if not os.path.exists(options.mlc):
            raise RuntimeError("not built")
        self.mlc, self.threads = options.mlc, threads
        self.artifact = case.stem + ".so"
        dims = [word for name, value in case.dims.items() for word in ("--dim", f"{name}={value}")]
        start = time.perf_counter()
        self.run("compile", case.path, "-o", self.artifact, *dims)
        self.compile_s = time.perf_counter() - start
        self.input = ["--input", f"{case.input}=@{case.stem}.x.npy"]
        self.run("run", self.artifact, *self.input, "--expected", f"{case.output}=@{case.stem}.y.npy",
                 "--rtol", case.rtol, "--atol", case.atol)

    def run(self, verb, *arguments):
        command = [self.mlc, verb, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT)
        if result.returncode:
            last = (result.stderr.strip() or result.stdout.strip() or "no message").splitlines()[0]
            raise RuntimeError(f"mlc {verb} ended with {result.returncode}: {last}")
        return result.stdout

    def round_ms(self, seconds):
        text = self.run("bench", self.artifact, "--threads", str(self.threads), *self.input,
                        "--warmup", "1", "--duration", f"{seconds:g}", "--json")
        return float(json.loads(text)["p50_ms"])


def measure(case, threads, options):
    """One row per system; a system that fails gets a row with its error, and the others go on."""
    makers = {"mlc": Mlc, "onnxruntime": OnnxRuntime, "openvino": OpenVino}
    rows, ready = [], {}
    for name in SYSTEMS:
        row = dict(model=case.model, batch=case.batch, threads=threads, system=name)
        rows.append(row)
        try:
            ready[name] = (makers[name](case, threads, options), row, [])
        except Exception as error:  # noqa: BLE001: whatever a system throws is a result of this table
            row["error"] = str(error)
    for _ in range(options.rounds):
        for name, (system, row, times) in list(ready.items()):
            time.sleep(PAUSE)
            try:
                times.append(system.round_ms(options.seconds))
            except Exception as error:  # noqa: BLE001
                row["error"] = str(error)
                del ready[name]
    for system, row, times in ready.values():
        row.update(ms=round(statistics.median(times), 3), best_ms=round(min(times), 3), worst_ms=round(max(times), 3),
                   compile_s=round(system.compile_s, 3))
    return rows


def machine():
    """The CPU's name, the vector extensions that matter, and how many threads there are."""
    with open("/proc/cpuinfo") as f:
        info = f.read()
    name = re.search(r"model name\s*: (.*)", info)
    flags = re.search(r"flags\s*: (.*)", info)
    known = ("avx2", "avx512f", "avx512_bf16", "amx_tile")
    vectors = [flag for flag in known if flags and flag in flags.group(1).split()]
    return f"{name.group(1) if name else os.uname().machine}, {os.cpu_count()} threads, {' '.join(vectors)}"


def commit():
    git = lambda *a: subprocess.run(["git", "-C", ROOT, *a], capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("-changed" if changed else "")


def cell(row, best):
    if "ms" not in row:
        return "–"
    text = f"{row['ms']:.2f}"
    return f"**{text}**" if row["ms"] == best else text


def table(rows, header):
    """Markdown: a line per model, batch and thread count; a ratio above 1 says that mlc is faster."""
    lines = [f"# CPU latency, {header['date']}", "",
             f"- CPU: {header['cpu']}", f"- mlc: commit {header['commit']}",
             f"- peers: ONNX Runtime {header['onnxruntime']}, OpenVINO {header['openvino']} (f32), same process, shapes fixed",
             f"- milliseconds per call, median of {header['rounds']} interleaved rounds of {header['seconds']:g} s; "
             f"load average {header['load']}", "",
             "| model | batch | threads | mlc | ONNX Runtime | OpenVINO | ORT / mlc | OpenVINO / mlc | mlc compile |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    ratios, errors = {"onnxruntime": [], "openvino": []}, []
    groups = {}
    for row in rows:
        groups.setdefault((row["model"], row["batch"], row["threads"]), {})[row["system"]] = row
        if "error" in row:
            errors.append(f"- {row['model']}, batch {row['batch']}, threads {row['threads']}, {row['system']}: {row['error']}")
    for (model, batch, threads), group in groups.items():
        best = min((row["ms"] for row in group.values() if "ms" in row), default=None)
        own = group["mlc"]
        against = []
        for peer in ratios:
            both = "ms" in own and "ms" in group[peer]
            if both:
                ratios[peer].append(group[peer]["ms"] / own["ms"])
            against.append(f"{ratios[peer][-1]:.2f}" if both else "–")
        compiled = f"{own['compile_s']:.1f} s" if "compile_s" in own else "–"
        lines.append("| " + " | ".join([model, str(batch), str(threads), *(cell(group[s], best) for s in SYSTEMS), *against, compiled]) + " |")
    for peer, values in ratios.items():
        if values:
            mean = math.exp(statistics.fmean(map(math.log, values)))
            lines += ["", f"mlc against {peer}: {mean:.2f} times as fast (geometric mean of {len(values)}), "
                          f"faster in {sum(v > 1 for v in values)} of {len(values)}."]
    if errors:
        lines += ["", "No figure:", *errors]
    return "\n".join(lines) + "\n"


def numbers(text):
    return [int(n) for n in text.split(",")]


def parse_options():
    zoo = [m for m in make_cases.SHAPES if make_cases.source(m).startswith(make_cases.ZOO)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=lambda t: t.split(","), default=zoo, help="default: " + ",".join(zoo))
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="default: 1,2")
    parser.add_argument("--batch", type=numbers, default=[1], help="default: 1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="per system and round, default 0.5")
    parser.add_argument("--out", default=os.path.join(ROOT, "test", "perf", "results"), help="a folder, default test/perf/results")
    parser.add_argument("--mlc", default=os.path.join(ROOT, "build", "release", "bin", "mlc"))
    options = parser.parse_args()
    unknown = sorted(set(options.models) - set(make_cases.SHAPES))
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; there are {', '.join(make_cases.SHAPES)}")
    return options


def write(stem, header, rows):
    report = table(rows, header)
    with open(stem + ".md", "w") as f:
        f.write(report)
    with open(stem + ".jsonl", "w") as f:
        f.writelines(json.dumps(row) + "\n" for row in [header, *rows])
    print(report)
    print(f"written: {stem}.md and {stem}.jsonl", file=sys.stderr)


def main():
    options = parse_options()
    os.makedirs(WORK, exist_ok=True)
    os.makedirs(options.out, exist_ok=True)
    for model in options.models:
        make_cases.make(model)
    header = dict(date=datetime.date.today().isoformat(), cpu=machine(), commit=commit(), rounds=options.rounds, seconds=options.seconds,
                  load=f"{os.getloadavg()[0]:.1f}", onnxruntime=onnxruntime.__version__, openvino=openvino.__version__.split("-")[0])
    rows = []
    for model in options.models:
        for batch in options.batch:
            case = Case(model, batch)
            for threads in options.threads:
                measured = measure(case, threads, options)
                rows += measured
                figures = ", ".join(f"{r['system']} {r.get('ms', 'no figure')}" for r in measured)
                print(f"{model} batch {batch}, threads {threads}: {figures}", file=sys.stderr, flush=True)
    write(os.path.join(options.out, f"cpu-{header['date']}-{header['commit']}"), header, rows)


if __name__ == "__main__":
    main()

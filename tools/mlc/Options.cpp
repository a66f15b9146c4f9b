//===- Options.cpp - the table of commands and options ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Options.h"

#include <cstring>

using namespace mlc::tools;

namespace {

constexpr char targetExamples[] =
    "cpu|cpu:native|cpu:x86-64-v4|cpu:x86-64-v3|cpu:x86-64|cpu:aarch64|"
    "cuda:sm_80|cuda:sm_90|amdgpu:gfx942";
constexpr char deviceExamples[] = "cpu|cuda:0|hip:0";
constexpr char phaseRows[] =
#define MLC_PHASE(name, perTarget, contract) "|" #name
#include "compiler/pipeline/Phases.def"
    ;
constexpr const char *phases = phaseRows + 1; // behind the first bar

constexpr Option targetOption = {
    "target",
    0,
    Value::Text,
    "TARGET",
    targetExamples,
    Repeatable,
    "Compile for this target: cpu (x86-64 processors with AVX2 or AVX-512, "
    "both "
    "in one file), cpu:native, cpu:LEVEL, cuda:sm_NN or amdgpu:gfxNNN. May be "
    "given "
    "several times; the file then holds code for all of them (default: cpu)."};
constexpr Option dimOption = {
    "dim",
    0,
    Value::Text,
    "NAME=SIZE",
    nullptr,
    Repeatable,
    "Give the symbolic dimension NAME a size (batch=1) or a range "
    "(seq=1..4096)."};
constexpr Option sizeOption = {
    "dim",
    0,
    Value::Text,
    "NAME=SIZE",
    nullptr,
    Repeatable,
    "Size of the symbolic dimension NAME (default: as in the inputs that state "
    "a shape, else its minimum, at least 1)."};
constexpr Option deviceOption = {
    "device",
    0,
    Value::Text,
    "DEVICE",
    deviceExamples,
    Once,
    "Where to run: cpu, cuda:N or hip:N (default: cpu)."};
constexpr Option threadsOption = {
    "threads",
    0,
    Value::Integer,
    "N",
    nullptr,
    Once,
    "CPU threads that take part (default: MLC_NUM_THREADS, else all CPUs this "
    "process may use)."};
constexpr Option inputOption = {
    "input",
    0,
    Value::Text,
    "NAME=VALUE",
    nullptr,
    Repeatable,
    "Value of input NAME: @FILE (.npy, .npz or ONNX .pb), SHAPE[=FILL] such as "
    "1x3x224x224=0.5 or 1x8xi64 (an element type other than the model's is "
    "refused), or FILL alone for the model's own shape. FILL is a number, a "
    "list 1,2,3, or random[:SEED]."};
constexpr Option jsonOption = {"json",
                               0,
                               Value::None,
                               nullptr,
                               nullptr,
                               Once,
                               "Print one JSON object on the standard output."};

constexpr Option compileOptions[] = {
    {"output", 'o', Value::File, "FILE", nullptr, Once,
     "Write the result to FILE (default: the model's name with .so in the "
     "current folder)."},
    targetOption,
    {"O", 'O', Value::Choice, "LEVEL", "0|1|2|3", Joined,
     "Optimisation level, -O0 to -O3 (default: -O3)."},
    dimOption,
    {"precision", 0, Value::Choice, "P", "fp32|tf32|bf16|fp16|auto", Once,
     "Number format of contractions: fp32, the only one in this release."},
    {"emit", 0, Value::Choice, "KIND", "mlc|linalg|llvm|ptx|asm|obj|so", Once,
     "What to write: the graph (mlc), kernels on buffers (linalg), LLVM IR of "
     "kernels (llvm), PTX of NVIDIA targets (ptx), machine code as text (asm), "
     "an object and its header (obj), or a shared object (default: so)."},
    {"compile-to", 0, Value::Choice, "PHASE", phases, Once,
     "Stop after PHASE (of the first target) and write its MLIR, complete with "
     "weights."},
    {"compile-from", 0, Value::Choice, "PHASE", phases, Once,
     "The input is MLIR as PHASE leaves it; go on from there."},
    {"dump-phases-to", 0, Value::Folder, "DIR", nullptr, Once,
     "Write the MLIR after each phase into DIR, long constants left out."},
    {"external-weights", 0, Value::File, "FILE", nullptr, Once,
     "Put the weights into FILE, beside the result, instead of into it. A name "
     "in .safetensors gives a file of that format."},
    {"tuning", 0, Value::File, "FILE", nullptr, Once,
     "Read measured kernel choices from FILE. Without it choices come from a "
     "cost model; compiling never measures."},
    {"accuracy-budget", 0, Value::Text, "BUDGET", nullptr, Planned,
     "With --precision=auto: the largest error to accept, e.g. rel:1e-3."},
    {"custom-op", 0, Value::Text, "DOMAIN:NAME=FILE", nullptr,
     Repeatable | Planned, "Bind an operator to a function of the user."},
    {"train", 0, Value::None, nullptr, nullptr, Planned,
     "Compile the training step."},
    {"loss", 0, Value::Text, "LOSS", nullptr, Planned, "Loss function."},
    {"optimizer", 0, Value::Text, "NAME:ARGS", nullptr, Planned, "Optimizer."},
    {"clip-norm", 0, Value::Number, "X", nullptr, Planned, "Clip gradients."},
    {"recompute", 0, Value::Text, "MODE", nullptr, Planned,
     "Recompute activations."},
    {"quiet", 'q', Value::None, nullptr, nullptr, Once,
     "Say nothing unless something is wrong."},
    {"verify-each", 0, Value::None, nullptr, nullptr, Hidden,
     "Verify the IR after every pass."},
    {"runtime-dir", 0, Value::Folder, "DIR", nullptr, Hidden,
     "Where the runtime archives are (default: ../lib/mlc beside mlc)."},
};
constexpr Example compileExamples[] = {
    {"mlc compile model.onnx -o model.so", "for the CPU"},
    {"mlc compile model.onnx -o model.so --target=cpu --target=cuda:sm_90",
     "for CPU and NVIDIA H100/H200 in one file"},
    {"mlc compile model.onnx -o model.so --dim batch=8 --dim seq=1..512",
     "fix one dimension, bound another"},
    {"mlc compile model.onnx --compile-to=fuse -o fused.mlir",
     "look at the fused graph"},
};

constexpr Option runOptions[] = {
    deviceOption,
    inputOption,
    {"output", 0, Value::Text, "NAME=@FILE", nullptr, Repeatable,
     "Write output NAME to FILE (.npy, .npz or .pb; .npy when the name has no "
     "ending). Several outputs may share one .npz."},
    {"data-set", 0, Value::Folder, "DIR", nullptr, Once,
     "Take inputs from DIR/input_K.pb and compare with DIR/output_K.pb (ONNX's "
     "test_data_set layout)."},
    {"expected", 0, Value::Text, "NAME=@FILE", nullptr, Repeatable,
     "Compare output NAME with FILE."},
    {"rtol", 0, Value::Number, "R", nullptr, Once,
     "Relative tolerance of a comparison (default: 1e-3)."},
    {"atol", 0, Value::Number, "A", nullptr, Once,
     "Absolute tolerance of a comparison (default: 1e-7)."},
    sizeOption,
    threadsOption,
};
constexpr Example runExamples[] = {
    {"mlc run model.so --input x=@x.npy --output y=@y.npy", "files in and out"},
    {"mlc run model.so --input x=1x3x224x224=random:7",
     "random numbers in, a preview out"},
    {"mlc run model.so --data-set test_data_set_0",
     "compare with ONNX test data; exit code 1 on a mismatch"},
    {"mlc run model.so --device=cuda:0 --input x=@x.npy "
     "--expected y=@y.npy --rtol 1e-2",
     "run on a GPU and compare"},
};

constexpr Option benchOptions[] = {
    deviceOption,
    {"warmup", 0, Value::Integer, "N", nullptr, Once,
     "Runs before the measurement (default: 5)."},
    {"iterations", 0, Value::Count, "N", nullptr, Once,
     "Measure exactly N runs."},
    {"duration", 0, Value::Number, "S", nullptr, Once,
     "Measure for S seconds, at least 10 runs (default: 2)."},
    threadsOption,
    inputOption,
    sizeOption,
    {"kernels", 0, Value::None, nullptr, nullptr, Once,
     "Also show the time of each kernel, the ONNX nodes it came from, what it "
     "computes (a multiply-add counts 2, whatever the algorithm) and moves "
     "(operands read once, results written once), and on a GPU the copies."},
    jsonOption,
};
constexpr Example benchExamples[] = {
    {"mlc bench model.so", "random inputs, two seconds"},
    {"mlc bench model.so --threads 1 --dim batch=8 --json",
     "one thread, batch 8, for scripts"},
    {"mlc bench model.so --kernels", "where the time goes"},
};

constexpr Option checkOptions[] = {
    targetOption,
    dimOption,
    jsonOption,
    {"operators", 0, Value::None, nullptr, nullptr, Once,
     "List the ONNX operators that are supported, each with the first opset; "
     "needs no model."},
};
constexpr Example checkExamples[] = {
    {"mlc check model.onnx", "every problem at once, with node names"},
    {"mlc check model.onnx --json", "for scripts"},
    {"mlc check --operators", "what can be in a model"},
};

constexpr Option inspectOptions[] = {
    jsonOption,
    {"kernels", 0, Value::None, nullptr, nullptr, Once,
     "The kernels of each program and the ONNX nodes they came from."},
    {"memory", 0, Value::None, nullptr, nullptr, Once,
     "Bytes of weights and of a run."},
    {"abi", 0, Value::None, nullptr, nullptr, Once,
     "Versions, and the C types of inputs and outputs."},
    {"ops", 0, Value::None, nullptr, nullptr, Once,
     "The operations of the graph after simplification, with their numbers; "
     "what --kernels shows was fused from them."},
    {"images", 0, Value::Folder, "DIR", nullptr, Once,
     "Write the device images of the GPU programs into DIR, as "
     "PROGRAM.ARCH.ptx, .cubin or .hsaco; for ptxas and llvm-objdump."},
    {"dim", 0, Value::Text, "NAME=SIZE", nullptr, Repeatable,
     "Size of a symbolic dimension for --memory."},
};
constexpr Example inspectExamples[] = {
    {"mlc inspect model.so", "inputs, outputs, targets"},
    {"mlc inspect model.so --kernels", "what was fused into what"},
    {"mlc inspect model.so --images=out", "GPU code, to disassemble"},
};

constexpr Option doctorOptions[] = {jsonOption};
constexpr Example doctorExamples[] = {
    {"mlc doctor", "check this machine and say what to do"}};
constexpr Example explainExamples[] = {
    {"mlc explain MLC0107", "what the error means and how to get rid of it"},
    {"mlc explain", "all codes"}};

constexpr Operand modelIn = {"MODEL.onnx", Value::File, true, ".onnx",
                             "the model to read"};
constexpr Operand modelSo = {"MODEL.so", Value::File, true, ".so",
                             "a file that `mlc compile` wrote; loading it runs "
                             "its code, so use only files you trust"};
constexpr Operand none = {nullptr, Value::None, false, nullptr, nullptr};

constexpr Command commands[] = {
    {"compile", "compile an ONNX model to a shared object",
     "Compiles MODEL.onnx ahead of time to one shared object that needs "
     "nothing but the C library; GPU drivers are loaded when the model runs on "
     "a GPU. The same input gives the same bytes.",
     modelIn, compileOptions, compileExamples, false},
    {"run", "run a compiled model",
     "Runs MODEL.so once and prints the shape and the first values of each "
     "output, writes outputs to files, or compares them with expected ones.",
     modelSo, runOptions, runExamples, false},
    {"bench", "measure a compiled model",
     "Runs MODEL.so repeatedly and prints the percentiles of the time of one "
     "run. Inputs that are not given are random.",
     modelSo, benchOptions, benchExamples, false},
    {"check",
     "list everything in a model that would not compile",
     "Reads MODEL.onnx and reports every problem at once, each with the node's "
     "name. Exit code 0 means that `mlc compile` supports the model.",
     {"MODEL.onnx", Value::File, false, ".onnx", "the model to read"},
     checkOptions,
     checkExamples,
     false},
    {"inspect", "show what is in a compiled model",
     "Shows inputs, outputs, targets, kernels and memory of MODEL.so. A file "
     "for another processor is only read: what a run needs is then unknown.",
     modelSo, inspectOptions, inspectExamples, false},
    {"doctor", "check this machine",
     "Checks the processor, GPU drivers, tools and folders that mlc uses, "
     "compiles and runs a tiny model, and says for each failing check what to "
     "do.",
     none, doctorOptions, doctorExamples, false},
    {"explain",
     "explain an error code",
     "Explains what the error code of a message means and what helps. Without "
     "a code lists all codes.",
     {"CODE", Value::Text, false, nullptr, "an error code such as MLC0107"},
     {},
     explainExamples,
     false},
    {"verify",
     "find the first node whose result differs from -O0",
     "",
     modelIn,
     {},
     {},
     true},
    {"train", "train a model", "", none, {}, {}, true},
    {"tune", "measure kernel choices on this machine", "", none, {}, {}, true},
    {"serve", "serve models over HTTP", "", none, {}, {}, true},
    {"help",
     "show help for a command",
     "Shows help for a command.",
     {"COMMAND", Value::Text, false, nullptr, "a command of mlc"},
     {},
     {},
     false},
    {"version",
     "show the version",
     "Shows the version of mlc.",
     none,
     {},
     {},
     false},
};

constexpr ExitMeaning exitCodes[] = {
    {exitOk, "success"},
    {exitMismatch, "a comparison found a difference"},
    {exitUsage, "the command line or an input is wrong, or a file named there "
                "cannot be read"},
    {exitInvalidModel, "the model is invalid, or something in it is not "
                       "supported"},
    {exitInternal, "an error in mlc itself; please report it"},
    {exitResource, "a device, memory, disk space or a place for the result is "
                   "missing"},
};

} // namespace

Rows<Command> mlc::tools::allCommands() { return commands; }

const Command *mlc::tools::findCommand(const char *name) {
  for (const Command &command : commands) {
    if (std::strcmp(command.name, name) == 0) {
      return &command;
    }
  }
  return nullptr;
}

Rows<ExitMeaning> mlc::tools::allExitCodes() { return exitCodes; }

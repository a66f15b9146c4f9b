//===- ConvHarness.cpp - runs and checks convolution kernels ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/ConvHarness.h"

#include "codegen/cpu/kernels/ConvDirect.h"
#include "codegen/cpu/kernels/ConvWeights.h"
#include "codegen/cpu/kernels/Depthwise.h"
#include "codegen/cpu/kernels/Winograd.h"
#include "test/codegen/cpu/KernelReference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen::test {

/// Floats after a buffer that must stay as they are.
static constexpr int64_t kGuard = 64;
static constexpr float kGuardValue = 777.0f;

static int64_t extent(int64_t in, int64_t kernel, int64_t stride, int64_t pads,
                      int64_t dilation) {
  return (in + pads - dilation * (kernel - 1) - 1) / stride + 1;
}
int64_t ConvCase::outHeight() const {
  return form == ConvForm::transpose
             ? height * kernelH
             : extent(height, kernelH, strideH, top + bottom, dilationH);
}
int64_t ConvCase::outWidth() const {
  return form == ConvForm::transpose
             ? width * kernelW
             : extent(width, kernelW, strideW, left + right, dilationW);
}

ConvShape ConvCase::shape() const {
  ConvShape shape;
  shape.form = form;
  shape.channels = channels;
  shape.filters = filters;
  shape.group = group;
  shape.rows = {kernelH, strideH, top, bottom, dilationH, height, outHeight()};
  shape.columns = {kernelW, strideW, left, right, dilationW, width, outWidth()};
  if (dynamicSpatial) {
    shape.rows.in = shape.rows.out = ShapedType::kDynamic;
  }
  if (dynamicSpatial || dynamicWidth) {
    shape.columns.in = shape.columns.out = ShapedType::kDynamic;
  }
  return shape;
}

double ConvCase::flops() const {
  double taps = form == ConvForm::transpose ? 1.0 : kernelH * kernelW;
  return 2.0 * images * outHeight() * outWidth() * filters *
         (channels / group) * taps;
}

std::string ConvCase::text() const {
  static const char *const names[] = {"direct", "planar", "winograd",
                                      "transpose", "depthwise"};
  char buffer[200];
  snprintf(buffer, sizeof buffer,
           "%s%s n%ld c%ld o%ld g%ld %ldx%ld k%ldx%ld s%ldx%ld "
           "p%ld,%ld,%ld,%ld d%ldx%ld",
           names[int(form)],
           dynamicSpatial ? " dynamic"
           : dynamicWidth ? " dynamic width"
                          : "",
           images, channels, filters, group, height, width, kernelH, kernelW,
           strideH, strideW, top, left, bottom, right, dilationH, dilationW);
  return buffer;
}

std::vector<float> toBlocked(const std::vector<float> &planar, int64_t images,
                             int64_t channels, int64_t pixels, float filler) {
  int64_t blocks = (channels + kBlock - 1) / kBlock;
  std::vector<float> blocked(images * blocks * pixels * kBlock, filler);
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t p = 0; p < pixels; ++p) {
        int64_t line = (n * blocks + c / kBlock) * pixels + p;
        blocked[line * kBlock + c % kBlock] =
            planar[(n * channels + c) * pixels + p];
      }
    }
  }
  return blocked;
}

std::vector<float> fromBlocked(const float *blocked, int64_t images,
                               int64_t channels, int64_t pixels) {
  int64_t blocks = (channels + kBlock - 1) / kBlock;
  std::vector<float> planar(images * channels * pixels);
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t p = 0; p < pixels; ++p) {
        int64_t line = (n * blocks + c / kBlock) * pixels + p;
        planar[(n * channels + c) * pixels + p] =
            blocked[line * kBlock + c % kBlock];
      }
    }
  }
  return planar;
}

static int64_t blocksOf(int64_t channels) {
  return (channels + kBlock - 1) / kBlock;
}

ConvRunner::ConvRunner(const ConvCase &problem, CpuIsa isa)
    : problem(problem), harness(isa) {
  DialectRegistry registry;
  registry.insert<MlcDialect>();
  harness.getContext().appendDialectRegistry(registry);
  harness.getContext().loadAllAvailableDialects();
  int64_t inPixels = problem.height * problem.width;
  int64_t outPixels = problem.outHeight() * problem.outWidth();
  int64_t outSize =
      problem.images * blocksOf(problem.filters) * outPixels * kBlock;
  float nan = std::numeric_limits<float>::quiet_NaN();
  x = randomFloats(problem.images * problem.channels * inPixels, 1);
  filters = randomFloats(problem.filters * (problem.channels / problem.group) *
                             problem.kernelH * problem.kernelW,
                         2);
  int64_t packedSize = 1;
  for (int64_t dim : problem.shape().packedDims()) {
    packedSize *= dim;
  }
  packed.resize(packedSize);
  packWeights(problem.shape(), filters.data(), packed);
  weightsInUse = packed.data();
  bias = randomFloats(blocksOf(problem.filters) * kBlock, 3);
  residual = randomFloats(outSize, 4);
  out.assign(outSize + kGuard, kGuardValue);
  xBuffer = problem.form == ConvForm::planar
                ? x
                : toBlocked(x, problem.images, problem.channels, inPixels, nan);
}

/// bias, residual, ReLU.
static Epilogue makeEpilogue(Value bias, Value residual, Value out,
                             bool isLong) {
  Epilogue epilogue;
  epilogue.isLong = isLong;
  epilogue.apply = [=](KernelBuilder &b, Value sum, const OutputPoint &at,
                       Epilogue::Cache &cache) {
    Value &shift = cache[0];
    if (!shift) {
      shift = b.loadVector(bias, at.block * kBlock + at.lane, b.isa.lanes());
    }
    sum = b.add(sum, shift);
    if (residual) {
      Index plane = b.dim(out, 2) * b.dim(out, 3);
      Index line = (at.image * b.dim(out, 1) + at.block) * plane + at.pixel;
      sum = b.add(sum, b.loadVector(b.flat(residual), line * kBlock + at.lane,
                                    b.isa.lanes()));
    }
    return SmallVector<Value, 2>{b.fastMax(sum, b.splat(0.0))};
  };
  return epilogue;
}

/// Gives the kernel the part of argument 5 that belongs to its thread as
/// scratch memory, as codegen's lowering would.
void ConvRunner::useScratchArgument(func::FuncOp kernel) {
  kernel.walk([&](ScratchOp op) {
    OpBuilder b(op);
    int64_t size = op.getType().getNumElements();
    Value elements = arith::ConstantIndexOp::create(b, op.getLoc(), size);
    Value thread = kernel.getArguments().back();
    Value offset = arith::MulIOp::create(b, op.getLoc(), thread, elements);
    Value part = memref::ReinterpretCastOp::create(
        b, op.getLoc(),
        MemRefType::get(
            {size}, b.getF32Type(),
            StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {1})),
        kernel.getArgument(5), OpFoldResult(offset),
        ArrayRef<OpFoldResult>{b.getIndexAttr(size)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
    scratch.assign(2 * size, 0.0f);
    op.getY().replaceUsesWithIf(part, [](OpOperand &) { return true; });
    op.erase();
  });
}

bool ConvRunner::compile() {
  constexpr int64_t dynamic = ShapedType::kDynamic;
  ConvShape shape = problem.shape();
  int64_t blocks = blocksOf(problem.channels);
  MemRefType xType = problem.form == ConvForm::planar
                         ? harness.f32Buffer({dynamic, problem.channels,
                                              shape.rows.in, shape.columns.in})
                         : harness.f32Buffer({dynamic, blocks, shape.rows.in,
                                              shape.columns.in, kBlock});
  MemRefType outType =
      harness.f32Buffer({dynamic, blocksOf(problem.filters), shape.rows.out,
                         shape.columns.out, kBlock});
  MemRefType flat = harness.f32Buffer({dynamic});
  OpBuilder builder(&harness.getContext());
  builder.setInsertionPointToEnd(harness.getModule().getBody());
  auto kernel = func::FuncOp::create(
      builder, builder.getUnknownLoc(), "k",
      builder.getFunctionType({xType, harness.f32Buffer(shape.packedDims()),
                               flat, outType, outType, flat},
                              {}));
  bool hasResidual = problem.hasResidual, isLong = problem.longEpilogue;
  auto bind = [&](KernelBuilder &b, ValueRange arguments) {
    ConvBuffers buffers;
    buffers.x = arguments[0];
    buffers.weights = arguments[1];
    buffers.outputs = {arguments[4]};
    buffers.epilogue =
        makeEpilogue(arguments[2], hasResidual ? arguments[3] : Value(),
                     arguments[4], isLong);
    return buffers;
  };
  if (problem.form == ConvForm::winograd) {
    emitWinogradConv(kernel, harness.getIsa(), shape, bind);
    useScratchArgument(kernel);
  } else if (problem.form == ConvForm::depthwise) {
    emitDepthwiseConv(kernel, harness.getIsa(), shape, bind);
  } else {
    emitDirectConv(kernel, harness.getIsa(), shape, bind);
  }
  return harness.compile();
}

SmallVector<KernelArgument> ConvRunner::arguments() {
  int64_t blocks = blocksOf(problem.channels);
  SmallVector<int64_t> xDims =
      problem.form == ConvForm::planar
          ? SmallVector<int64_t>{problem.images, problem.channels,
                                 problem.height, problem.width}
          : SmallVector<int64_t>{problem.images, blocks, problem.height,
                                 problem.width, kBlock};
  SmallVector<int64_t> outDims{problem.images, blocksOf(problem.filters),
                               problem.outHeight(), problem.outWidth(), kBlock};
  return {{xBuffer.data(), xDims},
          {const_cast<float *>(weightsInUse), problem.shape().packedDims()},
          {bias.data(), {int64_t(bias.size())}},
          {residual.data(), outDims},
          {out.data(), outDims},
          {scratch.data(), {int64_t(scratch.size())}}};
}

int64_t ConvRunner::count() { return harness.call("k.count", arguments()); }

void ConvRunner::run(int64_t begin, int64_t end, int64_t thread) {
  auto all = arguments();
  all.append({begin, end, thread});
  harness.call("k", all);
}

/// One output in double precision, without epilogue.
static double referenceSum(const ConvRunner &r, int64_t n, int64_t o,
                           int64_t oh, int64_t ow) {
  const ConvCase &p = r.problem;
  double sum = 0;
  if (p.form == ConvForm::transpose) {
    int64_t taps = p.kernelH * p.kernelW;
    int64_t tap = oh % p.kernelH * p.kernelW + ow % p.kernelW;
    for (int64_t c = 0; c < p.channels; ++c) {
      int64_t at = ((n * p.channels + c) * p.height + oh / p.kernelH) * p.width;
      sum += double(r.x[at + ow / p.kernelW]) *
             r.filters[(c * p.filters + o) * taps + tap];
    }
    return sum;
  }
  int64_t perGroup = p.channels / p.group;
  int64_t group = o / (p.filters / p.group);
  for (int64_t c = 0; c < perGroup; ++c) {
    for (int64_t kh = 0; kh < p.kernelH; ++kh) {
      for (int64_t kw = 0; kw < p.kernelW; ++kw) {
        int64_t ih = oh * p.strideH + kh * p.dilationH - p.top;
        int64_t iw = ow * p.strideW + kw * p.dilationW - p.left;
        if (ih < 0 || ih >= p.height || iw < 0 || iw >= p.width) {
          continue;
        }
        int64_t plane = n * p.channels + group * perGroup + c;
        int64_t tap = ((o * perGroup + c) * p.kernelH + kh) * p.kernelW + kw;
        sum += double(r.x[(plane * p.height + ih) * p.width + iw]) *
               r.filters[tap];
      }
    }
  }
  return sum;
}

double ConvRunner::maxError(double *rms) {
  int64_t pixels = problem.outHeight() * problem.outWidth();
  auto found = fromBlocked(out.data(), problem.images, problem.filters, pixels);
  auto skip =
      fromBlocked(residual.data(), problem.images, problem.filters, pixels);
  double worst = 0, largest = 1e-30, squares = 0;
  for (int64_t n = 0; n < problem.images; ++n) {
    for (int64_t o = 0; o < problem.filters; ++o) {
      for (int64_t p = 0; p < pixels; ++p) {
        int64_t at = (n * problem.filters + o) * pixels + p;
        double expected = referenceSum(*this, n, o, p / problem.outWidth(),
                                       p % problem.outWidth()) +
                          bias[o] + (problem.hasResidual ? skip[at] : 0.0f);
        largest = std::max(largest, std::abs(expected));
        double error = std::abs(std::max(expected, 0.0) - found[at]);
        if (std::isnan(error)) {
          return error;
        }
        worst = std::max(worst, error);
        squares += error * error;
      }
    }
  }
  for (int64_t i = 0; i < kGuard; ++i) {
    if (out[out.size() - kGuard + i] != kGuardValue) {
      return -1;
    }
  }
  if (rms) {
    *rms = std::sqrt(squares / (pixels * problem.images * problem.filters)) /
           largest;
  }
  return worst / largest;
}

} // namespace mlc::codegen::test

//===- Run.cpp - one execution of a model -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// check what the caller passed -> bring inputs to the device -> run the program
// -> bring outputs back. Whatever goes wrong, the session stays usable, except
// when the device is lost.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"
#include "runtime/core/Tensor.h"

namespace mlc::rt {
namespace {

/// What an input of no bytes points to, so that no kernel sees NULL.
alignas(64) uint8_t emptyInput[64];

/// Marks the session as used by this thread and its device as current.
class Usage {
public:
  explicit Usage(Session &session) : session(session) {
    if (session.busy.exchange(1)) {
      status = fail(MLC_BUSY, "another thread uses this session of model '%s'",
                    session.model->name);
      return;
    }
    owner = true;
    if (session.lost) {
      status = fail(MLC_DEVICE_LOST,
                    "the device of this session of model '%s' was lost in an "
                    "earlier call: destroy the session",
                    session.model->name);
      return;
    }
    status = session.driver->enter(session);
    entered = status == MLC_OK;
  }
  ~Usage() {
    if (entered) {
      session.driver->leave(session);
    }
    if (owner) {
      session.busy.store(0);
    }
  }
  Usage(const Usage &) = delete;
  Usage &operator=(const Usage &) = delete;

  Status status = MLC_OK;

private:
  Session &session;
  bool owner = false, entered = false;
};

/// `data` without a capacity must be the session's own memory of an earlier
/// run; anything else is a buffer whose capacity was forgotten.
Status checkOwnership(const Session &session, const mlc_tensor_t *outputs) {
  for (int64_t i = 0; i < session.model->output_count; ++i) {
    const mlc_tensor_t &output = outputs[i];
    const OutputState &state = session.outputs[i];
    bool isOwn = output.data == state.device.data ||
                 output.data == state.host.data ||
                 output.data == state.otherDevice.data ||
                 output.data == state.otherHost.data;
    if (output.data && !output.capacity && !isOwn) {
      return fail(MLC_INVALID_ARGUMENT,
                  "output '%s': data is given but its capacity is 0; set the "
                  "capacity, or data to NULL for memory of the session",
                  session.model->outputs[i].name);
    }
  }
  return MLC_OK;
}

/// The first input that reads from `buffer`, or -1.
int64_t findReader(const Session &session, const mlc_tensor_t *inputs,
                   const Buffer &buffer) {
  for (int64_t i = 0; i < session.model->input_count; ++i) {
    if (overlaps(inputs[i].data, inputs[i].bytes, buffer.data, buffer.bytes)) {
      return i;
    }
  }
  return -1;
}

/// Makes `buffer` one that no input of this run reads from.
Status turnAway(Session &session, const mlc_tensor_t *inputs, int64_t output,
                Buffer &buffer, Buffer &other) {
  if (findReader(session, inputs, buffer) < 0) {
    return MLC_OK;
  }
  Buffer read = buffer;
  buffer = other;
  other = read;
  int64_t reader = findReader(session, inputs, buffer);
  if (reader < 0) {
    return MLC_OK;
  }
  return fail(MLC_INVALID_ARGUMENT,
              "input '%s': its memory and that of another input are both "
              "buffers the session has for output '%s': copy one of them",
              session.model->inputs[reader].name,
              session.model->outputs[output].name);
}

/// An output of an earlier run may come back as an input, as a recurrence does
/// with its state. What the program then writes must be other memory.
Status turnOutputs(Session &session, const mlc_tensor_t *inputs) {
  for (int64_t i = 0; i < session.model->output_count; ++i) {
    OutputState &output = session.outputs[i];
    Status status =
        turnAway(session, inputs, i, output.device, output.otherDevice);
    if (status == MLC_OK) {
      status = turnAway(session, inputs, i, output.host, output.otherHost);
    }
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

Status placeInput(Session &session, const mlc_tensor_t &tensor, int64_t index) {
  mlc_exec_input_t &input = session.inputs[index];
  input.dims = tensor.dims;
  if (session.driver->hostMemory || tensor.memory == MLC_DEVICE) {
    input.data = tensor.bytes ? tensor.data : emptyInput;
    return MLC_OK;
  }
  Buffer &copy = session.inputCopies[index];
  Status status = growDevice(session, copy, tensor.bytes);
  input.data = copy.data;
  if (status == MLC_OK && tensor.bytes) {
    status =
        session.driver->upload(session, copy.data, tensor.data, tensor.bytes);
  }
  return status;
}

Status begin(Session &session, const mlc_tensor_t *inputs,
             mlc_tensor_t *outputs) {
  session.callerInputs = inputs;
  session.callerOutputs = outputs;
  session.readBackUsed = 0;
  for (int64_t i = 0; i < session.model->output_count; ++i) {
    session.outputs[i].produced = false;
  }
  for (int64_t i = 0; i < session.blockCount; ++i) {
    session.blocks[i].used = false;
  }
  session.firstFree = 0;
  Status status = turnOutputs(session, inputs);
  for (int64_t i = 0; i < session.model->input_count && status == MLC_OK; ++i) {
    status = placeInput(session, inputs[i], i);
  }
  return status;
}

/// Brings results to the host where the caller wants them there.
Status finish(Session &session, mlc_tensor_t *outputs) {
  bool wait = !(session.flags & MLC_SESSION_ASYNC);
  for (int64_t i = 0; i < session.model->output_count; ++i) {
    const OutputState &state = session.outputs[i];
    if (!state.produced) {
      return fail(MLC_INTERNAL, "the program did not produce output '%s'",
                  session.model->outputs[i].name);
    }
    if (session.driver->hostMemory || outputs[i].memory == MLC_DEVICE) {
      continue;
    }
    wait = true;
    if (!state.bytes) {
      continue;
    }
    Status status = session.driver->download(session, outputs[i].data,
                                             state.target, state.bytes);
    if (status != MLC_OK) {
      return status;
    }
  }
  return wait ? session.driver->synchronize(session) : MLC_OK;
}

/// Ends a run that failed: nothing of it still runs, and a check that a kernel
/// reported is told rather than what came of it.
Status abandon(Session &session, Status status) {
  if (status == MLC_DEVICE_LOST) {
    return status;
  }
  Status waited = session.driver->synchronize(session);
  return waited == MLC_OK ? status : waited;
}

Status execute(Session &session, const mlc_tensor_t *inputs,
               mlc_tensor_t *outputs) {
  Status status = begin(session, inputs, outputs);
  if (status == MLC_OK) {
    status = runProgram(session);
  }
  if (status == MLC_OK) {
    status = finish(session, outputs);
  }
  if (status != MLC_OK) {
    status = abandon(session, status);
  }
  if (status == MLC_DEVICE_LOST) {
    session.lost = true;
  }
  return status;
}

/// Allocates outputs whose dims follow from the symbols.
Status prepareOutputs(Session &session) {
  for (int64_t i = 0; i < session.model->output_count; ++i) {
    const mlc_abi_tensor_t &output = session.model->outputs[i];
    int64_t dims[MLC_MAX_RANK];
    if (!inferOutputDims(output, session.symbols, dims)) {
      continue;
    }
    int64_t bytes = mlc_tensor_bytes(output.dtype, output.rank, dims);
    Status status = growDevice(session, session.outputs[i].device,
                               bytes < 0 ? INT64_MAX : bytes);
    if (status == MLC_OK && !session.driver->hostMemory) {
      status = growHost(session, session.outputs[i].host, bytes);
    }
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

Status prepare(Session &session, const mlc_tensor_t *inputs) {
  for (int64_t i = 0; i < session.model->input_count; ++i) {
    session.inputs[i] = {emptyInput, inputs[i].dims};
    if (session.driver->hostMemory) {
      continue;
    }
    int64_t bytes =
        mlc_tensor_bytes(inputs[i].dtype, inputs[i].rank, inputs[i].dims);
    Status status = growDevice(session, session.inputCopies[i], bytes);
    if (status != MLC_OK) {
      return status;
    }
  }
  if (session.program->plan && !session.callerArena) {
    int64_t bytes =
        session.program->plan(session.inputs, session.exec.max_threads);
    Status status = growDevice(session, session.arena, bytes);
    if (status != MLC_OK) {
      return status;
    }
  }
  return prepareOutputs(session);
}

} // namespace

Status runSession(mlc_session_t *handle, const mlc_tensor_t *inputs,
                  int64_t inputCount, mlc_tensor_t *outputs,
                  int64_t outputCount) {
  Session &session = *reinterpret_cast<Session *>(handle);
  Usage usage(session);
  if (usage.status != MLC_OK) {
    return usage.status;
  }
  bool onDevice = !session.driver->hostMemory;
  Status status = checkInputs(*session.model, inputs, inputCount,
                              session.symbols, true, onDevice);
  if (status == MLC_OK) {
    status = checkOutputs(*session.model, outputs, outputCount, onDevice);
  }
  if (status == MLC_OK) {
    status = checkOwnership(session, outputs);
  }
  return status == MLC_OK ? execute(session, inputs, outputs) : status;
}

Status prepareSession(mlc_session_t *handle, const mlc_tensor_t *inputs,
                      int64_t inputCount) {
  Session &session = *reinterpret_cast<Session *>(handle);
  Usage usage(session);
  if (usage.status != MLC_OK) {
    return usage.status;
  }
  Status status = checkInputs(*session.model, inputs, inputCount,
                              session.symbols, false, true);
  return status == MLC_OK ? prepare(session, inputs) : status;
}

Status synchronizeSession(mlc_session_t *handle) {
  Session &session = *reinterpret_cast<Session *>(handle);
  Usage usage(session);
  if (usage.status != MLC_OK) {
    return usage.status;
  }
  Status status = session.driver->synchronize(session);
  session.lost |= status == MLC_DEVICE_LOST;
  return status;
}

} // namespace mlc::rt

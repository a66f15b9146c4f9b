//===- Api.cpp - the function table behind every handle ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The wrappers in mlc/runtime.h have checked the handle before they call.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Model.h"
#include "runtime/core/Session.h"
#include "runtime/drivers/cpu/Pool.h"

/// What generated models point to (mlc_model_abi_t::api).
extern "C" __attribute__((visibility("hidden"))) const mlc_api_t mlc_rt_api = {
    sizeof(mlc_api_t),           MLC_API_VERSION,         MLC_RUNTIME_VERSION,
    mlc::rt::lastError,          mlc::rt::lastErrorInfo,  mlc::rt::modelInfo,
    mlc::rt::modelInput,         mlc::rt::modelOutput,    mlc::rt::modelSymbol,
    mlc::rt::modelProgram,       mlc::rt::modelKernel,    mlc::rt::peakBytes,
    mlc::rt::createSession,      mlc::rt::destroySession, mlc::rt::sessionInfo,
    mlc::rt::prepareSession,     mlc::rt::sessionProfile, mlc::rt::resetProfile,
    mlc::rt::synchronizeSession, mlc::rt::runSession,     mlc::rt::createPool,
    mlc::rt::destroyPool,        mlc::rt::poolThreads,    mlc::rt::runOnPool,
    mlc::rt::modelImage,         mlc::rt::sessionWork,
};

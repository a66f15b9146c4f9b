/*===- FakeModel.h - how to make the fake model misbehave -------*- C -*-===*
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*/
#ifndef MLC_TEST_RUNTIME_FAKEMODEL_H
#define MLC_TEST_RUNTIME_FAKEMODEL_H

/* Values of the input 'mode'. */
enum {
  FAKE_NORMAL = 0,
  FAKE_FAIL,        /* fail(message 0) */
  FAKE_REPORT,      /* kernel 0 reports message 1 */
  FAKE_FORGET,      /* output 'positives' is never produced */
  FAKE_BAD_OUTPUT,  /* output 'sum' with the wrong rank */
  FAKE_BAD_RELEASE, /* releases what it never got */
  FAKE_HUGE_ALLOC,
  FAKE_ALLOCS, /* 200 buffers, at most two at a time */
  FAKE_SHARED, /* launches with 100 kB of dynamic shared memory */
  FAKE_SLOW    /* kernels yield */
};

#endif

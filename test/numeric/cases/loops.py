"""Loops that gather results, of more turns than are unrolled."""
import numpy as np
from onnx import parser

from case import P, case

random = np.random.default_rng(5)  # its own: the values of files behind this one stay what they are


def normal(*shape):
    return random.standard_normal(shape).astype(np.float32)


def graph(text):
    return parser.parse_graph(text)


def count(n):
    return P(np.int64(n))


true, false, most = np.array(True), np.array(False), np.int64(2**63 - 1)
rows, columns = normal(20, 3), normal(3, 20)

# Of the state and of what is no state; booleans and integers, scalars and matrices.
cell = """cell (float[3] s, float[3] r) => (float[3] t, float[3] u, float v, bool[3] p, float[3,1] q) {
  t = Add(s, r)  u = Identity(t)  v = ReduceSum<keepdims=0>(r)  z = Sub(r, r)  p = Greater(r, z)  one = Constant<value_ints=[1]>()
  q = Unsqueeze(r, one)
}"""
state = normal(3)
for name, attributes in {
    "": {},
    "_axes": {"scan_output_axes": [1, 0, -1, 2]},
    "_reversed": {"scan_output_directions": [1, 0, 1, 1]},
    "_both": {"scan_output_axes": [-1, 0, 0, 1], "scan_output_directions": [1, 1, 0, 1], "scan_input_directions": [1]},
}.items():
    case("scan_rows" + name, "Scan", [state, rows], outputs=5, opset=21, body=graph(cell), num_scan_inputs=1, **attributes)
case("scan_columns", "Scan", [state, columns], outputs=5, opset=21, body=graph(cell), num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1, 0, 0, 0])
case("scan_empty_rows", "Scan", [normal(0), normal(20, 0)], outputs=2, opset=21, num_scan_inputs=1,
     body=graph("cell (float[n] s, float[n] r) => (float[n] t, float[n] u) { t = Identity(s)  u = Mul(r, r) }"))
case("scan_pairs", "Scan", [rows, normal(25, 3)], outputs=2, opset=21, num_scan_inputs=1,
     body=graph("pair (float[m, 3] w, float[3] r) => (float[m, 3] same, float[m] d) { "
                "same = Identity(w)  e = Sub(w, r)  a = Constant<value_ints=[1]>()  d = ReduceSumSquare<keepdims=0>(e, a) }"))

step = """step (int64 i, bool go, float[3] s) => (bool on, float[3] t, float[3] u, int64 j, float[3] w) {
  on = %s  h = Constant<value_float=0.5>()  m = Mul(s, h)  one = Constant<value_float=1.0>()  t = Add(m, one)  u = Neg(t)  j = Add(i, i)  w = Identity(s)
}"""
for turns in (0, 1, 20, -3):
    case(f"loop_{turns}_turns", "Loop", [count(turns), None, state], outputs=4, opset=21, body=graph(step % "Identity(go)"))
for name, begins in (("begun", true), ("not_begun", false)):
    case(f"loop_{name}", "Loop", [count(20), P(begins), state], outputs=4, opset=21, body=graph(step % "Identity(go)"))
# The end depends on data: at the first turn, between two sizes of what grows, at one, or because no turn is left.
for last in (0, 9, 13, 14, 30):
    for trips in (most, np.int64(20)):
        end = graph(step.replace("on = %s", f"l = Constant<value_int={last}>()  on = Less(i, l)"))
        case(f"loop_exit_{last}_{'most' if trips == most else trips}", "Loop", [P(trips), P(true), state], outputs=4, opset=21, body=end)
data = """step (int64 i, bool go, float[n] s) => (bool on, float[n] t, float[n] u, float v) {
  h = Constant<value_float=0.9>()  t = Mul(s, h)  u = Neg(t)  v = ReduceSum<keepdims=0>(t)  l = Constant<value_float=0.1>()  a = Abs(v)  on = Greater(a, l)
}"""
case("loop_converges", "Loop", [P(most), P(true), np.ones(5, np.float32)], outputs=3, opset=21, body=graph(data))
case("loop_converges_unlimited", "Loop", [None, P(true), np.ones(5, np.float32)], outputs=3, opset=21, body=graph(data))

# Loops in loops: each turn of the outer one gathers anew, in a number of turns that it knows or in one that data says.
nest = """outer (int64 i, bool go, float[3] s) => (bool on, float[3] t, float[3] sum, float[11, 3] all) {
  eleven = Constant<value_int=11>()  yes = Constant<value=bool {1}>()  zero = Constant<value_ints=[0]>()  g = Constant<value_float=1.1>()  x = Mul(s, g)
  t, all = Loop(eleven, yes, x) <body = inner (int64 j, bool c, float[3] a) => (bool d, float[3] b, float[3] e) {
    d = Identity(c)  f = Constant<value_float=0.7>()  b = Mul(a, f)  e = Identity(b) }>
  z, some = Loop(eleven, yes, x) <body = until (int64 k, bool c2, float[3] a2) => (bool d2, float[3] b2, float[3] e2) {
    f2 = Constant<value_float=0.9>()  b2 = Mul(a2, f2)  e2 = Identity(b2)  d2 = Less(k, i) }>
  sum = ReduceSum<keepdims=0>(some, zero)  %s }"""
case("loop_in_loop", "Loop", [count(15), None, state], outputs=3, opset=21, body=graph(nest % "on = Identity(go)"))
case("loop_in_loop_until", "Loop", [count(15), None, state], outputs=3, opset=21,
     body=graph(nest % "l = Constant<value_int=12>()  on = Less(i, l)"))

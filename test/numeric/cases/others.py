"""Others."""
import numpy as np

from case import P, case, f32, i64, ints, normal

case("center_crop_pad", "CenterCropPad", [normal(5, 8, 3), P(i64(8, 3))], opset=18, axes=[0, 1])
case("tfidf", "TfIdfVectorizer", [ints(0, 4, 3, 9, dtype=np.int32)], opset=9, mode="TFIDF", min_gram_length=1, max_gram_length=3, max_skip_count=1,
     ngram_counts=[0, 3, 7], ngram_indexes=[0, 1, 2, 4, 3, 5], pool_int64s=[0, 2, 3, 1, 2, 3, 3, 0, 1, 2], weights=[1.0, 2.0, 3.0, 0.5, 0.25, 4.0])
case("asinh_wide", "Asinh", [f32(-1e20, -3, -1e-4, -0.0, 0, 2e-7, 0.5, 7, 3e15)])
case("acosh_wide", "Acosh", [f32(1, 1.00001, 1.5, 40, 1e20)])
case("atanh_wide", "Atanh", [f32(-1, -0.99999, -1e-6, 0, 0.3, 0.999, 1)])
# Every function of f64: most are the C library's.
for op in ("Acos", "Asin", "Atan", "Atanh", "Acosh", "Asinh", "Cos", "Cosh", "Elu", "Erf", "Exp", "Gelu", "Log", "Mish", "Selu", "Sigmoid", "Sin",
           "Sinh", "Softplus", "Softsign", "Sqrt", "Tan", "Tanh"):
    wide = np.concatenate([np.linspace(-1, 1, 37), [1e-9, -1e-9]]).reshape(3, 13)
    case(f"{op.lower()}_f64", op, [wide + 2.5 if op in ("Acosh", "Log", "Sqrt") else wide], opset=22)

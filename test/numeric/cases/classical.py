"""Classical models. ONNX Runtime decides what a single score for two classes means."""
import numpy as np

from case import RANDOM, case, f32, ints, normal, uniform

def forest(prefix, trees, depth, targets, modes, weights=normal):
    """Random trees over five features, some of whose leaves come early."""
    lists = {name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    leaf = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(trees):
        level, count = [0], 1
        while level:
            following = []
            for node in level:
                inner = depth > 0 and node < 2 ** depth - 1 and (node == 0 or RANDOM.random() < 0.8)
                row = (tree, node, int(RANDOM.integers(5)), str(RANDOM.choice(modes)) if inner else "LEAF", float(RANDOM.integers(-2, 3)) / 2,
                       count if inner else 0, count + 1 if inner else 0, int(RANDOM.integers(2)))
                for name, value in zip(lists, row):
                    lists[name].append(value)
                if inner:
                    following += [count, count + 1]
                    count += 2
                else:
                    for target in range(targets):
                        for name, value in zip(leaf, (tree, node, target, float(weights(1)[0]))):
                            leaf[name].append(value)
            level = following
    return {**{f"nodes_{name}": values for name, values in lists.items()}, **{f"{prefix}_{name}": values for name, values in leaf.items()}}


samples = ints(-4, 5, 9, 5).astype(np.float32) / 4
samples[2, 1] = samples[5, 3] = np.nan
PLAIN = ["BRANCH_LEQ"]
ALL_MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
ML = {"domain": "ai.onnx.ml", "opset": 15, "fixed": {0: [1]}}
for how in ("SUM", "AVERAGE", "MIN", "MAX"):
    case(f"trees_{how.lower()}", "TreeEnsembleRegressor", [samples], n_targets=2, aggregate_function=how, **forest("target", 7, 4, 2, PLAIN), **ML)
case("trees_modes", "TreeEnsembleRegressor", [samples], n_targets=1, base_values=[0.3], **forest("target", 5, 5, 1, ALL_MODES), **ML)
case("trees_one_leaf", "TreeEnsembleRegressor", [samples], n_targets=1, **forest("target", 2, 0, 1, PLAIN), **ML)
case("trees_f64", "TreeEnsembleRegressor", [samples.astype(np.float64)], n_targets=1, **forest("target", 5, 4, 1, PLAIN), **ML)
for transform in ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"):
    case(f"trees_classes_{transform}", "TreeEnsembleClassifier", [samples], outputs=2, classlabels_int64s=[7, -2, 5], post_transform=transform,
         base_values=[0.1, -0.2, 0.3], **forest("class", 6, 3, 3, PLAIN), **ML)
    for sign, weights in (("positive", lambda n: uniform(n) * 0.3), ("any", lambda n: normal(n) * 0.3)):
        case(f"trees_two_{sign}_{transform}", "TreeEnsembleClassifier", [samples], outputs=2, classlabels_int64s=[3, 8], post_transform=transform,
             **forest("class", 3, 4, 1, PLAIN, weights), **ML)
    case(f"linear_classes_{transform}", "LinearClassifier", [samples[3:5]], outputs=2, classlabels_ints=[7, -2, 5], post_transform=transform,
         coefficients=normal(15).tolist(), intercepts=normal(3).tolist(), **ML)
    case(f"linear_two_{transform}", "LinearClassifier", [np.nan_to_num(samples)], outputs=2, classlabels_ints=[4, 9], post_transform=transform,
         coefficients=normal(5).tolist(), intercepts=[0.25], **ML)
case("linear_regressor", "LinearRegressor", [samples[6:]], targets=2, coefficients=normal(10).tolist(), intercepts=normal(2).tolist(), **ML)

LABELS = {**ML, "fixed": {}}
case("label_ints_floats", "LabelEncoder", [ints(0, 6, 3, 4)], keys_int64s=[1, 4, 2], values_floats=[0.5, -1.5, 3.0], default_float=9.0, **LABELS)
case("label_floats_ints", "LabelEncoder", [f32(1.5, -2, 7, 0)], keys_floats=[1.5, -2.0, 0.0], values_int64s=[3, 5, 8], **LABELS)
case("label_ints", "LabelEncoder", [ints(0, 6, 5)], keys_int64s=[0, 3], values_int64s=[30, 10], default_int64=-7, **LABELS)
case("imputer", "Imputer", [samples], imputed_value_floats=[9.0, 8.0, 7.0, 6.0, 5.0], **ML)
case("imputer_nan", "Imputer", [samples], imputed_value_floats=[0.5], replaced_value_float=float("nan"), **ML)
case("imputer_one", "Imputer", [ints(0, 3, 4, 5)], imputed_value_int64s=[9], replaced_value_int64=1, **ML)
case("one_hot_encoder", "OneHotEncoder", [ints(0, 6, 3, 2)], cats_int64s=[4, 0, 2], **LABELS)
case("feature_vectorizer", "FeatureVectorizer", [ints(0, 6, 3, 2), ints(5, 9, 3, 4)], inputdimensions=[2, 4], **{**ML, "fixed": {0: [1], 1: [1]}})

"""Recurrences."""
import numpy as np

from case import case, normal

steps, width, hidden = normal(5, 3, 4), 4, 6
for op, gates in (("RNN", 1), ("LSTM", 4), ("GRU", 3)):
    def weights(directions, gates=gates):
        return [normal(directions, gates * hidden, width), normal(directions, gates * hidden, hidden)]

    count = 3 if op == "LSTM" else 2
    bias, lengths = normal(1, 2 * gates * hidden), np.array([5, 2, 4], np.int32)
    common = {"hidden_size": hidden, "outputs": count}
    for since in (7, 14, 22):
        case(f"{op.lower()}_{since}", op, [steps, *weights(1), bias], opset=since, fixed={1: ..., 2: ...}, **common)
    case(f"{op.lower()}_reverse", op, [steps, *weights(1), bias, lengths, normal(1, 3, hidden)], opset=14, fixed={1: ..., 2: ...}, direction="reverse",
         **common)
    case(f"{op.lower()}_both", op, [steps, *weights(2)], opset=14, fixed={1: ..., 2: ...}, direction="bidirectional", **common)
    case(f"{op.lower()}_clip", op, [steps * 3, *weights(1)], opset=14, fixed={1: ..., 2: ...}, clip=0.7, **common)
case("gru_linear", "GRU", [steps, normal(1, 18, 4), normal(1, 18, 6), normal(1, 36)], outputs=2, opset=14, fixed={1: ..., 2: ...}, hidden_size=6,
     linear_before_reset=1)
case("lstm_peephole", "LSTM", [steps, normal(1, 24, 4), normal(1, 24, 6), normal(1, 48), None, normal(1, 3, 6), normal(1, 3, 6), normal(1, 18)], outputs=3,
     opset=14, fixed={1: ..., 2: ...}, hidden_size=6, input_forget=1)
case("rnn_activations", "RNN", [steps, normal(2, 6, 4), normal(2, 6, 6)], outputs=2, opset=14, fixed={1: ..., 2: ...}, hidden_size=6,
     direction="bidirectional", activations=["LeakyRelu", "HardSigmoid"], activation_alpha=[0.1, 0.3], activation_beta=[0.4])

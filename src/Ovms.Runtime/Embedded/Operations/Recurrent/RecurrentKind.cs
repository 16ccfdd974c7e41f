namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>The cell of a recurrent layer.</summary>
internal enum RecurrentKind
{
    /// <summary>One gate.</summary>
    Rnn,

    /// <summary>Gates z, r, h.</summary>
    Gru,

    /// <summary>Gates f, i, c, o and a cell state.</summary>
    Lstm,
}

/// <summary>Activation of a gate.</summary>
internal enum GateActivation
{
    /// <summary>1 ÷ (1 + e^−x).</summary>
    Sigmoid,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>Negative values become 0.</summary>
    Relu,
}

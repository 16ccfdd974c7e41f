namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>Positions of inputs and outputs of a recurrent layer; −1 for what it does not have.</summary>
internal readonly record struct RecurrentInputs(int X, int H, int C, int Sequence, int W, int R, int B, int FinalState)
{
    /// <summary>Positions for a kind of layer (IR sheet §15.2).</summary>
    public static RecurrentInputs Of(RecurrentKind kind, bool isSequence)
    {
        var next = kind == RecurrentKind.Lstm ? 3 : 2;
        var weights = isSequence ? next + 1 : next;
        return new RecurrentInputs(0, 1, kind == RecurrentKind.Lstm ? 2 : -1, isSequence ? next : -1, weights, weights + 1, weights + 2, isSequence ? 1 : 0);
    }
}

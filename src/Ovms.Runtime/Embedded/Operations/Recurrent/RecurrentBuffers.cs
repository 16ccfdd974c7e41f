namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>Scratch memory of a recurrent layer, row by row of the batch.</summary>
internal readonly unsafe struct RecurrentBuffers(float* inputGates, float* gates, float* state, float* cell, float* candidate, float* products)
{
    /// <summary>Input's share of the gates, <c>[batch, steps, gates]</c>.</summary>
    public float* InputGates => inputGates;

    /// <summary>State's share of the gates of one step.</summary>
    public float* Gates => gates;

    /// <summary>State, <c>[batch, hidden]</c>.</summary>
    public float* State => state;

    /// <summary>Cell state, <c>[batch, hidden]</c>.</summary>
    public float* Cell => cell;

    /// <summary>Reset state of a GRU, workspace of an LSTM, <c>[batch, hidden]</c>.</summary>
    public float* Candidate => candidate;

    /// <summary>For the products.</summary>
    public float* Products => products;

    // SAFETY: the plan that made the buffers sized them for its batch; rows are below it.

    /// <summary>One row of <see cref="State"/>.</summary>
    public Span<float> StateRow(int row, int hidden) => new(state + ((nint)row * hidden), hidden);

    /// <summary>One row of <see cref="Cell"/>.</summary>
    public Span<float> CellRow(int row, int hidden) => new(cell + ((nint)row * hidden), hidden);

    /// <summary>One row of <see cref="Candidate"/>.</summary>
    public Span<float> CandidateRow(int row, int hidden) => new(candidate + ((nint)row * hidden), hidden);

    /// <summary>One row of <see cref="Gates"/>, <paramref name="length"/> floats long.</summary>
    public Span<float> GateRow(int row, int length) => new(gates + ((nint)row * length), length);
}

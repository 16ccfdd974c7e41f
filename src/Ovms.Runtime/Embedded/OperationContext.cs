using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>What an <see cref="Operation"/> sees of its node while shapes are inferred, while it prepares and while it runs.</summary>
/// <remarks>One object per node and plan instance, reused: nothing here allocates while a plan runs.</remarks>
internal sealed class OperationContext
{
    private readonly TensorValue?[] _inputs;
    private readonly TensorValue[] _outputs;

    public OperationContext(TensorValue?[] inputs, TensorValue[] outputs)
    {
        (_inputs, _outputs) = (inputs, outputs);
    }

    /// <summary>Number of connected inputs; optional trailing inputs may be absent.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>Number of outputs.</summary>
    public int OutputCount => _outputs.Length;

    /// <summary>What <see cref="Operation.Prepare"/> made for these shapes; shared by all requests of a plan, so immutable while running.</summary>
    public object? State { get; set; }

    /// <summary>Objects an operation keeps between its own <see cref="Operation.Infer"/> and <see cref="Operation.Run"/> of one request
    /// (data-dependent shapes). Never shared between requests.</summary>
    public object? RunState { get; set; }

    /// <summary>Scratch memory asked for by <see cref="RequestScratch"/>, 64-byte aligned, content undefined; empty while shapes are inferred.</summary>
    public Span<byte> Scratch => ScratchValue.Bytes;

    /// <summary>Threads for large kernels.</summary>
    public WorkerPool Workers { get; init; } = WorkerPool.Inline;

    /// <summary>Bytes of scratch memory wanted.</summary>
    public int ScratchBytes { get; private set; }

    /// <summary>Holder of the scratch memory; set by the plan.</summary>
    internal TensorValue ScratchValue { get; } = new();

    /// <summary>Told to stop between steps; control flow checks it between iterations.</summary>
    public RunControl Control { get; init; } = RunControl.None;

    /// <summary>Whether input <paramref name="index"/> is connected.</summary>
    public bool HasInput(int index) => index < _inputs.Length && _inputs[index] is not null;

    /// <summary>A connected input: type and shape always; data only when constant or at run time.</summary>
    public TensorValue Input(int index) => (uint)index < (uint)_inputs.Length && _inputs[index] is { } value ? value : throw Missing("input", index);

    /// <summary>An output: memory only in <see cref="Operation.Run"/>.</summary>
    public TensorValue Output(int index) => (uint)index < (uint)_outputs.Length ? _outputs[index] : throw Missing("output", index);

    /// <summary>Declares an output; only in <see cref="Operation.Infer"/>, once for every output.</summary>
    /// <exception cref="OverflowException">The tensor would be too large.</exception>
    public void SetOutput(int index, ElementType type, in Shape shape) => Output(index).Describe(type, shape);

    /// <summary>Asks for scratch memory; only in <see cref="Operation.Prepare"/>.</summary>
    public void RequestScratch(int bytes) => ScratchBytes = bytes;

    /// <summary>Gives the scratch memory asked for its place, or takes it away.</summary>
    internal void AttachScratch(Memory.TensorMemory? memory, int offset)
    {
        if (memory is not null)
        {
            ScratchValue.Describe(ElementType.U8, new Shape(ScratchBytes));
        }

        ScratchValue.Attach(memory, offset);
    }

    private static MissingPortException Missing(string kind, int index) => new($"{kind} {index} is missing");

    /// <summary>Takes over what <see cref="Operation.Prepare"/> of a plan made.</summary>
    internal void Adopt(object? state, int scratchBytes) => (State, ScratchBytes) = (state, scratchBytes);
}

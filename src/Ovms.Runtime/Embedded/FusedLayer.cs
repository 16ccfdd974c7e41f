using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Stands for a layer whose work the layer before has taken over: its output is its input's bytes.</summary>
/// <param name="node">The layer.</param>
/// <param name="input">The input that comes from the layer before.</param>
/// <param name="otherRank">Rank of the constant that was taken over; the output of the layer before has at least this rank, else broadcasting would
/// have widened it.</param>
internal sealed class FusedLayer(GraphNode node, int input, int otherRank) : Operation(node)
{
    /// <inheritdoc/>
    public override bool ComputesHalf => true;

    /// <inheritdoc/>
    public override int AliasedInput => input;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var value = context.Input(input);

        // What was fused relied on the types and ranks that the file declares at its ports.
        if (value.Type != ElementType.F32 || value.Shape.Rank < otherRank)
        {
            throw Node.Error($"input {input} is {value.Type.IrName()} {value.Shape}, not what the file declares");
        }

        context.SetOutput(0, value.Type, value.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context) => throw new InvalidOperationException("an alias does not run");
}

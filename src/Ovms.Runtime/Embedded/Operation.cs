using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded;

/// <summary>One operation of a loaded graph: its attributes, its shape rule and its kernel. Made once per node at load, immutable, shared
/// by all plans and requests.</summary>
/// <remarks>
/// Constructors read and check attributes and throw <see cref="GraphNode.Error"/> for what they cannot do. Plans are compiled per set of
/// concrete input shapes, so <see cref="Infer"/> always sees concrete shapes. f16 and bf16 never arrive at an operation whose
/// <see cref="ComputesHalf"/> is false: the plan converts its inputs to f32 and its outputs back.
/// </remarks>
internal abstract class Operation
{
    protected Operation(GraphNode node)
    {
        Node = node;
    }

    /// <summary>The layer.</summary>
    public GraphNode Node { get; }

    /// <summary>True when the kernel itself handles f16 and bf16 (data movement, Convert); false lets the plan convert around it.</summary>
    public virtual bool ComputesHalf => false;

    /// <summary>Input whose bytes are output 0 unchanged (Reshape, Squeeze ...), so that no copy is made; −1 for none. <see cref="Run"/> is
    /// then not called.</summary>
    public virtual int AliasedInput => -1;

    /// <summary>True when equal inputs may give different outputs (random operations): never folded.</summary>
    public virtual bool IsVolatile => false;

    /// <summary>Declares type and shape of every output by <see cref="OperationContext.SetOutput"/>.</summary>
    /// <returns>False, declaring nothing, when an input value is needed that is not known yet (<see cref="TensorValue.HasData"/>); the plan
    /// then calls again at run time, when every input has data.</returns>
    /// <exception cref="Errors.ModelLoadException">The operation does not accept these types or shapes, from <see cref="GraphNode.Error"/>.</exception>
    public abstract bool Infer(OperationContext context);

    /// <summary>Work that depends on shapes and constants only: choosing a kernel, packing constant weights, asking for scratch memory. Stores
    /// its result in <see cref="OperationContext.State"/>. Called after <see cref="Infer"/> succeeded; values not constant have no data.</summary>
    public virtual void Prepare(OperationContext context)
    {
    }

    /// <summary>Computes all outputs. Must not allocate managed memory when every input shape was known before running.</summary>
    public abstract void Run(OperationContext context);
}

using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Native;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.OpenVino;

/// <summary>Builds the signature of a model from its native ports and, for IR, from what the file says about names and layouts.</summary>
internal static class OpenVinoSignature
{
    /// <summary>Descriptors of inputs or outputs.</summary>
    /// <param name="api">The library.</param>
    /// <param name="model">The model as read: asked for further names.</param>
    /// <param name="declared">The ports as read: their names are the public ones, since compiling may leave an output with its producer's.</param>
    /// <param name="ports">The compiled model's ports in the same order: their types and shapes hold.</param>
    /// <param name="facts">The file's facts in the same order, or null.</param>
    /// <param name="outputs">Whether these are outputs.</param>
    /// <exception cref="ModelLoadException">A type or size that cannot be served.</exception>
    public static TensorDescriptor[] Describe(
        OvApi api, OvModelHandle model, OvPort[] declared, OvPort[] ports, IReadOnlyList<TensorFacts>? facts, bool outputs)
    {
        if (declared.Length != ports.Length)
        {
            throw new ModelLoadException($"the compiled model has {ports.Length} {(outputs ? "outputs" : "inputs")}, the model as read {declared.Length}");
        }

        var descriptors = new TensorDescriptor[ports.Length];
        for (var i = 0; i < ports.Length; i++)
        {
            var port = ports[i];
            var fact = facts is not null && facts.Count == ports.Length ? facts[i] : null;
            var names = Names(api, model, declared[i], fact, outputs, i);
            var what = $"{(outputs ? "output" : "input")} {names[0]}";
            var type = port.Type ?? throw new ModelLoadException($"{what} has an element type that the server does not know");
            if (type is ElementType.String)
            {
                throw new ModelLoadException($"{what} has element type string; the OpenVINO backend does not support strings yet");
            }

            if (type is ElementType.Dynamic || type.BitSize() < 8)
            {
                throw new ModelLoadException($"{what} has element type {type.IrName()}, which cannot be sent or received");
            }

            CheckSize(what, type, port.Shape);
            descriptors[i] = new TensorDescriptor { Index = i, Name = names[0], Names = names, Type = type, Shape = port.Shape, Layout = fact?.Layout };
        }

        return descriptors;
    }

    /// <summary>Refuses shapes that no tensor of this server can have, before anything is allocated for them.</summary>
    public static void CheckSize(string what, ElementType type, PartialShape shape)
    {
        if (!shape.IsRankKnown)
        {
            return;
        }

        if (shape.Rank > Shape.MaxRank)
        {
            throw new ModelLoadException($"{what} has {shape.Rank} dimensions; {Shape.MaxRank} are supported");
        }

        // The least that a tensor takes: what may vary counts with its lower bound.
        var least = default(Shape);
        foreach (var dimension in shape.Dims)
        {
            least.TryAppend(dimension.Min);
        }

        if (!least.TryGetElementCount(out var count) || count > TensorMemory.MaxLength / Math.Max(type.ByteSize(), 1))
        {
            throw new ModelLoadException($"{what} has shape {shape} of {type.IrName()}; tensors may have {TensorMemory.MaxLength} bytes");
        }
    }

    private static string[] Names(OvApi api, OvModelHandle model, OvPort port, TensorFacts? fact, bool outputs, int index)
    {
        // The library's own word decides: where the file's names do not hold the native one they belong to another tensor.
        if (fact is not null && fact.Names.Length > 0 && (port.AnyName is null || fact.Names.Contains(port.AnyName)))
        {
            return Sorted(fact.Names);
        }

        if (port.AnyName is not { } name)
        {
            throw new ModelLoadException($"{(outputs ? "output" : "input")} {index} of the model has no name");
        }

        // The library does not list names, but can be asked for one: TensorFlow's come with and without the output number.
        var other = name.EndsWith(":0", StringComparison.Ordinal) ? name[..^2] : name + ":0";
        return other.Length > 0 && api.FindPort(model, other, outputs) == name ? Sorted([name, other]) : [name];
    }

    private static string[] Sorted(string[] names)
    {
        var distinct = names.Distinct().ToArray();
        Array.Sort(distinct, StringComparer.Ordinal);
        return distinct;
    }
}

using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Finds names, types and shapes of a model's inputs and outputs (IR sheet §1, §6).</summary>
internal static class SignatureBuilder
{
    /// <summary>The signature, after the shapes of <paramref name="source"/> were applied.</summary>
    /// <exception cref="ModelLoadException">A shape cannot be executed, or names an input that is not there.</exception>
    public static ModelSignature Build(ExecutionGraph graph, ModelSource source, PlanCache plans)
    {
        TensorDescriptor[] inputs = [.. graph.Graph.Parameters.Select((parameter, i) => DescribeInput(graph.Graph, parameter, i, source))];
        foreach (var name in source.InputShapes.Keys)
        {
            if (!Array.Exists(inputs, input => input.Names.Contains(name)))
            {
                throw new ModelLoadException($"a shape is given for input {name}, which the model does not have");
            }
        }

        var found = FindOutputs(graph, inputs, plans, source.InputShapes.Count > 0);
        return new ModelSignature
        {
            Inputs = inputs,
            Outputs = [.. graph.Graph.Results.Select((result, i) => DescribeOutput(graph.Graph, result, i, found[i].Type, found[i].Shape))],
        };
    }

    private static TensorDescriptor DescribeInput(ModelGraph graph, GraphNode node, int index, ModelSource source)
    {
        var type = node.Attributes.GetElementType("element_type");
        if (type is ElementType.String or ElementType.Dynamic)
        {
            throw node.Error($"the embedded executor does not support inputs of type {type.IrName()}");
        }

        if (graph.IrVersion == 10 && type == ElementType.F16)
        {
            // Old files state how weights are stored; the runtime feeds such inputs as f32 (IR sheet §1).
            type = ElementType.F32;
        }

        // Version 10: the reader of OpenVINO names tensors after layers. Both versions fall back to the layer's name.
        var names = node.Outputs.Length > 0 ? node.Outputs[0].Names : [];
        string[] all = graph.IrVersion == 10 || names.Count == 0 ? [.. names, node.Name] : [.. names];
        all = Sorted(all);
        var shape = ReadShape(node);
        foreach (var name in all)
        {
            if (source.InputShapes.TryGetValue(name, out var given))
            {
                shape = given;
            }
        }

        return new TensorDescriptor { Index = index, Name = all[0], Names = all, Type = type, Shape = shape, Layout = node.Layout };
    }

    private static TensorDescriptor DescribeOutput(ModelGraph graph, GraphNode result, int index, ElementType type, PartialShape shape)
    {
        var port = result.Inputs.Length == 1 ? result.Inputs[0] : throw result.Error("a result has one input");
        var output = port.Node.Outputs[port.Output];
        var names = result.OutputNames ?? output.Names;
        string[] all = [.. names];
        if (graph.IrVersion == 10)
        {
            all = [.. all, port.Node.Outputs.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"{port.Node.Name}.{port.Output}") : port.Node.Name];
        }

        // Without any name the tensor is called like its Result layer.
        all = Sorted(all.Length == 0 ? [result.Name] : all);
        if (graph.IrVersion == 10)
        {
            type = type is ElementType.I64 or ElementType.U64 or ElementType.I32 or ElementType.U32 ? ElementType.I32 : ElementType.F32;
        }

        return type.BitSize() > 0
            ? new TensorDescriptor { Index = index, Name = all[0], Names = all, Type = type, Shape = shape, Layout = result.Layout ?? port.Node.Layout }
            : throw result.Error($"the embedded executor does not support outputs of type {type.IrName()}");
    }

    private static string[] Sorted(string[] names)
    {
        var distinct = names.Distinct().ToArray();
        Array.Sort(distinct, StringComparer.Ordinal);
        return distinct;
    }

    private static PartialShape ReadShape(GraphNode node)
    {
        var text = node.Attributes.Find("shape")?.Trim() ?? "";
        if (text == "...")
        {
            return PartialShape.AnyRank;
        }

        var items = text.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (items.Length > Shape.MaxRank)
        {
            throw node.Error($"shape=\"{text}\" has more than {Shape.MaxRank} dimensions");
        }

        return new PartialShape(Array.ConvertAll(items, item => ReadDimension(node, item)));
    }

    private static Dimension ReadDimension(GraphNode node, string text)
    {
        if (text is "?" or "-1")
        {
            return Dimension.Any;
        }

        var dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            return Dimension.Fixed(Size(text));
        }

        var dimension = new Dimension(dots == 0 ? 0 : Size(text[..dots]), dots + 2 == text.Length ? Dimension.Unbounded : Size(text[(dots + 2)..]));
        return dimension.Min <= dimension.Max ? dimension : throw Error();

        long Size(string number) => long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw Error();
        ModelLoadException Error() => node.Error($"shape=\"{node.Attributes.Find("shape")}\" is not a shape");
    }

    /// <summary>Static models: what the plan says. Others: what the file says, refined by two trials where an input has bounds or was reshaped.</summary>
    private static OutputHint[] FindOutputs(ExecutionGraph graph, TensorDescriptor[] inputs, PlanCache plans, bool isReshaped)
    {
        if (Array.TrueForAll(inputs, static input => input.Shape.IsStatic))
        {
            return Infer(graph, inputs, plans, new Trial(0, 0), required: true)!;
        }

        var hints = graph.Graph.Results.Select(static result => HintOf(result)).ToArray();
        if (Array.Exists(inputs, static input => !input.Shape.IsRankKnown))
        {
            // A port without dimensions is a scalar or of unknown rank; here it is the second.
            return Array.ConvertAll(hints, static hint => hint.Shape.Rank == 0 ? hint with { Shape = PartialShape.AnyRank } : hint);
        }

        if (!isReshaped && !Array.Exists(inputs, static input => IsBounded(input.Shape)))
        {
            return hints;
        }

        var (small, large) = (new Trial(5, 3), new Trial(7, 4));
        var first = Infer(graph, inputs, plans, small, required: false);
        var second = Infer(graph, inputs, plans, large, required: false);
        return first is null || second is null
            ? Array.ConvertAll(hints, hint => isReshaped ? hint with { Shape = Free(hint.Shape) } : hint)
            : [.. hints.Select((_, i) => first[i] with { Shape = Common(first[i].Shape, second[i].Shape, inputs, small, large) })];
    }

    private static bool IsBounded(PartialShape shape)
    {
        foreach (var dimension in shape.Dims)
        {
            if (!dimension.IsStatic && dimension.Max != Dimension.Unbounded)
            {
                return true;
            }
        }

        return false;
    }

    private static OutputHint HintOf(GraphNode result)
    {
        var output = result.Inputs[0].Node.Outputs[result.Inputs[0].Output];
        return new OutputHint(output.Type, output.Shape);
    }

    private static PartialShape Free(PartialShape hint)
    {
        var dimensions = new Dimension[hint.Rank];
        Array.Fill(dimensions, Dimension.Any);
        return hint.IsRankKnown ? new PartialShape(dimensions) : hint;
    }

    /// <summary>Dimensions on which two trials agree are fixed; one that follows an input's dimension in both has its bounds.</summary>
    private static PartialShape Common(PartialShape first, PartialShape second, TensorDescriptor[] inputs, Trial small, Trial large)
    {
        if (!first.IsRankKnown || !second.IsRankKnown || first.Rank != second.Rank)
        {
            return PartialShape.AnyRank;
        }

        var dimensions = new Dimension[first.Rank];
        for (var i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = first[i] == second[i] ? first[i] : Dimension.Any;
            var open = 0;
            foreach (var dimension in inputs.SelectMany(static input => input.Shape.Dims.ToArray()).Where(static dimension => !dimension.IsStatic))
            {
                if (first[i] == Dimension.Fixed(small.Size(dimension, open)) && second[i] == Dimension.Fixed(large.Size(dimension, open)))
                {
                    dimensions[i] = dimension;
                    break;
                }

                open++;
            }
        }

        return new PartialShape(dimensions);
    }

    private static OutputHint[]? Infer(ExecutionGraph graph, TensorDescriptor[] inputs, PlanCache plans, Trial trial, bool required)
    {
        var shapes = new Shape[inputs.Length];
        var open = 0;
        for (var i = 0; i < inputs.Length; i++)
        {
            foreach (var dimension in inputs[i].Shape.Dims)
            {
                shapes[i].TryAppend(dimension.IsStatic ? dimension.Min : trial.Size(dimension, open++));
            }
        }

        try
        {
            var plan = plans.Acquire(shapes, Array.ConvertAll(inputs, static input => input.Type));
            try
            {
                return [.. graph.Graph.Results.Select((result, i) => Describe(plan.Values[plan.Results[i]]!, HintOf(result)))];
            }
            finally
            {
                plans.Release(plan);
            }
        }
        catch (Exception exception) when (!required && exception is ModelLoadException or OutOfMemoryException)
        {
            // A size of our choosing need not suit the model.
            return null;
        }
    }

    private static OutputHint Describe(PlannedValue value, OutputHint hint)
    {
        if (value.Source == ValueSource.Dynamic)
        {
            return hint;
        }

        // Halves are computed as f32: then the file knows the type better.
        var type = value.Type == ElementType.F32 && ExecutionGraph.IsHalf(hint.Type) ? hint.Type : value.Type;
        return new OutputHint(type, PartialShape.Of(value.Shape.Dims));
    }

    /// <summary>Type and shape of an output.</summary>
    private sealed record OutputHint(ElementType Type, PartialShape Shape);

    /// <summary>Sizes for open dimensions: a different one for each, so that outputs show which they follow.</summary>
    private readonly record struct Trial(long First, long Step)
    {
        public long Size(Dimension dimension, int index) => Math.Clamp(First + (Step * index), dimension.Min, dimension.Max);
    }
}

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

        var shapes = OutputShapes(graph, inputs, plans, source.InputShapes.Count > 0);
        return new ModelSignature
        {
            Inputs = inputs,
            Outputs = [.. graph.Graph.Results.Select((result, i) => DescribeOutput(graph.Graph, result, i, shapes[i]))],
        };
    }

    private static TensorDescriptor DescribeInput(ModelGraph graph, GraphNode node, int index, ModelSource source)
    {
        var type = node.Attributes.GetElementType("element_type");
        if (type is ElementType.String or ElementType.Dynamic || type.BitSize() < 8)
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

    private static TensorDescriptor DescribeOutput(ModelGraph graph, GraphNode result, int index, PartialShape shape)
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
        var type = output.Type;
        if (graph.IrVersion == 10)
        {
            type = type is ElementType.I64 or ElementType.U64 or ElementType.I32 or ElementType.U32 ? ElementType.I32 : ElementType.F32;
        }

        return type.BitSize() >= 8
            ? new TensorDescriptor { Index = index, Name = all[0], Names = all, Type = type, Shape = shape, Layout = result.Layout }
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

    /// <summary>Static models: what the plan says. Others: what the file says, or, after a reshape, the dimensions on which two sizes agree.</summary>
    private static PartialShape[] OutputShapes(ExecutionGraph graph, TensorDescriptor[] inputs, PlanCache plans, bool isReshaped)
    {
        if (Array.TrueForAll(inputs, static input => input.Shape.IsStatic))
        {
            return Infer(graph, inputs, plans, 0, required: true)!;
        }

        var hints = graph.Graph.Results.Select(static result => result.Inputs[0].Node.Outputs[result.Inputs[0].Output].Shape).ToArray();
        if (!isReshaped)
        {
            return hints;
        }

        var first = Infer(graph, inputs, plans, 2, required: false);
        var second = Infer(graph, inputs, plans, 3, required: false);
        return [.. hints.Select((hint, i) => first is null || second is null ? Free(hint) : Common(first[i], second[i]))];
    }

    private static PartialShape Free(PartialShape hint)
    {
        var dimensions = new Dimension[hint.Rank];
        Array.Fill(dimensions, Dimension.Any);
        return hint.IsRankKnown ? new PartialShape(dimensions) : hint;
    }

    private static PartialShape Common(PartialShape first, PartialShape second)
    {
        if (!first.IsRankKnown || !second.IsRankKnown || first.Rank != second.Rank)
        {
            return PartialShape.AnyRank;
        }

        var dimensions = new Dimension[first.Rank];
        for (var i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = first[i] == second[i] ? first[i] : Dimension.Any;
        }

        return new PartialShape(dimensions);
    }

    private static PartialShape[]? Infer(ExecutionGraph graph, TensorDescriptor[] inputs, PlanCache plans, long size, bool required)
    {
        var shapes = new Shape[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!inputs[i].Shape.IsRankKnown)
            {
                return null;
            }

            foreach (var dimension in inputs[i].Shape.Dims)
            {
                shapes[i].TryAppend(dimension.IsStatic ? dimension.Min : Math.Clamp(size, dimension.Min, dimension.Max));
            }
        }

        try
        {
            var plan = plans.Acquire(shapes, Array.ConvertAll(inputs, static input => input.Type));
            try
            {
                return [.. graph.Graph.Results.Select((result, i) => plan.Values[plan.Results[i]]!.Source == ValueSource.Dynamic
                    ? result.Inputs[0].Node.Outputs[result.Inputs[0].Output].Shape
                    : PartialShape.Of(plan.Values[plan.Results[i]]!.Shape.Dims))];
            }
            finally
            {
                plans.Release(plan);
            }
        }
        catch (ModelLoadException) when (!required)
        {
            // A size of our choosing need not suit the model.
            return null;
        }
    }
}

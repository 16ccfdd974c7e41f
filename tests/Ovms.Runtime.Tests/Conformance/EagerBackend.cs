using System.Globalization;
using System.Xml.Linq;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Conformance;

/// <summary>A plain interpreter for small IR files: one node after the other, nothing reused, no states and no bodies. It tests operations
/// apart from the executor's planning; infers shapes twice, first as if inputs that are not constant had no data yet.</summary>
internal sealed class EagerBackend : IInferenceBackend
{
    public string Name => "eager";

    public CompiledModel Load(ModelSource source)
    {
        var root = XDocument.Load(source.Path).Root!;
        var weightsPath = Path.ChangeExtension(source.Path, ".bin");
        var weights = File.Exists(weightsPath) ? File.ReadAllBytes(weightsPath) : [];
        var layers = root.Element("layers")!.Elements("layer").ToList();
        var nodes = layers.ToDictionary(static layer => Id(layer, "id"), layer => ReadNode(layer, weights));
        var outputPorts = layers.ToDictionary(static l => Id(l, "id"), static l => Ports(l, "output"));
        var inputPorts = layers.ToDictionary(static l => Id(l, "id"), static l => Ports(l, "input"));
        foreach (var (id, node) in nodes)
        {
            node.Inputs = new GraphPort[inputPorts[id].Count];
        }

        foreach (var edge in root.Element("edges")?.Elements("edge") ?? [])
        {
            var (from, to) = (Id(edge, "from-layer"), Id(edge, "to-layer"));
            var output = outputPorts[from].IndexOf(Id(edge, "from-port"));
            nodes[to].Inputs[inputPorts[to].IndexOf(Id(edge, "to-port"))] = new GraphPort(nodes[from], output);
        }

        return new EagerModel([.. layers.Select(l => nodes[Id(l, "id")])]);
    }

    private static long Id(XElement element, string name) => long.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static List<long> Ports(XElement layer, string side) =>
        layer.Element(side)?.Elements("port").Select(static port => Id(port, "id")).ToList() ?? [];

    private static GraphNode ReadNode(XElement layer, byte[] weights)
    {
        var attributes = layer.Element("data")?.Attributes().ToDictionary(static a => a.Name.LocalName, static a => a.Value) ?? [];
        var opset = int.Parse(layer.Attribute("version")!.Value["opset".Length..], CultureInfo.InvariantCulture);
        var node = new GraphNode(Id(layer, "id"), layer.Attribute("name")!.Value, layer.Attribute("type")!.Value, opset, attributes)
        {
            Outputs = [.. layer.Element("output")?.Elements("port").Select(static _ => new GraphOutput(ElementType.Dynamic, PartialShape.AnyRank, [])) ?? []],
        };
        if (node.Type == "Const")
        {
            var shape = new Shape(node.Attributes.GetInts("shape"));
            var (offset, size) = ((int)node.Attributes.GetInt("offset"), (int)node.Attributes.GetInt("size"));
            node.Constant = new ConstantData(node.Attributes.GetElementType("element_type"), shape, weights.AsMemory(offset, size));
        }

        return node;
    }

    private sealed class EagerModel : CompiledModel
    {
        private readonly List<GraphNode> _order = [];
        private readonly List<GraphNode> _results;
        private readonly Dictionary<GraphNode, Operation> _operations = [];

        public EagerModel(List<GraphNode> nodes)
        {
            var parameters = nodes.Where(static n => n.Type == "Parameter").ToList();
            _results = nodes.Where(static n => n.Type == "Result").ToList();
            parameters.ForEach(_order.Add);
            _results.ForEach(Visit);
            Signature = new ModelSignature
            {
                Inputs = [.. parameters.Select((node, i) => Describe(i, node.Attributes.GetElementType("element_type"), ParseShape(node)))],
                Outputs = [.. _results.Select(static (node, i) => Describe(i, ElementType.Dynamic, PartialShape.AnyRank))],
            };
            if (Signature.Inputs.All(static input => input.Shape.IsStatic))
            {
                // Compiling checks what is known: run the shape rules without data.
                using var request = new EagerRequest(this);
                request.InferShapes();
            }
        }

        public override string BackendName => "eager";

        public override ModelSignature Signature { get; }

        public override int OptimalRequestCount => 1;

        public List<GraphNode> Order => _order;

        public List<GraphNode> Results => _results;

        public Operation Operation(GraphNode node) => _operations[node];

        public override InferRequest CreateRequest() => new EagerRequest(this);

        protected override void Dispose(bool disposing)
        {
        }

        private void Visit(GraphNode node)
        {
            if (_order.Contains(node))
            {
                return;
            }

            foreach (var input in node.Inputs)
            {
                Visit(input.Node);
            }

            if (node.Type is not ("Const" or "Result"))
            {
                _operations.Add(node, OperationRegistry.Default.Create(node));
            }

            _order.Add(node);
        }

        private static TensorDescriptor Describe(int index, ElementType type, PartialShape shape) =>
            new() { Index = index, Name = "t" + index, Names = [], Type = type, Shape = shape };

        private static PartialShape ParseShape(GraphNode node)
        {
            var text = node.Attributes.Find("shape") ?? "";
            if (text == "...")
            {
                return PartialShape.AnyRank;
            }

            static long Bound(string bound, long open) => bound.Length == 0 ? open : long.Parse(bound, CultureInfo.InvariantCulture);
            return new PartialShape([.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static item => item.Split("..") switch
            {
                ["?"] or ["-1"] => Dimension.Any,
                [var one] => Dimension.Fixed(Bound(one, 0)),
                var range => new Dimension(Bound(range[0], 0), Bound(range[1], Dimension.Unbounded)),
            })]);
        }
    }

    private sealed class EagerRequest(EagerModel model) : InferRequest
    {
        private readonly List<TensorMemory> _memory = [];
        private readonly Dictionary<int, TensorValue> _inputs = [];
        private Dictionary<(GraphNode Node, int Output), TensorValue> _values = [];

        public void InferShapes() => Execute(withData: false);

        public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination)
        {
            var value = Allocate(model.Signature.Inputs[index].Type, shape);
            _inputs[index] = value;
            destination = value.Bytes;
            return InferenceError.None;
        }

        public override InferenceError SetInput(int index, Tensor tensor) => throw new NotSupportedException();

        public override InferenceError Infer()
        {
            Execute(withData: true);
            return InferenceError.None;
        }

        public override void Cancel()
        {
        }

        public override OutputTensor GetOutput(int index)
        {
            var port = model.Results[index].Inputs[0];
            var value = _values[(port.Node, port.Output)];
            return new OutputTensor(value.Type, value.Shape, value.Bytes.ToArray());
        }

        public override void Reset()
        {
            _memory.ForEach(static memory => memory.Dispose());
            _memory.Clear();
            _values = [];
        }

        protected override void Dispose(bool disposing) => Reset();

        private void Execute(bool withData)
        {
            _values = [];
            var parameter = 0;
            foreach (var node in model.Order)
            {
                if (node.Type == "Parameter")
                {
                    _values.Add((node, 0), withData ? _inputs[parameter] : Describe(model.Signature.Inputs[parameter]));
                    parameter++;
                }
                else if (node.Constant is { } constant)
                {
                    var value = Allocate(constant.Type, constant.Shape);
                    constant.Bytes.Span[..value.LengthBytes].CopyTo(value.Bytes);
                    _values.Add((node, 0), value);
                }
                else if (node.Type != "Result" && !Execute(node, withData))
                {
                    return;
                }
            }
        }

        private bool Execute(GraphNode node, bool withData)
        {
            var operation = model.Operation(node);
            var inputs = node.Inputs.Select(port => _values[(port.Node, port.Output)]).ToArray();
            var half = operation.ComputesHalf ? null : inputs.FirstOrDefault(static v => v.Type is ElementType.F16 or ElementType.BF16);
            if (half is not null)
            {
                inputs = [.. inputs.Select(v => v.Type is ElementType.F16 or ElementType.BF16 ? ConvertTo(v, ElementType.F32) : v)];
            }

            CheckShapesWithoutData(node, operation, inputs);
            var outputs = node.Outputs.Select(static _ => new TensorValue()).ToArray();
            var context = new OperationContext(inputs, outputs);
            if (!operation.Infer(context))
            {
                Assert.False(withData, $"{node.Type}: Infer refused inputs that have data");
                return false;
            }

            operation.Prepare(context);
            if (withData && inputs.All(static v => v.HasData))
            {
                foreach (var output in outputs)
                {
                    Attach(output);
                }

                context.ScratchValue.Describe(ElementType.U8, new Shape(context.ScratchBytes));
                Attach(context.ScratchValue);
                operation.Run(context);
            }

            for (var i = 0; i < outputs.Length; i++)
            {
                var back = half is not null && outputs[i].Type == ElementType.F32;
                _values.Add((node, i), back ? ConvertTo(outputs[i], half!.Type) : outputs[i]);
            }

            return true;
        }

        // What is inferred without data must be what is inferred with it.
        private static void CheckShapesWithoutData(GraphNode node, Operation operation, TensorValue[] inputs)
        {
            TensorValue[] bare = [.. node.Inputs.Select((port, i) => port.Node.Constant is null ? Describe(inputs[i].Type, inputs[i].Shape) : inputs[i])];
            var (first, second) = (node.Outputs.Select(static _ => new TensorValue()).ToArray(), node.Outputs.Select(static _ => new TensorValue()).ToArray());
            if (inputs.All(static v => v.HasData) && operation.Infer(new OperationContext(bare, first)) && operation.Infer(new OperationContext(inputs, second)))
            {
                for (var i = 0; i < first.Length; i++)
                {
                    Assert.Equal(second[i].Shape, first[i].Shape);
                    Assert.Equal(second[i].Type, first[i].Type);
                }
            }
        }

        private static TensorValue Describe(TensorDescriptor descriptor) => Describe(descriptor.Type, descriptor.Shape.ToShape());

        private static TensorValue Describe(ElementType type, in Shape shape)
        {
            var value = new TensorValue();
            value.Describe(type, shape);
            return value;
        }

        private TensorValue ConvertTo(TensorValue value, ElementType type)
        {
            if (!value.HasData)
            {
                return Describe(type, value.Shape);
            }

            var converted = Allocate(type, value.Shape);
            Embedded.Operations.Elementwise.ElementConversion.Convert(value.Type, value.Bytes, type, converted.Bytes, value.Count);
            return converted;
        }

        private TensorValue Allocate(ElementType type, in Shape shape)
        {
            var value = Describe(type, shape);
            Attach(value);
            return value;
        }

        private void Attach(TensorValue value)
        {
            var memory = TensorMemory.Allocate(value.LengthBytes);
            memory.Span.Fill(0xcd);
            _memory.Add(memory);
            value.Attach(memory, 0);
        }
    }
}

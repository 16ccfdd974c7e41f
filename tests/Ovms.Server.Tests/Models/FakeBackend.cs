using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Tests.Dispatch;

namespace Ovms.Server.Tests.Models;

/// <summary>Loads any file as a <see cref="FakeModel"/>; files that say <c>broken</c> are refused. Declared inputs can be reshaped.</summary>
internal sealed class FakeBackend(params TensorDescriptor[] inputs) : IInferenceBackend
{
    public string Name => "fake";

    public List<FakeModel> Models { get; } = [];

    public Exception? Unexpected { get; set; }

    public CompiledModel Load(ModelSource source)
    {
        if (Unexpected is not null)
        {
            throw Unexpected;
        }

        if (File.ReadAllText(source.Path) == "broken")
        {
            throw new ModelLoadException("layer 3 'x' (Foo, opset1): not supported");
        }

        var declared = inputs.Length == 0 ? [FakeModel.Describe("b", ElementType.F32, PartialShape.Of(1, 10))] : inputs;
        var reshaped = declared
            .Select(i => FakeModel.Describe(i.Name, i.Type, source.InputShapes.GetValueOrDefault(i.Name) ?? i.Shape, layout: i.Layout)).ToArray();
        if (reshaped.Any(static r => r.Shape.IsRankKnown && r.Shape.Rank == 5))
        {
            throw new ModelLoadException("rank 5");
        }

        var model = new FakeModel(reshaped);
        Models.Add(model);
        return model;
    }
}

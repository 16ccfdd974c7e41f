using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Dispatch;

/// <summary>Inputs of a request as a test writes them down.</summary>
internal sealed class FakeInputs : IPredictInputs
{
    private readonly List<(byte[] Name, ElementType Type, long[] Shape, byte[] Data)> _inputs = [];

    public int Count => _inputs.Count;

    public static FakeInputs Dummy(float first = 0) =>
        new FakeInputs().Add("b", ElementType.F32, [1, 10], [.. Enumerable.Range(0, 10).Select(i => first + i)]);

    public FakeInputs Add(string name, ElementType type, long[] shape, params float[] values)
    {
        _inputs.Add((Encoding.UTF8.GetBytes(name), type, shape, MemoryMarshal.AsBytes<float>(values).ToArray()));
        return this;
    }

    public int IndexOf(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _inputs.Count; i++)
        {
            if (name.SequenceEqual(_inputs[i].Name))
            {
                return i;
            }
        }

        return -1;
    }

    public ElementType TypeOf(int index) => _inputs[index].Type;

    public string TypeText(int index) => _inputs[index].Type.PrecisionName();

    public bool TryGetShape(int index, out Shape shape, out string? text)
    {
        var sizes = _inputs[index].Shape;
        var fits = sizes.Length <= Shape.MaxRank;
        shape = fits ? new Shape(sizes) : default;
        text = fits ? null : $"({string.Join(',', sizes)})";
        return fits;
    }

    public ServingFault CheckContent(int index, TensorDescriptor expected, long elementCount)
    {
        var bytes = elementCount * expected.Type.ByteSize();
        var actual = _inputs[index].Data.Length;
        return bytes == actual
            ? ServingFault.None
            : new ServingFault(ServingStatus.InvalidContentSize, FaultDetails.ContentSize(bytes, actual));
    }

    public void CopyTo(int index, TensorDescriptor expected, Span<byte> destination) => _inputs[index].Data.CopyTo(destination);

    public Tensor? HostTensor(int index) => null;
}

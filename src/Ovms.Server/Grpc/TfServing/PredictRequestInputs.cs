using System.Globalization;
using System.Text;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Grpc.TfServing;

/// <summary>The tensors of a <see cref="PredictRequest"/> as the dispatcher sees them; nothing is copied before <see cref="CopyTo"/>.</summary>
internal sealed class PredictRequestInputs : IPredictInputs
{
    private PredictRequest? _request;

    /// <inheritdoc/>
    public int Count => _request!.Inputs.Count;

    /// <summary>Begins to show a parsed request.</summary>
    public void Open(PredictRequest request) => _request = request;

    /// <summary>Forgets it.</summary>
    public void Close() => _request = null;

    /// <inheritdoc/>
    public int IndexOf(ReadOnlySpan<byte> name)
    {
        // The dispatcher has compared the counts: there are as many entries as the model has inputs.
        var inputs = _request!.Inputs;
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs.KeyAt(i).Span.SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public ElementType TypeOf(int index) => At(index).Dtype.ToElementType();

    /// <inheritdoc/>
    public string TypeText(int index) => TypeOf(index) is var type && type == ElementType.Dynamic ? "INVALID" : type.PrecisionName();

    /// <inheritdoc/>
    public bool TryGetShape(int index, out Shape shape, out string? text)
    {
        shape = default;
        text = null;
        if (At(index).TensorShape is not { } sent)
        {
            return true;
        }

        for (var i = 0; i < sent.Dim.Count; i++)
        {
            if (!shape.TryAppend(sent.Dim[i].Size))
            {
                text = Print(sent);
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public ServingFault CheckContent(int index, TensorDescriptor expected, long elementCount)
    {
        var tensor = At(index);
        var type = expected.Type;
        if (tensor.HasContent(type, elementCount))
        {
            return ServingFault.None;
        }

        return TensorProto.IsCountedInValues(type)
            ? new ServingFault(ServingStatus.InvalidValueCount, FaultDetails.ValueCount(elementCount, tensor.ValueCount(type)))
            : new ServingFault(ServingStatus.InvalidContentSize, FaultDetails.ContentSize(type.BytesFor(elementCount), tensor.TensorContent.Length));
    }

    /// <inheritdoc/>
    public void CopyTo(int index, TensorDescriptor expected, Span<byte> destination) => At(index).CopyContentTo(expected.Type, destination);

    /// <inheritdoc/>
    public Tensor? HostTensor(int index) => null;

    private TensorProto At(int index) => _request!.Inputs.ValueAt(index);

    // A sender may declare a million dimensions; the text names as many as anybody reads.
    private static string Print(TensorShapeProto shape)
    {
        const int most = 64;
        var text = new StringBuilder("(");
        for (var i = 0; i < Math.Min(shape.Dim.Count, most); i++)
        {
            text.Append(i == 0 ? "" : ",").Append(shape.Dim[i].Size.ToString(CultureInfo.InvariantCulture));
        }

        return text.Append(shape.Dim.Count > most ? ",...)" : ")").ToString();
    }
}

using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Dispatch;

/// <summary>The named input tensors of one predict request, as a protocol received them. Implemented by a pooled object per call and protocol.</summary>
/// <remarks><see cref="Dispatcher"/> validates in the order of W§1.5 through these members, so that every protocol gives the same errors, and
/// then copies each payload once into the infer request.</remarks>
internal interface IPredictInputs
{
    /// <summary>Number of distinct input names in the request.</summary>
    int Count { get; }

    /// <summary>Position of the input with this UTF-8 name, or −1.</summary>
    int IndexOf(ReadOnlySpan<byte> name);

    /// <summary>Element type as sent; <see cref="ElementType.Dynamic"/> for types without a counterpart.</summary>
    ElementType TypeOf(int index);

    /// <summary>Name of the sent type as error texts print it after <c>Actual:</c> (W§2.3).</summary>
    string TypeText(int index);

    /// <summary>Dimensions as sent, possibly negative. False when there are more than <see cref="Shape.MaxRank"/>; then <paramref name="text"/>
    /// prints them.</summary>
    bool TryGetShape(int index, out Shape shape, out string? text);

    /// <summary>Checks the size of the payload against <paramref name="elementCount"/> elements of the model's type (W§1.6): returns Ok,
    /// InvalidContentSize or InvalidValueCount with details <b>without</b> the input's name.</summary>
    ServingFault CheckContent(int index, TensorDescriptor expected, long elementCount);

    /// <summary>Copies, converting where the encoding asks for it, the checked payload into <paramref name="destination"/>: exactly the tensor's
    /// bytes, row-major, of the model's element type.</summary>
    void CopyTo(int index, TensorDescriptor expected, Span<byte> destination);

    /// <summary>A tensor that already holds the input in aligned memory (REST parses straight into one), to be laid over the infer request's
    /// input instead of <see cref="CopyTo"/>; null when there is none.</summary>
    Tensor? HostTensor(int index);
}

using System.Diagnostics;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Rest.TfServing;

/// <summary>The inputs of one REST predict request, parsed into tensors of the model's types. Reused between requests of a connection.</summary>
internal sealed class PredictInputs : IPredictInputs
{
    // Names that the model does not have are an error anyway; beyond these bounds each occurrence counts as another name.
    private const int MaxUnknownNames = 64;
    private const int MaxUnknownBytes = 8192;

    private readonly TensorMemoryPool _pool;
    private readonly long _maxTensorBytes;
    private readonly JsonTensor _unknown = new();
    private readonly byte[][] _unknownNames = new byte[MaxUnknownNames][];
    private JsonTensor[] _tensors = [];
    private long[] _lastInstance = [];
    private ServableVersion _servable = default!; // set by Begin
    private long _bodyLength;
    private int _storedUnknown;
    private int _storedUnknownBytes;
    private int _countUnknown;
    private int _countKnown;

    public PredictInputs(TensorMemoryPool pool, long maxTensorBytes)
    {
        (_pool, _maxTensorBytes) = (pool, maxTensorBytes);
    }

    /// <inheritdoc/>
    public int Count => _countKnown + _countUnknown;

    /// <summary>The model's inputs.</summary>
    public IReadOnlyList<ServableTensor> Declared => _servable.Inputs;

    /// <summary>Begins a request to <paramref name="servable"/>.</summary>
    public void Begin(ServableVersion servable, long bodyLength)
    {
        _servable = servable;
        _bodyLength = bodyLength;
        var count = servable.Inputs.Count;
        if (_tensors.Length < count)
        {
            var known = _tensors.Length;
            Array.Resize(ref _tensors, count);
            Array.Resize(ref _lastInstance, count);
            for (var i = known; i < count; i++)
            {
                _tensors[i] = new JsonTensor();
            }
        }

        Array.Clear(_lastInstance);
        (_storedUnknown, _storedUnknownBytes, _countUnknown, _countKnown) = (0, 0, 0, 0);
    }

    /// <summary>Position of the declared input with this name, or −1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        var inputs = _servable.Inputs;
        for (var i = 0; i < inputs.Count; i++)
        {
            if (name.SequenceEqual(inputs[i].NameUtf8))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The tensor that takes the next value of a declared input.</summary>
    /// <param name="index">Position from <see cref="Find"/>.</param>
    /// <param name="instance">Number of the instance in row format, from 1; 0 when the value is the whole tensor.</param>
    /// <returns>Null when the input was already given (in this instance).</returns>
    public JsonTensor? TryBeginValue(int index, long instance)
    {
        var tensor = _tensors[index];
        if (_lastInstance[index] == 0)
        {
            var descriptor = _servable.Inputs[index].Descriptor;
            tensor.Begin(_pool, descriptor.Type, MaxCount(descriptor), _bodyLength, TakesStrings(descriptor), instance != 0);
            _countKnown++;
        }
        else if (instance == 0 || _lastInstance[index] == instance)
        {
            return null;
        }

        _lastInstance[index] = Math.Max(instance, 1);
        if (instance != 0)
        {
            tensor.BeginInstance();
        }

        return tensor;
    }

    /// <summary>A tensor that checks the shape of the value of an input the model does not have, and keeps nothing.</summary>
    public JsonTensor BeginUnknown(ReadOnlySpan<byte> name)
    {
        CountUnknown(name);
        _unknown.Release();
        _unknown.Begin(_pool, ElementType.Dynamic, long.MaxValue, 0, takesStrings: false, byInstance: false);
        return _unknown;
    }

    /// <summary>Whether all inputs given occur in the same number of instances.</summary>
    public bool HaveEqualBatches()
    {
        long batch = -1;
        for (var i = 0; i < _servable.Inputs.Count; i++)
        {
            if (_lastInstance[i] == 0)
            {
                continue;
            }

            if (batch >= 0 && _tensors[i].InstanceCount != batch)
            {
                return false;
            }

            batch = _tensors[i].InstanceCount;
        }

        return true;
    }

    /// <summary>Ends parsing: shapes are final.</summary>
    public void Finish()
    {
        for (var i = 0; i < _servable.Inputs.Count; i++)
        {
            if (_lastInstance[i] != 0)
            {
                _tensors[i].Finish();
            }
        }
    }

    /// <summary>Gives all memory back. Idempotent.</summary>
    public void Release()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Release();
        }

        _unknown.Release();
        _servable = default!;
    }

    /// <inheritdoc/>
    public int IndexOf(ReadOnlySpan<byte> name)
    {
        var index = Find(name);
        return index >= 0 && _lastInstance[index] != 0 ? index : -1;
    }

    /// <inheritdoc/>
    public ElementType TypeOf(int index) => _tensors[index].Type;

    /// <inheritdoc/>
    public string TypeText(int index) => _tensors[index].Type.PrecisionName();

    /// <inheritdoc/>
    public bool TryGetShape(int index, out Shape shape, out string? text)
    {
        var fits = _tensors[index].TryGetShape(out shape);
        text = fits ? null : _tensors[index].ShapeText();
        return fits;
    }

    /// <inheritdoc/>
    public ServingFault CheckContent(int index, TensorDescriptor expected, long elementCount)
    {
        var tensor = _tensors[index];
        if (tensor.IsTooLarge)
        {
            return new ServingFault(ServingStatus.InvalidContentSize, "Shape dimensions are too large");
        }

        // Rectangular nesting makes the counts agree; a difference would be a fault of the parser, not of the client.
        Debug.Assert(tensor.ElementCount == elementCount, "the shape was inferred from the elements");
        return ServingFault.None;
    }

    /// <inheritdoc/>
    public void CopyTo(int index, TensorDescriptor expected, Span<byte> destination) => _tensors[index].HostTensor?.Bytes.CopyTo(destination);

    /// <inheritdoc/>
    public Tensor? HostTensor(int index) => _tensors[index].HostTensor;

    // A static shape needs no more elements than it has: a surplus fails validation anyway and is only counted.
    private long MaxCount(TensorDescriptor descriptor)
    {
        var size = descriptor.Type.ByteSize();
        if (size == 0)
        {
            return long.MaxValue;
        }

        var most = Math.Min(_maxTensorBytes, Runtime.Memory.TensorMemory.MaxLength) / size;
        if (!descriptor.Shape.IsStatic)
        {
            return most;
        }

        long count = 1;
        foreach (var dimension in descriptor.Shape.Dims)
        {
            count = dimension.Min == 0 ? 0 : count > most / dimension.Min ? most : count * dimension.Min;
        }

        return Math.Min(count, most);
    }

    private static bool TakesStrings(TensorDescriptor descriptor) =>
        descriptor.Type == ElementType.String
            || (descriptor.Type == ElementType.U8 && descriptor.Shape.IsRankKnown && descriptor.Shape.Rank == 2);

    private void CountUnknown(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _storedUnknown; i++)
        {
            if (name.SequenceEqual(_unknownNames[i]))
            {
                return;
            }
        }

        _countUnknown++;
        if (_storedUnknown < MaxUnknownNames && name.Length <= MaxUnknownBytes - _storedUnknownBytes)
        {
            _unknownNames[_storedUnknown++] = name.ToArray();
            _storedUnknownBytes += name.Length;
        }
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Rest.Json;

/// <summary>A tensor under construction from nested JSON arrays: elements go straight into aligned memory, the shape is inferred, ragged and
/// mixed arrays are refused. Pooled with its request object.</summary>
/// <remarks>Every method that takes an element returns false when the value is no element of a rectangular array of the wanted type.</remarks>
internal sealed partial class JsonTensor
{
    private const int MaxLevels = JsonPushReader.MaxDepth + 2;
    private const long LeastFirstBytes = 64 << 10;
    private const long MostFirstBytes = 16 << 20;
    private const long Unknown = -1;

    private readonly long[] _dims = new long[MaxLevels];
    private readonly long[] _counts = new long[MaxLevels];
    private readonly Tensor _tensor = new();
    private TensorMemoryPool? _pool;
    private TensorMemory? _memory;
    private State _state;

    /// <summary>Type of the elements: the model's, or <see cref="ElementType.String"/> when strings came.</summary>
    public ElementType Type => _state.HasStrings ? ElementType.String : _state.Type;

    /// <summary>Elements received, also those that were not stored.</summary>
    public long ElementCount => _state.Count;

    /// <summary>True when more elements came than may be stored.</summary>
    public bool IsTooLarge => _state.Count > _state.MaxCount;

    /// <summary>Values of the outermost axis in row format: instances that named this tensor.</summary>
    public long InstanceCount => _counts[0];

    /// <summary>The finished tensor; after <see cref="Finish"/> and only when its elements were stored.</summary>
    public Tensor? HostTensor => _tensor.Memory is null ? null : _tensor;

    /// <summary>Begins a tensor.</summary>
    /// <param name="pool">Where the memory comes from.</param>
    /// <param name="type">Wanted element type; <see cref="ElementType.Dynamic"/> checks the shape and stores nothing.</param>
    /// <param name="maxCount">Elements stored at most; further ones are only counted.</param>
    /// <param name="bodyLength">Declared length of the text, 0 when unknown: sizes the first block, within bounds, since it may lie.</param>
    /// <param name="takesStrings">Whether plain strings are elements.</param>
    /// <param name="byInstance">True when every value is one instance of axis 0; false when the value is the whole tensor.</param>
    public void Begin(TensorMemoryPool pool, ElementType type, long maxCount, long bodyLength, bool takesStrings, bool byInstance)
    {
        Debug.Assert(_memory is null, "a tensor is released before it begins again");
        _pool = pool;
        _state = new State
        {
            Type = type,
            Size = type.ByteSize(),
            MaxCount = maxCount,
            FirstBytes = Math.Clamp(bodyLength, LeastFirstBytes, MostFirstBytes),
            TakesStrings = takesStrings,
            Base = byInstance ? 1 : 0,
            Level = byInstance ? 1 : 0,
            LeafRank = -1,
        };
        _dims.AsSpan().Fill(Unknown);
        _counts[0] = 0;
    }

    /// <summary>One more instance of axis 0 begins.</summary>
    public void BeginInstance() => _counts[0]++;

    /// <summary>An array begins.</summary>
    public bool BeginArray()
    {
        if (_state.LeafRank >= 0 && _state.Level >= _state.LeafRank)
        {
            return false;
        }

        CountElement(1);
        _counts[_state.Level++] = 0;
        return true;
    }

    /// <summary>The innermost array ends.</summary>
    /// <returns>False when its length differs from that of its sisters.</returns>
    public bool EndArray()
    {
        var axis = --_state.Level;
        var length = _counts[axis];
        if (_dims[axis] != Unknown)
        {
            return _dims[axis] == length;
        }

        _dims[axis] = length;
        if (length != 0)
        {
            return true;
        }

        // Nothing inside says how deep the elements lie: an empty array holds elements, not arrays.
        if (_state.LeafRank < 0)
        {
            _state.LeafRank = axis + 1;
        }

        return _state.LeafRank == axis + 1;
    }

    /// <summary>True when the value that began last has ended: no array of this tensor is open.</summary>
    public bool IsValueComplete => _state.Level == _state.Base;

    /// <summary>A number.</summary>
    public bool AddNumber(in JsonNumber number)
    {
        if (!TryEnterElement(isString: false))
        {
            return false;
        }

        if (_state.Type == ElementType.Dynamic)
        {
            CountStored(1);
            return true;
        }

        Span<byte> bytes = stackalloc byte[8];
        if (!TryConvert(number, bytes))
        {
            return false;
        }

        Store(bytes[.._state.Size]);
        return true;
    }

    /// <summary><c>true</c> or <c>false</c>: elements of boolean tensors only.</summary>
    public bool AddBoolean(bool value)
    {
        if (_state.Type != ElementType.Boolean || !TryEnterElement(isString: false))
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = [value ? (byte)1 : (byte)0];
        Store(bytes);
        return true;
    }

    /// <summary>A string, or binary data as a base64 string. Only counted: no model served takes the content.</summary>
    public bool AddString(bool isBinary)
    {
        if ((!isBinary && !_state.TakesStrings) || !TryEnterElement(isString: true))
        {
            return false;
        }

        CountStored(1);
        return true;
    }

    /// <summary>Infers the final shape and attaches the memory.</summary>
    public void Finish()
    {
        if (_state.Base == 1)
        {
            _dims[0] = _counts[0];
        }

        if (_state.HasStrings && _state.LeafRank == 0)
        {
            // One binary value standing alone is a batch of one (W§3.3).
            (_dims[0], _state.LeafRank) = (1, 1);
        }

        if (!_state.HasStrings && _state.Type != ElementType.Dynamic && !IsTooLarge && TryGetShape(out var shape))
        {
            EnsureCapacity(0);
            _tensor.Attach(_state.Type, shape, _memory!); // EnsureCapacity made it
        }
    }

    /// <summary>The shape, or false when it has more dimensions than a tensor may have.</summary>
    public bool TryGetShape(out Shape shape)
    {
        shape = default;
        var rank = Math.Max(_state.LeafRank, 0);
        if (rank > Shape.MaxRank)
        {
            return false;
        }

        foreach (var dimension in _dims.AsSpan(0, rank))
        {
            shape.TryAppend(dimension == Unknown ? 0 : dimension);
        }

        return true;
    }

    /// <summary>The shape as text, whatever its rank.</summary>
    public string ShapeText() => "(" + string.Join(',', _dims[..Math.Max(_state.LeafRank, 0)]) + ")";

    /// <summary>Gives the memory back. Idempotent.</summary>
    public void Release()
    {
        _tensor.Detach();
        if (_memory is not null)
        {
            _pool!.Return(_memory); // set by Begin, which made the memory possible
            _memory = null;
        }
    }

    // Where an element stands: all elements at one depth, all numbers or all strings.
    private bool TryEnterElement(bool isString)
    {
        if (_state.LeafRank < 0)
        {
            _state.LeafRank = _state.Level;
        }
        else if (_state.LeafRank != _state.Level)
        {
            return false;
        }

        if (_state.Count == 0)
        {
            _state.HasStrings = isString;
        }

        CountElement(1);
        return _state.HasStrings == isString;
    }

    private void CountElement(long count)
    {
        if (_state.Level > _state.Base)
        {
            _counts[_state.Level - 1] += count;
        }
    }

    private void CountStored(long count) => _state.Count += count;

    private void Store(ReadOnlySpan<byte> bytes)
    {
        if (_state.Type != ElementType.Dynamic && _state.Count < _state.MaxCount)
        {
            EnsureCapacity(1);
            bytes.CopyTo(_memory!.Span[(int)(_state.Count * _state.Size)..]); // EnsureCapacity made it
        }

        CountStored(1);
    }

    // Room for more elements: doubles, so that every byte is copied once on average.
    private void EnsureCapacity(long more)
    {
        var needed = (_state.Count + more) * _state.Size;
        if (_memory is not null && needed <= _memory.Capacity)
        {
            return;
        }

        var most = _state.MaxCount * _state.Size;
        var wanted = _memory is null ? Math.Min(most, _state.FirstBytes) : Math.Min(most, 2L * _memory.Capacity);
        var larger = _pool!.Rent(Math.Max(wanted, needed)); // set by Begin
        if (_memory is not null)
        {
            _memory.Span[..(int)(_state.Count * _state.Size)].CopyTo(larger.Span);
            _pool.Return(_memory);
        }

        _memory = larger;
    }

    private bool TryConvert(in JsonNumber number, Span<byte> bytes)
    {
        switch (_state.Type)
        {
            case ElementType.F32:
                var single = JsonNumbers.ToSingle(number);
                BinaryPrimitives.WriteSingleLittleEndian(bytes, single);
                return !float.IsInfinity(single) || number.Kind == JsonNumberKind.Infinity;
            case ElementType.F64:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, JsonNumbers.ToDouble(number));
                return true;
            case ElementType.F16:
                var half = JsonNumbers.ToHalfBits(number);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, half);
                return (half & 0x7FFF) != 0x7C00 || number.Kind == JsonNumberKind.Infinity;
            case ElementType.BF16:
                var brain = JsonNumbers.ToBFloat16Bits(number);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, brain);
                return (brain & 0x7FFF) != 0x7F80 || number.Kind == JsonNumberKind.Infinity;
            case ElementType.U64:
                var fits = JsonNumbers.TryToUInt64(number, out var unsigned);
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, unsigned);
                return fits;
            default:
                // Two's complement, little endian: the low bytes of the value are the narrow value.
                var isInteger = JsonNumbers.TryToInt64(number, out var signed);
                BinaryPrimitives.WriteInt64LittleEndian(bytes, signed);
                return isInteger && IsInRange(_state.Type, signed);
        }
    }

    private static bool IsInRange(ElementType type, long value) => type switch
    {
        ElementType.I64 => true,
        ElementType.I32 => value is >= int.MinValue and <= int.MaxValue,
        ElementType.I16 => value is >= short.MinValue and <= short.MaxValue,
        ElementType.I8 => value is >= sbyte.MinValue and <= sbyte.MaxValue,
        ElementType.U32 => value is >= 0 and <= uint.MaxValue,
        ElementType.U16 => value is >= 0 and <= ushort.MaxValue,
        ElementType.U8 => value is >= 0 and <= byte.MaxValue,
        _ => false,
    };

    // Mutable: all state of one tensor, cleared by one assignment.
    private struct State
    {
        public ElementType Type;
        public int Size;
        public long MaxCount;
        public long Count;
        public long FirstBytes;
        public int Base;
        public int Level;
        public int LeafRank;
        public bool TakesStrings;
        public bool HasStrings;
    }
}

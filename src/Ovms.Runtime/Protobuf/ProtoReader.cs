using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ovms.Runtime.Protobuf;

/// <summary>Reads protobuf's wire format from contiguous or segmented memory. Malformed bytes give false, never an exception.</summary>
/// <remarks>
/// <code>
/// message := field*        field := tag value        tag := varint(number &lt;&lt; 3 | type)
/// type 0 varint (1-10 bytes, 7 bits each, low first)   1 eight bytes   5 four bytes   2 varint length, bytes   3 … 4 group
/// </code>
/// Accepts and rejects what Google.Protobuf for C# does: tags, lengths and 32-bit values are varints of up to 10 bytes cut to 32 bits;
/// field number 0, wire types 6 and 7, stray group ends and more than <see cref="RecursionLimit"/> nested messages and groups are refused.
/// A declared length is checked against the bytes that are there before anything is reserved for it.
/// Source: protobuf.dev, "Encoding".
/// </remarks>
public ref partial struct ProtoReader
{
    /// <summary>Deepest nesting of messages and groups below the root.</summary>
    public const int RecursionLimit = 100;

    private readonly ReadOnlySequence<byte> _sequence;
    private readonly bool _hasMemory;
    private readonly ref ProtoScratch? _scratch;

    private ReadOnlySpan<byte> _span;     // current segment
    private int _index;                   // next byte in _span
    private int _end;                     // end of the current message in _span, or of _span
    private long _before;                 // bytes before _span
    private long _limit;                  // end of the current message, counted from the start of the sequence
    private ReadOnlyMemory<byte> _memory; // current segment as memory, where the source is memory
    private SequencePosition _current;    // start of the current segment
    private SequencePosition _next;
    private int _depth;

    /// <summary>Reads <paramref name="sequence"/>; slices refer to its memory.</summary>
    /// <param name="sequence">One whole message.</param>
    /// <param name="scratch">Takes copies of strings that straddle segments; created on first use.</param>
    public ProtoReader(scoped in ReadOnlySequence<byte> sequence, ref ProtoScratch? scratch)
    {
        _sequence = sequence;
        _hasMemory = true;
        _scratch = ref scratch;
        _limit = sequence.Length;
        _current = _next = sequence.Start;
        if (sequence.TryGet(ref _next, out _memory))
        {
            _span = _memory.Span;
        }

        _end = _span.Length;
    }

    /// <summary>Reads elements of a packed field: no strings.</summary>
    internal ProtoReader(scoped in ReadOnlySequence<byte> sequence)
        : this(sequence, ref Unsafe.NullRef<ProtoScratch?>())
    {
    }

    /// <summary>Reads <paramref name="bytes"/>; slices are copied to <paramref name="scratch"/>.</summary>
    public ProtoReader(ReadOnlySpan<byte> bytes, ref ProtoScratch? scratch)
    {
        _scratch = ref scratch;
        _span = bytes;
        _limit = _end = bytes.Length;
    }

    /// <summary>True at the end of the current message or packed field.</summary>
    public readonly bool AtEnd => _before + _index == _limit;

    private readonly long Remaining => _limit - _before - _index;

    /// <summary>Reads a tag; 0 at the end of the current message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadTag(out uint tag)
    {
        if (_index < _end)
        {
            var first = _span[_index];
            if (first is < 0x80 and >= 8)
            {
                _index++;
                tag = first;
                return true;
            }
        }

        return TryReadLongTag(out tag);
    }

    /// <summary>Skips the value of a field nobody knows, or whose wire type is not the expected one.</summary>
    public bool TrySkip(uint tag) => (tag & 7) switch
    {
        0 => TryReadVarint(out _),
        1 => TrySkipBytes(8),
        2 => TryReadLength(out var length) && TrySkipBytes(length),
        3 => TrySkipGroup(tag),
        5 => TrySkipBytes(4),
        _ => false,
    };

    /// <summary>Reads the length of a nested message and makes it the current one.</summary>
    /// <param name="outerLimit">To be given to <see cref="Leave"/> once <see cref="TryReadTag"/> has given 0.</param>
    public bool TryEnter(out long outerLimit)
    {
        if (_depth >= RecursionLimit || !TryEnterPacked(out outerLimit))
        {
            outerLimit = 0;
            return false;
        }

        _depth++;
        return true;
    }

    /// <summary>Returns to the outer message.</summary>
    public void Leave(long outerLimit)
    {
        _depth--;
        LeavePacked(outerLimit);
    }

    /// <summary>Reads the length of a packed field; its elements end where <see cref="AtEnd"/> is true.</summary>
    public bool TryEnterPacked(out long outerLimit)
    {
        outerLimit = _limit;
        if (!TryReadLength(out var length))
        {
            return false;
        }

        _limit = _before + _index + length;
        SetEnd();
        return true;
    }

    /// <summary>Returns to the message around the packed field.</summary>
    public void LeavePacked(long outerLimit)
    {
        Debug.Assert(AtEnd, "a nested value is left at its end only");
        _limit = outerLimit;
        SetEnd();
    }

    /// <summary>Consumes the next tag when it is <paramref name="tag"/>: runs of unpacked elements.</summary>
    internal bool TryReadSameTag(uint tag)
    {
        var saved = this;
        if (TryReadTag(out var next) && next == tag)
        {
            return true;
        }

        this = saved;
        return false;
    }

    /// <summary>Position of the next byte, to be given to <see cref="SliceFrom"/>; null where the source is a span.</summary>
    internal readonly SequencePosition? Mark => _hasMemory ? _sequence.GetPosition(_index, _current) : null;

    /// <summary>All bytes from <paramref name="mark"/> up to the next byte.</summary>
    internal readonly ReadOnlySequence<byte> SliceFrom(SequencePosition mark) => _sequence.Slice(mark, _sequence.GetPosition(_index, _current));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadLongTag(out uint tag)
    {
        tag = 0;
        if (_index == _end && !TryAdvance())
        {
            return true;
        }

        if (!TryReadVarint(out var value))
        {
            return false;
        }

        tag = (uint)value;
        return tag >= 8;
    }

    private bool TrySkipGroup(uint startTag)
    {
        if (_depth >= RecursionLimit)
        {
            return false;
        }

        _depth++;
        while (TryReadTag(out var tag))
        {
            if ((tag & 7) == 4)
            {
                _depth--;
                return tag >> 3 == startTag >> 3;
            }

            if (tag == 0 || !TrySkip(tag))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Goes to the next segment with bytes; false at the end of the current message.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAdvance()
    {
        while (_before + _index < _limit)
        {
            _before += _span.Length;
            _current = _next;
            if (!_sequence.TryGet(ref _next, out _memory))
            {
                Debug.Fail("the limit lies within the sequence");
                return false;
            }

            _span = _memory.Span;
            _index = 0;
            SetEnd();
            if (_end > 0)
            {
                return true;
            }
        }

        return false;
    }

    private void SetEnd() => _end = (int)Math.Min(_span.Length, _limit - _before);

    private bool TrySkipBytes(long count)
    {
        if (count > Remaining)
        {
            return false;
        }

        while (count > _end - _index)
        {
            count -= _end - _index;
            _index = _end;
            if (!TryAdvance())
            {
                return false;
            }
        }

        _index += (int)count;
        return true;
    }
}

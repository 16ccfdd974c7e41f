using System.Buffers.Text;
using System.Runtime.InteropServices;
using Ovms.Runtime.Tensors;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Rest.TfServing;

// Nested arrays: the whole of an output, or one instance of it.
internal sealed partial class PredictResponseWriter
{
    private static readonly byte[] s_blanks = CreateBlanks();

    private Slice _slice;

    private void BeginSlice()
    {
        _phase = Phase.Slice;
        var tensor = _request.GetOutput(_servable.Outputs[_output].Descriptor.Index);
        var shape = tensor.Shape;

        // A dimension of size 0 prints as [] and hides everything behind it.
        var rank = shape.Dims.IndexOf(0);
        _slice = new Slice
        {
            Memory = tensor.Memory,
            Type = tensor.Type,
            Size = tensor.Type.ByteSize(),
            Shape = shape,
            IsEmpty = rank >= 0,
            First = _isRowFormat ? 1 : 0,
            Rank = rank >= 0 ? rank : shape.Rank,
            Level = _isRowFormat ? 0 : HasNames ? 2 : 1,
        };
        var total = shape.Product(0, _slice.Rank);
        if (_isRowFormat && HasNames)
        {
            var length = total / _instances;
            _slice.Next = _instance * length;
            _slice.End = _slice.Next + length;
        }
        else
        {
            _slice.End = total;
        }

        _slice.Begin = _slice.Next;
        _slice.RowLength = _slice.Rank > _slice.First ? shape[_slice.Rank - 1] : 1;
    }

    private int StepSlice(Span<byte> room)
    {
        var at = 0;
        var bytes = _slice.Memory.Span;
        while (room.Length - at >= MaxToken)
        {
            if (_slice.Next == _slice.End)
            {
                at += PutEnd(room[at..]);
                EndSlice();
                return at;
            }

            at += PutSeparator(room[at..]);
            if (_slice.IsEmpty)
            {
                at += Put(room[at..], "[]"u8);
                _slice.Next++;
                continue;
            }

            // The rest of the innermost row, as far as the room goes.
            at += PutNumber(room[at..], bytes);
            var row = _slice.RowLength - 1 - ((_slice.Next - 1) % _slice.RowLength);
            for (; row > 0 && room.Length - at >= MaxToken; row--)
            {
                at += PutPlainSeparator(room[at..]);
                at += PutNumber(room[at..], bytes);
            }
        }

        return at;
    }

    // Between two numbers of one row.
    private int PutPlainSeparator(Span<byte> room)
    {
        room[0] = (byte)',';
        if (_isRowFormat)
        {
            room[1] = (byte)' ';
            return 2;
        }

        return 1 + PutLine(room[1..], _slice.Level + _slice.Rank);
    }

    // Before an element: closes the arrays that ended, opens those that begin.
    private int PutSeparator(Span<byte> room)
    {
        var depth = _slice.Rank - _slice.First;
        var isFirst = _slice.Next == _slice.Begin;
        var arrays = isFirst ? depth : CountBoundaries();
        var at = 0;
        if (!isFirst)
        {
            at += PutClose(room, arrays);
            room[at++] = (byte)',';
            if (_isRowFormat)
            {
                room[at++] = (byte)' ';
            }
        }

        for (var i = arrays; i > 0; i--)
        {
            // The outermost bracket follows its key on the same line.
            if (!_isRowFormat && !(isFirst && i == depth))
            {
                at += PutLine(room[at..], _slice.Level + _slice.Rank - i);
            }

            room[at++] = (byte)'[';
        }

        return !_isRowFormat && depth > 0 ? at + PutLine(room[at..], _slice.Level + _slice.Rank) : at;
    }

    private int PutEnd(Span<byte> room) => PutClose(room, _slice.Rank - _slice.First);

    private int PutClose(Span<byte> room, int arrays)
    {
        var at = 0;
        for (var i = 1; i <= arrays; i++)
        {
            if (!_isRowFormat)
            {
                at += PutLine(room[at..], _slice.Level + _slice.Rank - i);
            }

            room[at++] = (byte)']';
        }

        return at;
    }

    // How many arrays begin at the next element.
    private int CountBoundaries()
    {
        var count = 0;
        long block = 1;
        for (var axis = _slice.Rank - 1; axis >= _slice.First; axis--)
        {
            block *= _slice.Shape[axis];
            if (_slice.Next % block != 0)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private int PutNumber(Span<byte> room, ReadOnlySpan<byte> bytes)
    {
        var element = bytes.Slice((int)(_slice.Next * _slice.Size), _slice.Size);
        _slice.Next++;
        int length;
        switch (_slice.Type)
        {
            case ElementType.F32:
                return JsonFloats.Write(MemoryMarshal.Read<float>(element), room);
            case ElementType.F64:
                return JsonFloats.Write(MemoryMarshal.Read<double>(element), room);
            case ElementType.F16:
                return JsonFloats.Write((float)MemoryMarshal.Read<Half>(element), room);
            case ElementType.BF16:
                return JsonFloats.Write(BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(element) << 16), room);
            case ElementType.Boolean:
                return Put(room, element[0] != 0 ? "true"u8 : "false"u8);
            case ElementType.U64:
                Utf8Formatter.TryFormat(MemoryMarshal.Read<ulong>(element), room, out length);
                return length;
            default:
                Utf8Formatter.TryFormat(ReadInteger(element), room, out length);
                return length;
        }
    }

    private long ReadInteger(ReadOnlySpan<byte> element) => _slice.Type switch
    {
        ElementType.I8 => (sbyte)element[0],
        ElementType.U8 => element[0],
        ElementType.I16 => MemoryMarshal.Read<short>(element),
        ElementType.U16 => MemoryMarshal.Read<ushort>(element),
        ElementType.I32 => MemoryMarshal.Read<int>(element),
        ElementType.U32 => MemoryMarshal.Read<uint>(element),
        _ => MemoryMarshal.Read<long>(element),
    };

    private static int PutLine(Span<byte> room, int level)
    {
        var length = 1 + (4 * level);
        s_blanks.AsSpan(0, length).CopyTo(room);
        return length;
    }

    private static byte[] CreateBlanks()
    {
        var line = new byte[1 + (4 * (Shape.MaxRank + 3))];
        line.AsSpan().Fill((byte)' ');
        line[0] = (byte)'\n';
        return line;
    }

    // Mutable: the array being printed, cleared by one assignment.
    private struct Slice
    {
        public ReadOnlyMemory<byte> Memory;
        public ElementType Type;
        public int Size;
        public Shape Shape;
        public bool IsEmpty;
        public int First;
        public int Rank;
        public int Level;
        public long Begin;
        public long Next;
        public long End;
        public long RowLength;
    }
}

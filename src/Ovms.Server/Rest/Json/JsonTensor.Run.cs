using System.Runtime.InteropServices;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Rest.Json;

// Bulk reading of "number, number, …" within one innermost array.
internal sealed partial class JsonTensor
{
    private const ulong MaxExactInteger = 1UL << 53;
    private const int MaxExactPower = 22;

    // The bits of a double that a float drops, and their value in the middle between two floats.
    private const long DroppedBits = (1L << 29) - 1;
    private const long MiddleBits = 1L << 28;

    /// <summary>Reads numbers and commas from <paramref name="at"/>, where a value is expected, until something else comes.</summary>
    /// <param name="data">The text, with at least <see cref="NumberScanner.Window"/> bytes behind <paramref name="at"/>.</param>
    /// <param name="at">Where to begin.</param>
    /// <param name="end">End of the text; what lies behind is padding.</param>
    /// <param name="run">Where reading stopped.</param>
    /// <returns>Position behind what was read; <paramref name="at"/> when the first number is not one of the common ones.</returns>
    public int ReadRun(ReadOnlySpan<byte> data, int at, int end, out JsonRun run)
    {
        run = JsonRun.BeforeValue;
        if (data.Length - at < NumberScanner.Window || _state.HasStrings || _state.Count >= _state.MaxCount
            || (_state.LeafRank >= 0 && _state.LeafRank != _state.Level))
        {
            return at;
        }

        _state.LeafRank = _state.Level;
        return _state.Type switch
        {
            ElementType.F32 => ReadSingles(data, at, end, out run),
            ElementType.Dynamic or ElementType.Boolean or ElementType.String => at,
            _ => ReadOthers(data, at, end, out run),
        };
    }

    private int ReadSingles(ReadOnlySpan<byte> data, int at, int end, out JsonRun run)
    {
        bool isFull;
        do
        {
            var room = Room();
            at = ReadSingles(data, at, end, room, out var count, out run);
            isFull = count == room.Length;
            Commit(count);
        }
        while (isFull && run == JsonRun.BeforeValue && _state.Count < _state.MaxCount);

        return at;
    }

    // The loop that sees every number of a body: nothing in it is passed by reference, so that all of it stays in registers.
    private static int ReadSingles(ReadOnlySpan<byte> data, int at, int end, Span<float> room, out int stored, out JsonRun run)
    {
        var powers = JsonNumbers.ExactPowersOfTen;
        var count = 0;
        var stop = JsonRun.BeforeValue;
        var limit = Math.Min(end, data.Length - NumberScanner.Window + 1);
        while (at < limit)
        {
            var window = data.Slice(at, NumberScanner.Window);
            if (window[0] <= ' ')
            {
                // Blanks between comma and number; the caller knows which ones JSON has.
                if (window[0] != ' ')
                {
                    break;
                }

                at++;
                continue;
            }

            var length = NumberScanner.Scan(window, out var mantissa, out var exponent, out var negative, out _);
            if (length == 0 || at + length >= end || (uint)count >= (uint)room.Length)
            {
                break;
            }

            float value;
            if (mantissa <= MaxExactInteger && (uint)(exponent + MaxExactPower) <= 2 * MaxExactPower)
            {
                // Exact operands make the double correctly rounded; the float is then too, unless the double lies in the middle of two floats.
                var wide = exponent <= 0 ? (long)mantissa / powers[-exponent] : (long)mantissa * powers[exponent];
                value = (BitConverter.DoubleToInt64Bits(wide) & DroppedBits) == MiddleBits ? Exact(mantissa, exponent) : (float)wide;
            }
            else
            {
                value = Exact(mantissa, exponent);
                if (float.IsInfinity(value))
                {
                    stop = JsonRun.Refused;
                    break;
                }
            }

            // No branch for the sign: it is random in most data.
            room[count++] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) | (negative << 31));
            at += length;
            if (window[length] != ',')
            {
                stop = JsonRun.AfterValue;
                break;
            }

            // Many printers put one blank behind a comma.
            at += window[length + 1] == ' ' ? 2 : 1;
        }

        (stored, run) = (count, stop);
        return at;
    }

    private static float Exact(ulong mantissa, int exponent) =>
        BitConverter.UInt32BitsToSingle((uint)EiselLemire.Convert(BinaryFormat.Single, mantissa, exponent));

    private int ReadOthers(ReadOnlySpan<byte> data, int at, int end, out JsonRun run)
    {
        run = JsonRun.BeforeValue;
        Span<byte> bytes = stackalloc byte[8];
        while (at < end && data.Length - at >= NumberScanner.Window && _state.Count < _state.MaxCount)
        {
            var window = data.Slice(at, NumberScanner.Window);
            if (window[0] <= ' ')
            {
                if (window[0] != ' ')
                {
                    break;
                }

                at++;
                continue;
            }

            var length = NumberScanner.Scan(window, out var mantissa, out var exponent, out var negative, out var isInteger);
            if (length == 0 || at + length >= end || exponent > MaxExactPower)
            {
                break;
            }

            var number = new JsonNumber { Mantissa = mantissa, Exponent = exponent, IsNegative = negative != 0, IsInteger = isInteger };
            if (!TryConvert(number, bytes))
            {
                run = JsonRun.Refused;
                break;
            }

            EnsureCapacity(1);
            bytes[.._state.Size].CopyTo(_memory!.Span[(int)(_state.Count * _state.Size)..]); // EnsureCapacity made it
            Commit(1);
            at += length;
            if (data[at] != ',')
            {
                run = JsonRun.AfterValue;
                break;
            }

            at++;
        }

        return at;
    }

    // Free floats behind the last one stored.
    private Span<float> Room()
    {
        EnsureCapacity(1);
        var most = Math.Min(_state.MaxCount, _memory!.Capacity / sizeof(float)); // EnsureCapacity made it
        return MemoryMarshal.Cast<byte, float>(_memory.Span)[(int)_state.Count..(int)most];
    }

    private void Commit(int count)
    {
        _state.Count += count;
        CountElement(count);
    }
}

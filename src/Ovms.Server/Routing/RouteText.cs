using System.Buffers;

namespace Ovms.Server.Routing;

/// <summary>Byte scans that generated matchers call, and percent-decoding of what they found.</summary>
internal static class RouteText
{
    private static readonly SearchValues<byte> s_nameEnd = SearchValues.Create("/:"u8);
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789"u8);

    private static readonly SearchValues<byte> s_word =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>End of the run of bytes other than <c>/</c> and <c>:</c> that starts at <paramref name="start"/>.</summary>
    public static int EndOfName(ReadOnlySpan<byte> path, int start) => End(path, start, path[start..].IndexOfAny(s_nameEnd));

    /// <summary>End of the run of bytes other than <c>/</c>.</summary>
    public static int EndOfSegment(ReadOnlySpan<byte> path, int start) => End(path, start, path[start..].IndexOf((byte)'/'));

    /// <summary>End of the run of decimal digits.</summary>
    public static int EndOfDigits(ReadOnlySpan<byte> path, int start) => End(path, start, path[start..].IndexOfAnyExcept(s_digits));

    /// <summary>End of the run of ASCII letters, digits and underscores.</summary>
    public static int EndOfWord(ReadOnlySpan<byte> path, int start) => End(path, start, path[start..].IndexOfAnyExcept(s_word));

    /// <summary>Replaces each <c>%xx</c> by its byte; a <c>%</c> without two hexadecimal digits stays as it is. <c>+</c> is no blank in a path.</summary>
    /// <returns>False, the destination being undefined, when it is shorter than the result. <c>encoded.Length</c> bytes always suffice.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> destination, out int written)
    {
        written = 0;
        for (var i = 0; i < encoded.Length; written++)
        {
            if (written == destination.Length)
            {
                return false;
            }

            if (encoded[i] == '%' && encoded.Length - i > 2 && Hex(encoded[i + 1]) is >= 0 and var high && Hex(encoded[i + 2]) is >= 0 and var low)
            {
                destination[written] = (byte)((high << 4) | low);
                i += 3;
            }
            else
            {
                destination[written] = encoded[i++];
            }
        }

        return true;
    }

    private static int End(ReadOnlySpan<byte> path, int start, int found) => found < 0 ? path.Length : start + found;

    private static int Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}

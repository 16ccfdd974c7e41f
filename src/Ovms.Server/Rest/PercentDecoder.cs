namespace Ovms.Server.Rest;

/// <summary>Percent-decoding of path segments (RFC 3986 §2.1).</summary>
internal static class PercentDecoder
{
    /// <summary>Decodes <paramref name="source"/>; a <c>%</c> without two hex digits stays as it is. <c>+</c> is no blank in paths.</summary>
    /// <param name="destination">At least as long as the source.</param>
    /// <returns>Bytes written.</returns>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        for (var i = 0; i < source.Length; i++)
        {
            var value = source[i];
            if (value == '%' && source.Length - i > 2 && HexValue(source[i + 1]) is >= 0 and var high && HexValue(source[i + 2]) is >= 0 and var low)
            {
                value = (byte)((high << 4) | low);
                i += 2;
            }

            destination[written++] = value;
        }

        return written;
    }

    private static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}

using System.Text;

namespace Ovms.Server.Grpc;

/// <summary>The form of a status text in the <c>grpc-message</c> header.</summary>
internal static class GrpcStatusMessage
{
    /// <summary>Longest text sent, in bytes before encoding; the rest is cut. Clients limit all trailers together to 8 KiB.</summary>
    public const int MaxBytes = 2048;

    /// <summary>UTF-8, with every byte outside <c>0x20…0x7E</c> and <c>%</c> itself written as <c>%XX</c>.</summary>
    /// <remarks>Source: gRPC over HTTP/2, <c>Percent-Encoded</c>.</remarks>
    public static string Encode(string text)
    {
        if (text.Length <= MaxBytes && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('%'))
        {
            return text;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(bytes.Length * 2);
        foreach (var b in bytes.AsSpan(0, CutAt(bytes, MaxBytes)))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(HexDigit(b >> 4)).Append(HexDigit(b & 15));
            }
        }

        return encoded.ToString();
    }

    // Never inside a character: bytes 10xxxxxx continue one.
    private static int CutAt(byte[] bytes, int limit)
    {
        if (bytes.Length <= limit)
        {
            return bytes.Length;
        }

        while (limit > 0 && (bytes[limit] & 0xC0) == 0x80)
        {
            limit--;
        }

        return limit;
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);
}

namespace Ovms.Server.Rest.Json;

/// <summary>Checks base64 text piece by piece: standard alphabet, padding optional, white space tolerated (W§3.3).</summary>
internal struct Base64Checker
{
    private long _digits;
    private int _padding;
    private bool _invalid;

    /// <summary>True when the text so far is complete base64.</summary>
    public readonly bool IsValid => !_invalid && _digits % 4 != 1 && (_padding == 0 || (_padding <= 2 && (_digits + _padding) % 4 == 0));

    /// <summary>Takes more text.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit((char)c) || c is (byte)'+' or (byte)'/')
            {
                _digits++;
                _invalid |= _padding != 0;
            }
            else if (c == '=')
            {
                _padding = Math.Min(_padding + 1, 3);
            }
            else
            {
                _invalid |= !(c is (byte)' ' or (>= 9 and <= 13));
            }
        }
    }
}

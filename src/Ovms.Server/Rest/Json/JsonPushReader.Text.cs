using System.Text;

namespace Ovms.Server.Rest.Json;

// Strings, escapes and literals.
internal abstract partial class JsonPushReader
{
    private int _hexDigits;
    private int _codeUnit;
    private int _highSurrogate;

    private int BeginString(int at, bool isName)
    {
        _state = State.String;
        _stringIsName = isName;
        _highSurrogate = 0;
        OnStartString(isName);
        return at + 1;
    }

    private int StepString(ReadOnlySpan<byte> data, int at)
    {
        var rest = data[at..];
        var stop = rest.IndexOfAny(s_stringStops);
        if (stop < 0)
        {
            OnStringBytes(rest);
            return data.Length;
        }

        if (stop > 0)
        {
            OnStringBytes(rest[..stop]);
        }

        at += stop;
        switch (data[at])
        {
            case (byte)'"':
                _state = _stringIsName ? State.Colon : State.AfterValue;
                OnEndString(_stringIsName);
                return at + 1;
            case (byte)'\\':
                _tokenOffset = _base + at;
                _state = State.Escape;
                return at + 1;
            case 0:
                return Fail(JsonError.StringMissQuotationMark, at);
            default:
                return Fail(JsonError.StringInvalidEncoding, at);
        }
    }

    private int StepEscape(ReadOnlySpan<byte> data, int at)
    {
        var c = data[at];
        switch (_state)
        {
            case State.Escape:
                if (c == 'u')
                {
                    (_state, _hexDigits, _codeUnit) = (State.Hex, 0, 0);
                    return at + 1;
                }

                var plain = Unescape(c);
                if (plain == 0)
                {
                    return FailAt(JsonError.StringEscapeInvalid, _tokenOffset);
                }

                _state = State.String;
                ReadOnlySpan<byte> one = [plain];
                OnStringBytes(one);
                return at + 1;
            case State.SurrogateBackslash:
                _state = State.SurrogateMark;
                return c == '\\' ? at + 1 : FailAt(JsonError.StringUnicodeSurrogateInvalid, _tokenOffset);
            case State.SurrogateMark:
                (_state, _hexDigits, _codeUnit) = (State.Hex, 0, 0);
                return c == 'u' ? at + 1 : FailAt(JsonError.StringUnicodeSurrogateInvalid, _tokenOffset);
            default:
                return StepHex(at, c);
        }
    }

    private int StepHex(int at, byte c)
    {
        var value = c switch
        {
            >= (byte)'0' and <= (byte)'9' => c - '0',
            >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
            _ => -1,
        };
        if (value < 0)
        {
            return FailAt(JsonError.StringUnicodeEscapeInvalidHex, _tokenOffset);
        }

        _codeUnit = (_codeUnit << 4) | value;
        if (++_hexDigits < 4)
        {
            return at + 1;
        }

        return TryEndCodeUnit() ? at + 1 : FailAt(JsonError.StringUnicodeSurrogateInvalid, _tokenOffset);
    }

    private bool TryEndCodeUnit()
    {
        var unit = (char)_codeUnit;
        Rune rune;
        if (_highSurrogate != 0)
        {
            if (!Rune.TryCreate((char)_highSurrogate, unit, out rune))
            {
                return false;
            }

            _highSurrogate = 0;
        }
        else if (char.IsHighSurrogate(unit))
        {
            _highSurrogate = unit;
            _state = State.SurrogateBackslash;
            return true;
        }
        else if (!Rune.TryCreate(unit, out rune))
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[4];
        OnStringBytes(utf8[..rune.EncodeToUtf8(utf8)]);
        _state = State.String;
        return true;
    }

    private static byte Unescape(byte c) => c switch
    {
        (byte)'"' => (byte)'"',
        (byte)'\\' => (byte)'\\',
        (byte)'/' => (byte)'/',
        (byte)'b' => 8,
        (byte)'f' => 12,
        (byte)'n' => 10,
        (byte)'r' => 13,
        (byte)'t' => 9,
        _ => 0,
    };

    private int BeginLiteral(int at, Literal literal)
    {
        _state = State.Literal;
        (_literal, _literalIndex, _tokenOffset) = (literal, 1, _base + at);
        return at + 1;
    }

    private int StepLiteral(ReadOnlySpan<byte> data, int at)
    {
        var text = _literal switch
        {
            Literal.Null => "null"u8,
            Literal.True => "true"u8,
            Literal.False => "false"u8,
            Literal.NaN => "NaN"u8,
            _ => "Infinity"u8,
        };
        for (; _literalIndex < text.Length; at++, _literalIndex++)
        {
            if (at == data.Length)
            {
                return at;
            }

            if (data[at] == text[_literalIndex])
            {
                continue;
            }

            if (_literal == Literal.Infinity && _literalIndex == 3)
            {
                // The short form "Inf".
                break;
            }

            // Upstream knows no bare tokens and stops at their first letter.
            return _literal >= Literal.NaN ? FailAt(JsonError.ValueInvalid, _tokenOffset) : Fail(JsonError.ValueInvalid, at);
        }

        _state = State.AfterValue;
        if (_literal >= Literal.NaN)
        {
            var number = new JsonNumber
            {
                Kind = _literal == Literal.NaN ? JsonNumberKind.NaN : JsonNumberKind.Infinity,
                IsNegative = _number.IsAfterMinus,
            };
            OnNumber(number);
        }
        else
        {
            OnLiteral(_literal == Literal.Null ? null : _literal == Literal.True);
        }

        return at;
    }
}

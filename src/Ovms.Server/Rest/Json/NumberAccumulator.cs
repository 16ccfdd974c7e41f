namespace Ovms.Server.Rest.Json;

/// <summary>Scans one number byte by byte, across buffers of any size, keeping what a correctly rounded conversion needs.</summary>
/// <remarks>The slow twin of <see cref="NumberScanner"/>: for numbers that straddle buffers, are unusually long, or are wrong.
/// Needs constant memory however long the number is.</remarks>
internal sealed class NumberAccumulator
{
    // 768 digits decide every double (the longest midpoint has 767); the rest only says "a little more".
    private const int MaxDigits = 800;
    private const int MaxExponent = 100_000_000;

    private readonly byte[] _digits = new byte[MaxDigits + 1];
    private Part _part;
    private State _state;

    private enum Part : byte
    {
        Sign,
        IntegerFirst,
        IntegerZero,
        Integer,
        FractionFirst,
        Fraction,
        ExponentSign,
        ExponentFirst,
        Exponent,
    }

    /// <summary>True after a minus sign that no digit has followed yet.</summary>
    public bool IsAfterMinus => _part == Part.IntegerFirst && _state.Negative;

    /// <summary>Forgets the last number.</summary>
    public void Reset()
    {
        _part = Part.Sign;
        _state = default;
    }

    /// <summary>Takes the next byte.</summary>
    /// <param name="error">Set when the byte cannot stand here.</param>
    /// <returns>True when the byte belongs to the number; false when the number ended before it, or on an error.</returns>
    public bool Take(byte c, out JsonError error)
    {
        error = JsonError.None;
        var digit = (uint)(c - '0');
        switch (_part)
        {
            case Part.Sign:
                _part = Part.IntegerFirst;
                if (c == '-')
                {
                    _state.Negative = true;
                    return true;
                }

                goto case Part.IntegerFirst;
            case Part.IntegerFirst:
                return TakeFirst(digit, out error);
            case Part.IntegerZero:
                return TakeAfterInteger(c);
            case Part.Integer:
                if (digit <= 9)
                {
                    AddInteger(digit);
                    return true;
                }

                return TakeAfterInteger(c);
            case Part.FractionFirst:
                if (digit > 9)
                {
                    error = JsonError.NumberMissFraction;
                    return false;
                }

                _part = Part.Fraction;
                AddFraction(digit);
                return true;
            case Part.Fraction:
                if (digit <= 9)
                {
                    AddFraction(digit);
                    return true;
                }

                return TakeExponentMark(c);
            default:
                return TakeExponent(c, digit, out error);
        }
    }

    /// <summary>The number scanned; after <see cref="Take"/> said that it ended.</summary>
    public JsonNumber Result()
    {
        var exponent = _state.ExponentNegative ? -_state.Exponent : _state.Exponent;
        var number = new JsonNumber
        {
            Mantissa = _state.Mantissa,
            Exponent = _state.Scale + exponent,
            IsNegative = _state.Negative,
            IsInteger = !_state.HasPoint && !_state.HasExponent,
            IsTruncated = _state.Truncated,
        };
        if (number.IsTruncated)
        {
            var count = _state.DigitCount;
            number.DigitsExponent = _state.DigitsScale + exponent;
            if (_state.Sticky)
            {
                _digits[count++] = 1;
                number.DigitsExponent--;
            }

            number.Digits = _digits.AsSpan(0, count);
        }

        return number;
    }

    private bool TakeFirst(uint digit, out JsonError error)
    {
        if (digit > 9)
        {
            error = JsonError.ValueInvalid;
            return false;
        }

        error = JsonError.None;
        _part = digit == 0 ? Part.IntegerZero : Part.Integer;
        AddInteger(digit);
        return true;
    }

    private bool TakeAfterInteger(byte c)
    {
        if (c != '.')
        {
            return TakeExponentMark(c);
        }

        _state.HasPoint = true;
        _part = Part.FractionFirst;
        return true;
    }

    private bool TakeExponentMark(byte c)
    {
        if ((c | 0x20) != 'e')
        {
            return false;
        }

        _state.HasExponent = true;
        _part = Part.ExponentSign;
        return true;
    }

    private bool TakeExponent(byte c, uint digit, out JsonError error)
    {
        error = JsonError.None;
        if (_part == Part.ExponentSign)
        {
            _part = Part.ExponentFirst;
            if (c is (byte)'+' or (byte)'-')
            {
                _state.ExponentNegative = c == '-';
                return true;
            }
        }

        if (digit > 9)
        {
            error = _part == Part.ExponentFirst ? JsonError.NumberMissExponent : JsonError.None;
            return false;
        }

        _part = Part.Exponent;
        _state.Exponent = Math.Min((_state.Exponent * 10) + (int)digit, MaxExponent);
        return true;
    }

    private void AddInteger(uint digit)
    {
        if (!TryExtendMantissa(digit))
        {
            _state.Scale++;
        }

        if (_state.DigitCount == 0 && digit == 0)
        {
            return;
        }

        if (!TryStore(digit))
        {
            _state.DigitsScale++;
        }
    }

    private void AddFraction(uint digit)
    {
        if (TryExtendMantissa(digit))
        {
            _state.Scale--;
        }

        if ((_state.DigitCount == 0 && digit == 0) || TryStore(digit))
        {
            _state.DigitsScale--;
        }
    }

    private bool TryExtendMantissa(uint digit)
    {
        if (_state.MantissaFull || _state.Mantissa > (ulong.MaxValue - digit) / 10)
        {
            _state.MantissaFull = true;
            _state.Truncated |= digit != 0;
            return false;
        }

        _state.Mantissa = (_state.Mantissa * 10) + digit;
        return true;
    }

    private bool TryStore(uint digit)
    {
        if (_state.DigitCount == MaxDigits)
        {
            _state.Sticky |= digit != 0;
            return false;
        }

        _digits[_state.DigitCount++] = (byte)digit;
        return true;
    }

    // Mutable: one number's worth of state, cleared by one assignment.
    private struct State
    {
        public ulong Mantissa;
        public int Scale;
        public int DigitsScale;
        public int DigitCount;
        public int Exponent;
        public bool Negative;
        public bool HasPoint;
        public bool HasExponent;
        public bool ExponentNegative;
        public bool MantissaFull;
        public bool Truncated;
        public bool Sticky;
    }
}

using System.Buffers;
using System.Diagnostics;

namespace Ovms.Server.Rest.Json;

/// <summary>A JSON reader that is fed buffers as they arrive and can stop at any byte; the derived class gets the events.</summary>
/// <remarks>
/// Accepts and refuses what RapidJSON does with default flags, with its error and offset (W§3.3), plus the bare tokens <c>NaN</c>,
/// <c>Infinity</c>, <c>Inf</c> and their negatives (W§9 no. 14). As for RapidJSON a NUL byte ends the text. Nothing is kept of what has been
/// read besides one number's digits; nesting costs one byte a level.
/// </remarks>
internal abstract partial class JsonPushReader : IBodySink
{
    /// <summary>Deepest nesting of arrays and objects.</summary>
    public const int MaxDepth = 128;

    private static readonly SearchValues<byte> s_blanks = SearchValues.Create(" \n\r\t"u8);
    private static readonly SearchValues<byte> s_stringStops = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)'"', (byte)'\\']);

    private readonly bool[] _arrays = new bool[MaxDepth + 1];
    private readonly NumberAccumulator _number = new();
    private readonly byte[] _tail = new byte[2 * NumberScanner.Window];
    private State _state;
    private bool _inArray;
    private bool _stringIsName;
    private long _base;
    private long _tokenOffset;
    private Literal _literal;
    private int _literalIndex;

    private enum State : byte
    {
        Start,
        Value,
        ArrayFirst,
        ObjectFirst,
        ObjectName,
        Colon,
        AfterValue,
        String,
        Escape,
        Hex,
        SurrogateBackslash,
        SurrogateMark,
        Number,
        Literal,
        Ended,
        Failed,
    }

    private enum Literal : byte
    {
        Null,
        True,
        False,
        NaN,
        Infinity,
    }

    /// <summary>Why reading stopped; <see cref="JsonError.None"/> while all is well.</summary>
    public JsonError Error { get; private set; }

    /// <summary>Offset of the error, in bytes from the start of the text.</summary>
    public long ErrorOffset { get; private set; }

    /// <summary>Arrays and objects open around the current position.</summary>
    protected int Depth { get; private set; }

    /// <summary>Where numbers of the innermost array may go in bulk, without events; null for events.</summary>
    protected JsonTensor? RunTarget { get; set; }

    /// <summary>Reads the next bytes.</summary>
    /// <returns>False when reading has stopped by an error: more input changes nothing.</returns>
    public bool Feed(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (at < data.Length && _state < State.Ended)
        {
            at = Step(data, at);
        }

        _base += data.Length;
        return _state != State.Failed;
    }

    /// <summary>Ends the text.</summary>
    /// <returns>False when it is not JSON.</returns>
    public bool End()
    {
        ReadOnlySpan<byte> end = [0];
        return Feed(end);
    }

    /// <summary>Makes ready for another text.</summary>
    protected void ResetReader()
    {
        _state = State.Start;
        (_inArray, _stringIsName, _base, _tokenOffset) = (false, false, 0, 0);
        (Error, ErrorOffset, Depth, RunTarget) = (JsonError.None, 0, 0, null);
    }

    /// <summary>An object began; <see cref="Depth"/> counts it.</summary>
    protected abstract void OnStartObject();

    /// <summary>An object ended; <see cref="Depth"/> no longer counts it.</summary>
    protected abstract void OnEndObject();

    /// <summary>An array began; <see cref="Depth"/> counts it.</summary>
    protected abstract void OnStartArray();

    /// <summary>An array ended; <see cref="Depth"/> no longer counts it.</summary>
    protected abstract void OnEndArray();

    /// <summary>A string or a member's name begins.</summary>
    protected abstract void OnStartString(bool isName);

    /// <summary>Bytes of the string, unescaped; any number of calls.</summary>
    protected abstract void OnStringBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The string or name ended.</summary>
    protected abstract void OnEndString(bool isName);

    /// <summary>A number.</summary>
    protected abstract void OnNumber(in JsonNumber number);

    /// <summary><c>true</c>, <c>false</c>, or null for <c>null</c>.</summary>
    protected abstract void OnLiteral(bool? value);

    /// <summary>A bulk run met a value that the target refuses.</summary>
    protected abstract void OnRunRefused();

    private static bool IsSpace(byte c) => c is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';

    private int Step(ReadOnlySpan<byte> data, int at)
    {
        switch (_state)
        {
            case State.String:
                return StepString(data, at);
            case State.Number:
                return StepNumber(data, at);
            case State.Literal:
                return StepLiteral(data, at);
            case State.Escape or State.Hex or State.SurrogateBackslash or State.SurrogateMark:
                return StepEscape(data, at);
        }

        var c = data[at];
        if (IsSpace(c))
        {
            at++;
            if (at < data.Length && IsSpace(data[at]))
            {
                var blanks = data[at..].IndexOfAnyExcept(s_blanks);
                at = blanks < 0 ? data.Length : at + blanks;
            }

            return at;
        }

        return StepStructure(data, at, c);
    }

    private int StepStructure(ReadOnlySpan<byte> data, int at, byte c)
    {
        switch (_state)
        {
            case State.Start:
                if (c == 0)
                {
                    return Fail(JsonError.DocumentEmpty, at);
                }

                return StepValue(data, at, c);
            case State.ArrayFirst:
                return c == ']' ? Close(at) : StepValue(data, at, c);
            case State.Value:
                return StepValue(data, at, c);
            case State.ObjectFirst or State.ObjectName:
                if (c == '}' && _state == State.ObjectFirst)
                {
                    return Close(at);
                }

                return c == '"' ? BeginString(at, isName: true) : Fail(JsonError.ObjectMissName, at);
            case State.Colon:
                _state = State.Value;
                return c == ':' ? at + 1 : Fail(JsonError.ObjectMissColon, at);
            default:
                Debug.Assert(_state == State.AfterValue, "every other state is handled above");
                return StepAfterValue(at, c);
        }
    }

    private int StepAfterValue(int at, byte c)
    {
        if (Depth == 0)
        {
            _state = State.Ended;
            return c == 0 ? at + 1 : Fail(JsonError.DocumentRootNotSingular, at);
        }

        if (c == ',')
        {
            _state = _inArray ? State.Value : State.ObjectName;
            return at + 1;
        }

        if (c == (_inArray ? ']' : '}'))
        {
            return Close(at);
        }

        return Fail(_inArray ? JsonError.ArrayMissCommaOrSquareBracket : JsonError.ObjectMissCommaOrCurlyBracket, at);
    }

    private int StepValue(ReadOnlySpan<byte> data, int at, byte c)
    {
        switch (c)
        {
            case (byte)'[' or (byte)'{':
                return Open(at, c == '[');
            case (byte)'"':
                return BeginString(at, isName: false);
            case (byte)'t':
                return BeginLiteral(at, Literal.True);
            case (byte)'f':
                return BeginLiteral(at, Literal.False);
            case (byte)'n':
                return BeginLiteral(at, Literal.Null);
            case (byte)'N' or (byte)'I':
                _number.Reset();
                return BeginLiteral(at, c == 'N' ? Literal.NaN : Literal.Infinity);
        }

        if (RunTarget is { } target && _inArray)
        {
            var next = data.Length - at >= NumberScanner.Window
                ? target.ReadRun(data, at, data.Length, out var run)
                : ReadTail(target, data, at, out run);
            if (run == JsonRun.Refused)
            {
                RunTarget = null;
                OnRunRefused();
            }
            else if (next != at)
            {
                _state = run == JsonRun.AfterValue ? State.AfterValue : State.Value;
                return next;
            }
        }

        _tokenOffset = _base + at;
        _number.Reset();
        _state = State.Number;
        return at;
    }

    // The last bytes of a buffer, padded: only a number that straddles two buffers is read byte by byte.
    private int ReadTail(JsonTensor target, ReadOnlySpan<byte> data, int at, out JsonRun run)
    {
        data = data[at..];
        data.CopyTo(_tail);
        _tail.AsSpan(data.Length).Clear();
        return at + target.ReadRun(_tail, 0, data.Length, out run);
    }

    private int Open(int at, bool isArray)
    {
        if (Depth == MaxDepth)
        {
            return Fail(JsonError.DepthExceeded, at);
        }

        _arrays[++Depth] = _inArray = isArray;
        if (isArray)
        {
            _state = State.ArrayFirst;
            OnStartArray();
        }
        else
        {
            _state = State.ObjectFirst;
            OnStartObject();
        }

        return at + 1;
    }

    private int Close(int at)
    {
        var wasArray = _inArray;
        Depth--;
        _inArray = Depth != 0 && _arrays[Depth];
        _state = State.AfterValue;
        if (wasArray)
        {
            OnEndArray();
        }
        else
        {
            OnEndObject();
        }

        return at + 1;
    }

    private int StepNumber(ReadOnlySpan<byte> data, int at)
    {
        for (; at < data.Length; at++)
        {
            if (_number.Take(data[at], out var error))
            {
                continue;
            }

            if (error != JsonError.None)
            {
                return error == JsonError.ValueInvalid && _number.IsAfterMinus && data[at] is (byte)'N' or (byte)'I'
                    ? BeginLiteral(at, data[at] == 'N' ? Literal.NaN : Literal.Infinity)
                    : Fail(error, at);
            }

            _state = State.AfterValue;
            var number = _number.Result();

            // Only numbers of huge exponents can overflow; the sum bounds digits plus exponent.
            if (number.Exponent > 280 && double.IsInfinity(JsonNumbers.ToDouble(number)))
            {
                return FailAt(JsonError.NumberTooBig, _tokenOffset);
            }

            OnNumber(number);
            return at;
        }

        return at;
    }

    private int Fail(JsonError error, int at) => FailAt(error, _base + at);

    private int FailAt(JsonError error, long offset)
    {
        _state = State.Failed;
        (Error, ErrorOffset) = (error, offset);
        return 0;
    }
}

using System.Diagnostics;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

/// <summary>Prints the answer of a predict call, a buffer at a time, straight from the outputs' memory (W§3.4).</summary>
/// <remarks>Row format prints each tensor on one line, column format one number a line; see the samples of the spec, which upstream's tests
/// fix byte for byte. Resumable after every number, so that no answer is ever held as a whole.</remarks>
internal sealed partial class PredictResponseWriter
{
    /// <summary>Shortest buffer that <see cref="Fill"/> takes.</summary>
    public const int MinBuffer = 4096;

    // The longest piece: brackets of eight dimensions closed and opened with their indentation, and a number.
    private const int MaxToken = 1024;

    private ServableVersion _servable = default!; // set by TryBegin
    private InferRequest _request = default!; // set by TryBegin
    private bool _isRowFormat;
    private Phase _phase;
    private int _output;
    private long _instance;
    private long _instances;
    private int _nameAt;

    private enum Phase : byte
    {
        Head,
        OpenInstance,
        OpenName,
        Name,
        CloseName,
        Slice,
        CloseInstance,
        Tail,
        Done,
    }

    /// <summary>True when everything has been printed.</summary>
    public bool IsDone => _phase == Phase.Done;

    private bool HasNames => _servable.Outputs.Count != 1;

    /// <summary>Begins an answer and checks that it can be printed.</summary>
    public ServingStatus Begin(ServableVersion servable, InferRequest request, bool isRowFormat)
    {
        (_servable, _request, _isRowFormat) = (servable, request, isRowFormat);
        (_phase, _output, _instance, _instances) = (Phase.Head, 0, 0, 0);
        for (var i = 0; i < servable.Outputs.Count; i++)
        {
            var tensor = request.GetOutput(servable.Outputs[i].Descriptor.Index);
            if (!IsPrintable(tensor.Type))
            {
                return ServingStatus.RestUnsupportedPrecision;
            }

            if (!isRowFormat)
            {
                continue;
            }

            if (tensor.Shape.Rank == 0 || (i != 0 && tensor.Shape[0] != _instances))
            {
                return ServingStatus.RestProtoToStringError;
            }

            _instances = tensor.Shape[0];
        }

        return ServingStatus.Ok;
    }

    /// <summary>Forgets the outputs.</summary>
    public void End()
    {
        _servable = default!;
        _request = default!;
        _slice = default;
    }

    /// <summary>Prints into <paramref name="buffer"/> until it is nearly full or everything is printed.</summary>
    /// <param name="buffer">At least <see cref="MinBuffer"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Fill(Span<byte> buffer)
    {
        Debug.Assert(buffer.Length >= MinBuffer, "callers offer whole buffers");
        var at = 0;
        while (_phase != Phase.Done && buffer.Length - at >= MaxToken)
        {
            at += Step(buffer[at..]);
        }

        return at;
    }

    private static bool IsPrintable(ElementType type) => type.IsFloat() || type.IsInteger() || type == ElementType.Boolean;

    private int Step(Span<byte> room)
    {
        switch (_phase)
        {
            case Phase.Head:
                return StepHead(room);
            case Phase.OpenInstance:
                _phase = Phase.OpenName;
                return Put(room, _instance == 0 ? "\n        {"u8 : ",\n        {"u8);
            case Phase.OpenName:
                _phase = Phase.Name;
                _nameAt = 0;
                return Put(room, _output == 0 ? ""u8 : ","u8, _isRowFormat ? "\n            \""u8 : "\n        \""u8);
            case Phase.Name:
                return StepName(room);
            case Phase.CloseName:
                BeginSlice();
                return Put(room, "\": "u8);
            case Phase.Slice:
                return StepSlice(room);
            case Phase.CloseInstance:
                _instance++;
                _output = 0;
                _phase = _instance < _instances ? Phase.OpenInstance : Phase.Tail;
                return Put(room, "\n        }"u8);
            default:
                _phase = Phase.Done;
                return StepTail(room);
        }
    }

    private int StepHead(Span<byte> room)
    {
        if (!_isRowFormat)
        {
            if (HasNames)
            {
                _phase = _servable.Outputs.Count == 0 ? Phase.Tail : Phase.OpenName;
                return Put(room, "{\n    \"outputs\": {"u8);
            }

            BeginSlice();
            return Put(room, "{\n    \"outputs\": "u8);
        }

        if (_instances == 0)
        {
            _phase = Phase.Tail;
        }
        else if (HasNames)
        {
            _phase = Phase.OpenInstance;
        }
        else
        {
            BeginSlice();
        }

        return Put(room, "{\n    \"predictions\": ["u8);
    }

    private int StepTail(Span<byte> room) =>
        _isRowFormat ? Put(room, _instances == 0 ? "]\n}"u8 : "\n    ]\n}"u8)
        : HasNames ? Put(room, _servable.Outputs.Count == 0 ? "}\n}"u8 : "\n    }\n}"u8)
        : Put(room, "\n}"u8);

    private int StepName(Span<byte> room)
    {
        var name = _servable.Outputs[_output].NameUtf8;
        var at = 0;
        while (_nameAt < name.Length && room.Length - at >= 8)
        {
            at += PutEscaped(room[at..], name[_nameAt++]);
        }

        if (_nameAt == name.Length)
        {
            _phase = Phase.CloseName;
        }

        return at;
    }

    private void EndSlice()
    {
        if (!HasNames)
        {
            _phase = Phase.Tail;
            return;
        }

        _output++;
        _phase = _output < _servable.Outputs.Count ? Phase.OpenName : _isRowFormat ? Phase.CloseInstance : Phase.Tail;
    }

    private static int Put(Span<byte> room, ReadOnlySpan<byte> text)
    {
        text.CopyTo(room);
        return text.Length;
    }

    private static int Put(Span<byte> room, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        first.CopyTo(room);
        second.CopyTo(room[first.Length..]);
        return first.Length + second.Length;
    }

    private static int PutEscaped(Span<byte> room, byte c)
    {
        if (c is (byte)'"' or (byte)'\\')
        {
            room[0] = (byte)'\\';
            room[1] = c;
            return 2;
        }

        if (c >= ' ')
        {
            room[0] = c;
            return 1;
        }

        // RapidJSON escapes control characters with capital digits, five of them by letter.
        var letter = c switch { 8 => (byte)'b', 9 => (byte)'t', 10 => (byte)'n', 12 => (byte)'f', 13 => (byte)'r', _ => (byte)0 };
        if (letter != 0)
        {
            room[0] = (byte)'\\';
            room[1] = letter;
            return 2;
        }

        "\\u00"u8.CopyTo(room);
        room[4] = "0123456789ABCDEF"u8[c >> 4];
        room[5] = "0123456789ABCDEF"u8[c & 15];
        return 6;
    }
}

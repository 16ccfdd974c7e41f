using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Ovms.Server.Tests.Wire;

/// <summary>Fills messages of Google.Protobuf with seeded random values that favour the edges of each type.</summary>
internal sealed class RandomMessages(int seed, bool small = false)
{
    private static readonly ulong[] s_edges =
        [0, 1, 2, 63, 64, 127, 128, 16383, 16384, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, long.MaxValue, 0x8000_0000_0000_0000, ulong.MaxValue, ulong.MaxValue - 1];

    private readonly Random _random = new(seed);

    public Random Random => _random;

    public T Next<T>()
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, depth: 0);
        return message;
    }

    private void Fill(IMessage message, int depth)
    {
        var fields = message.Descriptor.Fields.InFieldNumberOrder();

        // Few fields of large messages at a time, and fewer the deeper, so that sizes stay moderate.
        var share = Math.Min(0.6, (small ? 4.0 : 8.0) / fields.Count) / (1 + depth);
        foreach (var field in fields)
        {
            if (_random.NextDouble() >= share || (depth > 3 && field.FieldType == FieldType.Message))
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                var entry = field.MessageType.Fields;
                for (var i = Count(); i > 0; i--)
                {
                    map[Value(entry[1], depth)!] = Value(entry[2], depth);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = Count(); i > 0; i--)
                {
                    list.Add(Value(field, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, depth));
            }
        }
    }

    private int Count() => small ? _random.Next(0, 3) : _random.Next(40) == 0 ? _random.Next(17, 40) : _random.Next(0, 5);

    private object? Value(FieldDescriptor field, int depth)
    {
        var bits = Bits();
        switch (field.FieldType)
        {
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return (int)bits;
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return (long)bits;
            case FieldType.UInt32 or FieldType.Fixed32:
                return (uint)bits;
            case FieldType.UInt64 or FieldType.Fixed64:
                return bits;
            case FieldType.Bool:
                return (bits & 1) != 0;
            case FieldType.Float:
                return BitConverter.UInt32BitsToSingle((uint)bits);
            case FieldType.Double:
                return BitConverter.UInt64BitsToDouble(bits);
            case FieldType.String:
                return Text();
            case FieldType.Bytes:
                var bytes = new byte[Length()];
                _random.NextBytes(bytes);
                return ByteString.CopyFrom(bytes);
            case FieldType.Enum:
                return Enum.ToObject(field.EnumType.ClrType, _random.Next(4) == 0 ? (int)bits : _random.Next(-3, 8));
            case FieldType.Message:
                var message = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                Fill(message, depth + 1);
                return message;
            default:
                throw new NotSupportedException(field.FieldType.ToString());
        }
    }

    private ulong Bits() => _random.Next(3) switch
    {
        0 => s_edges[_random.Next(s_edges.Length)],
        1 => (ulong)_random.Next(0, 300),
        _ => (ulong)_random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64),
    };

    private int Length() => small ? _random.Next(0, 6) : _random.Next(30) == 0 ? _random.Next(120, 400) : _random.Next(0, 12);

    private string Text()
    {
        var text = new StringBuilder();
        for (var i = Length(); i > 0; i--)
        {
            text.Append(_random.Next(6) switch
            {
                0 => "é",
                1 => "€",
                2 => "\U0001F600",
                3 => "\0",
                _ => ((char)_random.Next('a', 'z')).ToString(),
            });
        }

        return text.ToString();
    }
}

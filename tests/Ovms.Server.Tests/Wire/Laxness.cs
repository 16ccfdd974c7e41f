using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Ovms.Server.Tests.Wire;

/// <summary>Finds, in bytes that Google.Protobuf for C# accepts, what the standard forbids and the generated reader refuses.</summary>
/// <remarks>Google.Protobuf for C# puts U+FFFD for invalid UTF-8, takes a packed field of negative length for an empty one, lets a packed
/// field's length near 2^31 overflow, and ignores tags of the wire types 6 and 7 inside map entries. Other implementations refuse these.</remarks>
internal static class Laxness
{
    public static bool In(MessageDescriptor descriptor, byte[] bytes)
    {
        var rest = bytes;
        var input = new CodedInputStream(rest);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            var type = tag & 7;
            if (type > 5)
            {
                return true;
            }

            var field = descriptor.FindFieldByNumber((int)(tag >> 3));
            if (type != 2 || field is null)
            {
                input.SkipLastField();
                continue;
            }

            var isBlock = field.FieldType is FieldType.String or FieldType.Bytes or FieldType.Message;
            if (!isBlock && field.IsRepeated)
            {
                var length = input.ReadLength();
                if (length < 0 || length > rest.Length - input.Position)
                {
                    return true;
                }

                rest = rest[((int)input.Position + length)..];
                input = new CodedInputStream(rest);
                continue;
            }

            if (!isBlock)
            {
                input.SkipLastField();
                continue;
            }

            var value = input.ReadBytes();
            if ((field.FieldType == FieldType.String && !Utf8.IsValid(value.Span))
                || (field.FieldType == FieldType.Message && In(field.MessageType, value.ToByteArray())))
            {
                return true;
            }
        }

        return false;
    }
}

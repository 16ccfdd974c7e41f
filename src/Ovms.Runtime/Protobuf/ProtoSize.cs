using System.Numerics;
using System.Text;

namespace Ovms.Runtime.Protobuf;

/// <summary>Encoded sizes in bytes, without tags; and zig-zag.</summary>
public static class ProtoSize
{
    /// <summary>Size of a varint: one byte for each started group of 7 bits.</summary>
    public static int Varint(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) >> 6;

    /// <summary>Size of a length and so many bytes.</summary>
    public static long Prefixed(long length) => Varint((ulong)length) + length;

    /// <summary>Negative ones take ten bytes, as they are sign-extended.</summary>
    public static int Int32(int value) => Varint((ulong)(long)value);

    public static int Int64(long value) => Varint((ulong)value);

    public static int UInt32(uint value) => Varint(value);

    public static int UInt64(ulong value) => Varint(value);

    public static int SInt32(int value) => Varint(ZigZag(value));

    public static int SInt64(long value) => Varint(ZigZag(value));

    public static int Bool(bool value) => 1;

    public static int Fixed32(uint value) => 4;

    public static int Fixed64(ulong value) => 8;

    public static int SFixed32(int value) => 4;

    public static int SFixed64(long value) => 8;

    public static int Float(float value) => 4;

    public static int Double(double value) => 8;

    public static long String(string value) => Prefixed(Encoding.UTF8.GetByteCount(value));

    public static long Bytes(byte[] value) => Prefixed(value?.Length ?? 0);

    public static long Utf8(Utf8Slice value) => Prefixed(value.Length);

    public static long Slice(ByteSlice value) => Prefixed(value.Length);

    /// <summary>0, −1, 1, −2 … become 0, 1, 2, 3 ….</summary>
    public static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    /// <summary>0, −1, 1, −2 … become 0, 1, 2, 3 ….</summary>
    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>Undoes <see cref="ZigZag(int)"/>.</summary>
    public static int UnZigZag(uint value) => (int)(value >> 1) ^ -(int)(value & 1);

    /// <summary>Undoes <see cref="ZigZag(long)"/>.</summary>
    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}

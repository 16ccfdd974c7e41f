using System.Text;

namespace Ovms.Server.Tests.Grpc.TfServing;

/// <summary>Protobuf by hand: independent of the product's writer.</summary>
internal static class Pb
{
    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)((value & 0x7F) | (value > 0x7F ? 0x80u : 0)));
            value >>= 7;
        }
        while (value > 0);
        return [.. bytes];
    }

    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Bytes(int field, params byte[][] parts)
    {
        var length = parts.Sum(static p => p.Length);
        return [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)length), .. parts.SelectMany(static p => p)];
    }

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Spec(string name, long? version = null) =>
        Bytes(1, Text(1, name), version is null ? [] : Bytes(2, Number(1, version.Value)));

    public static byte[] Shape(params long[] sizes) => Bytes(2, [.. sizes.Select(static s => Bytes(2, Number(1, s)))]);

    /// <summary>An entry of <c>PredictRequest.inputs</c>.</summary>
    public static byte[] Input(string name, int type, long[] shape, byte[] data) =>
        Bytes(2, Text(1, name), Bytes(2, Number(1, type), Shape(shape), data));

    public static byte[] Predict(string model, params byte[][] parts) => [.. Spec(model), .. parts.SelectMany(static p => p)];
}

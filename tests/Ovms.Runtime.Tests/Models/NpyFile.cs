using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Models;

/// <summary>Shape and bytes of a <c>.npy</c> file, version 1.0, C order.</summary>
internal sealed record NpyFile(Shape Shape, ReadOnlyMemory<byte> Bytes)
{
    public static NpyFile Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var headerLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        var header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        var start = header.IndexOf("'shape': (", StringComparison.Ordinal) + "'shape': (".Length;
        var items = header[start..header.IndexOf(')', start)].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new NpyFile(new Shape(Array.ConvertAll(items, static i => long.Parse(i, CultureInfo.InvariantCulture))), bytes.AsMemory(10 + headerLength));
    }
}

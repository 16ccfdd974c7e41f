using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>Reads <c>.npy</c> files of version 1.0, little-endian, C order.</summary>
internal static partial class NpyFile
{
    /// <summary>Sizes and elements of a file.</summary>
    public static (long[] Shape, byte[] Data) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(0x93, bytes[0]);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        var header = Encoding.ASCII.GetString(bytes, 10, length);
        Assert.Contains("'fortran_order': False", header, StringComparison.Ordinal);
        var sizes = ShapePattern().Match(header).Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return ([.. sizes.Select(static s => long.Parse(s, CultureInfo.InvariantCulture))], bytes[(10 + length)..]);
    }

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex ShapePattern();
}

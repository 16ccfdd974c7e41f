namespace Ovms.Server.FunctionalTests.Models;

/// <summary>A tensor of a case: IR name of its element type, sizes, elements little-endian in C order.</summary>
internal sealed record TestTensor(string Name, string Type, long[] Shape, byte[] Data)
{
    /// <summary>Allowed absolute error, of outputs.</summary>
    public double Abs { get; init; }

    /// <summary>Allowed relative error, of outputs.</summary>
    public double Rel { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, static (product, size) => product * size);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} ({string.Join(',', Shape)})";
}

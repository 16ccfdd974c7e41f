using System.Text;

namespace Ovms.Runtime.Protobuf;

/// <summary>A string as UTF-8 bytes that lie, contiguous, in somebody else's memory: mostly the received message.</summary>
/// <remarks>Read ones are valid UTF-8. Valid as long as the memory is (see <see cref="ByteSlice"/>).</remarks>
public readonly struct Utf8Slice : IEquatable<Utf8Slice>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Refers to <paramref name="utf8"/>, which the caller knows to be valid UTF-8.</summary>
    public Utf8Slice(ReadOnlyMemory<byte> utf8) => _bytes = utf8;

    /// <summary>Encodes <paramref name="text"/> into new memory.</summary>
    public Utf8Slice(string text)
        : this(Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes.Span;

    /// <summary>Number of bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The empty string.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>Encodes into new memory.</summary>
    public static implicit operator Utf8Slice(string text) => new(text);

    /// <summary>Refers to an array of valid UTF-8.</summary>
    public static implicit operator Utf8Slice(byte[] utf8) => new(utf8.AsMemory());

    /// <summary>See the implicit operators.</summary>
    public static Utf8Slice ToUtf8Slice(string text) => new(text);

    /// <summary>Equal bytes.</summary>
    public static bool operator ==(Utf8Slice left, Utf8Slice right) => left.Equals(right);

    /// <summary>Different bytes.</summary>
    public static bool operator !=(Utf8Slice left, Utf8Slice right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Utf8Slice other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Utf8Slice other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Seeded per process, so clients cannot prepare colliding names.
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Decodes into a managed string.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);
}

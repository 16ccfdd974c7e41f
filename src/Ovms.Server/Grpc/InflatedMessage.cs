using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Ovms.Server.Grpc;

/// <summary>How decompression ended.</summary>
internal enum InflateResult
{
    Ok,
    TooLarge,
    Malformed,
}

/// <summary>A decompressed message in rented arrays. Reserves as the bytes come, never by what the sender claims.</summary>
internal sealed class InflatedMessage
{
    private const int FirstChunkBytes = 16 << 10;
    private const int MaxChunkBytes = 1 << 20;

    // Header 10, an empty deflate block 2 rounded down, trailer 8: nothing shorter is gzip (RFC 1952).
    private const int MinGzipBytes = 18;

    private readonly List<Chunk> _chunks = [];

    /// <summary>The decompressed bytes; valid until <see cref="Clear"/>.</summary>
    public ReadOnlySequence<byte> Content { get; private set; }

    /// <summary>Decompresses <paramref name="compressed"/>, at most <paramref name="maxBytes"/>.</summary>
    public InflateResult Fill(in ReadOnlySequence<byte> compressed, int maxBytes)
    {
        Clear();
        if (compressed.Length < MinGzipBytes)
        {
            return InflateResult.Malformed;
        }

        // The framework's stream takes the end of a cut stream for the end of the content: the size in the trailer tells them apart.
        Span<byte> trailer = stackalloc byte[sizeof(uint)];
        compressed.Slice(compressed.Length - sizeof(uint)).CopyTo(trailer);
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        try
        {
            using var gzip = new GZipStream(PipeReader.Create(compressed).AsStream(), CompressionMode.Decompress);
            long total = 0;
            var size = FirstChunkBytes;
            while (true)
            {
                var chunk = Add(size);
                while (chunk.Length < chunk.Array.Length)
                {
                    // One byte above the limit is asked for, to tell a message of exactly the limit from a larger one.
                    var want = (int)Math.Min(chunk.Array.Length - chunk.Length, maxBytes - total + 1);
                    var read = gzip.Read(chunk.Array, chunk.Length, want);
                    total += read;
                    chunk.Length += read;
                    if (total > maxBytes)
                    {
                        Clear();
                        return InflateResult.TooLarge;
                    }

                    if (read == 0 && total != expected)
                    {
                        Clear();
                        return InflateResult.Malformed;
                    }

                    if (read == 0)
                    {
                        return Finish();
                    }
                }

                size = Math.Min(size * 2, MaxChunkBytes);
            }
        }
        catch (InvalidDataException)
        {
            Clear();
            return InflateResult.Malformed;
        }
    }

    /// <summary>Returns the arrays.</summary>
    public void Clear()
    {
        Content = default;
        foreach (var chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk.Array);
        }

        _chunks.Clear();
    }

    private Chunk Add(int size)
    {
        var chunk = new Chunk(ArrayPool<byte>.Shared.Rent(size));
        _chunks.Add(chunk);
        return chunk;
    }

    private InflateResult Finish()
    {
        long index = 0;
        for (var i = 0; i < _chunks.Count; i++)
        {
            _chunks[i].Link(index, i + 1 < _chunks.Count ? _chunks[i + 1] : null);
            index += _chunks[i].Length;
        }

        Content = new ReadOnlySequence<byte>(_chunks[0], 0, _chunks[^1], _chunks[^1].Length);
        return InflateResult.Ok;
    }

    private sealed class Chunk(byte[] array) : ReadOnlySequenceSegment<byte>
    {
        public byte[] Array { get; } = array;

        public int Length { get; set; }

        public void Link(long runningIndex, Chunk? next)
        {
            Memory = Array.AsMemory(0, Length);
            RunningIndex = runningIndex;
            Next = next;
        }
    }
}

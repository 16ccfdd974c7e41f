using System.Buffers;
using System.IO.MemoryMappedFiles;
using Ovms.Runtime.Errors;

namespace Ovms.Runtime.Models.Ir;

/// <summary>The .bin file of a model, mapped read-only. Slices are valid until it is disposed.</summary>
/// <remarks>A missing file is an error only when a constant is read (IR sheet §1).</remarks>
internal sealed unsafe class WeightsFile : IDisposable
{
    private readonly string _path;
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;

    /// <summary>Maps the file, if there is one.</summary>
    /// <exception cref="ModelLoadException">The file cannot be opened.</exception>
    public WeightsFile(string path)
    {
        _path = path;
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            Length = stream.Length;
            if (Length == 0)
            {
                return;
            }

            _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);

            // SAFETY: the view stays mapped, and the pointer acquired, until Dispose; slices are bounded by Length.
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _start += _view.PointerOffset;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new ModelLoadException($"the weights file {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Bytes in the file; 0 when there is none.</summary>
    public long Length { get; }

    /// <summary>A part of the file.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="size">Number of bytes.</param>
    /// <param name="error">Makes the exception that names the layer.</param>
    public ReadOnlyMemory<byte> Slice(long offset, long size, Func<string, ModelLoadException> error)
    {
        if (offset < 0 || size < 0 || size > int.MaxValue || (size > 0 && (offset > Length || size > Length - offset)))
        {
            throw error($"{size} bytes at offset {offset} are not inside the weights file {_path} of {Length} bytes");
        }

        return size == 0 ? ReadOnlyMemory<byte>.Empty : new MappedSlice(_start + offset, (int)size).Memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }

        _file?.Dispose();
    }

    private sealed class MappedSlice(byte* start, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

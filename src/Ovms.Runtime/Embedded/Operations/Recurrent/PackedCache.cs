using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>Packed constant weights of one layer, shared by its plans.</summary>
internal sealed class PackedCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(PackedKey Key, long Offset), PackedPanels> _packed = [];

    /// <summary>Packs a matrix that starts at <paramref name="offset"/> of its input, once.</summary>
    public PackedPanels GetOrPack(in MatrixOperand operand, GemmLayout layout, PackedKey key, long offset)
    {
        lock (_lock)
        {
            if (!_packed.TryGetValue((key, offset), out var panels))
            {
                panels = operand.PackAllRight(layout, key);
                _packed.Add((key, offset), panels);
            }

            return panels;
        }
    }
}

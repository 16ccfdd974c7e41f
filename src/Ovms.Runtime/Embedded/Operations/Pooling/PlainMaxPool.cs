using System.Numerics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>Maxima by plain loops, for every type and with positions.</summary>
/// <param name="geometry">Sizes.</param>
/// <param name="modulus">Positions count modulo this many elements.</param>
/// <param name="indexed">Whether positions are wanted.</param>
internal sealed class PlainMaxPool<T>(PoolGeometry geometry, long modulus, bool indexed) : PlanePool(geometry)
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    public override void Run(OperationContext context, int first, int end)
    {
        ReadOnlySpan<T> data = context.Input(0).As<T>();
        var result = context.Output(0).As<T>();
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        for (var i = first * Geometry.OutputPlane; i < end * Geometry.OutputPlane; i++)
        {
            var (position, plane) = (i % Geometry.OutputPlane, i / Geometry.OutputPlane * Geometry.InputPlane);
            var (x, xCount) = PoolGeometry.Clip(w, position % w.Output);
            var (y, yCount) = PoolGeometry.Clip(h, position / w.Output % h.Output);
            var (z, zCount) = PoolGeometry.Clip(d, position / w.Output / h.Output);
            var (most, at) = (T.MinValue, -1);
            for (var kz = 0; kz < zCount; kz++)
            {
                for (var ky = 0; ky < yCount; ky++)
                {
                    var row = plane + ((((z + (kz * d.Dilation)) * h.Input) + y + (ky * h.Dilation)) * w.Input) + x;
                    for (var kx = 0; kx < xCount; kx++, row += w.Dilation)
                    {
                        if (data[row] > most)
                        {
                            (most, at) = (data[row], row);
                        }
                        else if (at < 0 && data[row] == most)
                        {
                            // The lowest value itself, never above the start.
                            at = row;
                        }
                    }
                }
            }

            result[i] = most;
            if (indexed)
            {
                Store(context.Output(1), i, at < 0 ? 0 : at % modulus);
            }
        }
    }

    private static void Store(TensorValue indices, int i, long index)
    {
        if (indices.Type == ElementType.I32)
        {
            indices.As<int>()[i] = (int)index;
        }
        else
        {
            indices.As<long>()[i] = index;
        }
    }
}

using System.Numerics;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>Means by plain loops, for f64 and integers; integers round to the nearest, ties to even.</summary>
/// <param name="geometry">Sizes.</param>
/// <param name="countCovered">Divide by the window elements inside the input instead of the whole window.</param>
internal sealed class PlainAvgPool<T>(PoolGeometry geometry, bool countCovered) : PlanePool(geometry)
    where T : unmanaged, INumber<T>
{
    public override void Run(OperationContext context, int first, int end)
    {
        ReadOnlySpan<T> data = context.Input(0).As<T>();
        var result = context.Output(0).As<T>();
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        var isInteger = typeof(T) != typeof(double);
        for (var i = first * Geometry.OutputPlane; i < end * Geometry.OutputPlane; i++)
        {
            var (position, plane) = (i % Geometry.OutputPlane, i / Geometry.OutputPlane * Geometry.InputPlane);
            var (x, xCount) = PoolGeometry.Clip(w, position % w.Output);
            var (y, yCount) = PoolGeometry.Clip(h, position / w.Output % h.Output);
            var (z, zCount) = PoolGeometry.Clip(d, position / w.Output / h.Output);
            var sum = 0d;
            for (var kz = 0; kz < zCount; kz++)
            {
                for (var ky = 0; ky < yCount; ky++)
                {
                    var row = plane + ((((z + (kz * d.Dilation)) * h.Input) + y + (ky * h.Dilation)) * w.Input) + x;
                    for (var kx = 0; kx < xCount; kx++, row += w.Dilation)
                    {
                        sum += double.CreateTruncating(data[row]);
                    }
                }
            }

            var covered = zCount * yCount * xCount;
            var mean = covered == 0 ? 0 : sum / (countCovered ? covered : Geometry.Taps);
            result[i] = T.CreateSaturating(isInteger ? Math.Round(mean) : mean);
        }
    }
}

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>Boxes (centre x, centre y, width, height, angle in radians) and their overlap, by clipping one polygon with the other.</summary>
internal static class RotatedBox
{
    // A rectangle clipped by four half planes has at most eight corners.
    private const int MaxCorners = 8;

    /// <summary>Intersection over union.</summary>
    public static float Overlap(ReadOnlySpan<float> left, ReadOnlySpan<float> right, bool clockwise)
    {
        var (areaA, areaB) = (left[2] * left[3], right[2] * right[3]);
        if (!(areaA > 0 && areaB > 0))
        {
            return 0;
        }

        Span<(float X, float Y)> polygon = stackalloc (float X, float Y)[MaxCorners + 1];
        Span<(float X, float Y)> clipped = stackalloc (float X, float Y)[MaxCorners + 1];
        Span<(float X, float Y)> window = stackalloc (float X, float Y)[4];
        Corners(left, clockwise, left[0], left[1], polygon);
        Corners(right, clockwise, left[0], left[1], window);
        var count = 4;
        for (var edge = 0; edge < 4 && count > 0; edge++)
        {
            count = Clip(polygon[..count], window[edge], window[(edge + 1) % 4], clipped);
            clipped[..count].CopyTo(polygon);
        }

        var twice = 0f;
        for (var i = 0; i < count; i++)
        {
            var (a, b) = (polygon[i], polygon[(i + 1) % count]);
            twice += (a.X * b.Y) - (a.Y * b.X);
        }

        var common = MathF.Abs(twice) / 2;
        return common / (areaA + areaB - common);
    }

    private static void Corners(ReadOnlySpan<float> box, bool clockwise, float originX, float originY, Span<(float X, float Y)> corners)
    {
        // Image rows run downwards: the usual rotation matrix turns clockwise.
        var (sin, cos) = MathF.SinCos(clockwise ? box[4] : -box[4]);
        var (x, y) = (box[0] - originX, box[1] - originY);
        for (var i = 0; i < 4; i++)
        {
            var (dx, dy) = (box[2] / 2 * (i is 0 or 3 ? -1 : 1), box[3] / 2 * (i < 2 ? -1 : 1));
            corners[i] = (x + (cos * dx) - (sin * dy), y + (sin * dx) + (cos * dy));
        }
    }

    /// <summary>Keeps the part of a polygon on the inner side of the line from <paramref name="from"/> to <paramref name="to"/>.</summary>
    private static int Clip(ReadOnlySpan<(float X, float Y)> polygon, (float X, float Y) from, (float X, float Y) to, Span<(float X, float Y)> result)
    {
        float Side((float X, float Y) p) => ((to.X - from.X) * (p.Y - from.Y)) - ((to.Y - from.Y) * (p.X - from.X));
        var count = 0;
        for (var i = 0; i < polygon.Length; i++)
        {
            var (a, b) = (polygon[i], polygon[(i + 1) % polygon.Length]);
            var (sideA, sideB) = (Side(a), Side(b));
            if (sideA >= 0 && count < result.Length)
            {
                result[count++] = a;
            }

            if ((sideA >= 0) != (sideB >= 0) && count < result.Length)
            {
                var t = sideA / (sideA - sideB);
                result[count++] = (a.X + ((b.X - a.X) * t), a.Y + ((b.Y - a.Y) * t));
            }
        }

        return count;
    }
}

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>An order of things that have numbers.</summary>
internal interface IIndexOrder
{
    /// <summary>Negative when <paramref name="left"/> comes first, zero when they are equal.</summary>
    int Compare(int left, int right);
}

/// <summary>A stable sort of numbers without allocation.</summary>
internal static class IndexSort
{
    /// <summary>Merge sort; <paramref name="scratch"/> is as long as <paramref name="items"/>.</summary>
    public static void Sort<TOrder>(Span<int> items, Span<int> scratch, scoped in TOrder order)
        where TOrder : struct, IIndexOrder, allows ref struct
    {
        for (var width = 1; width < items.Length; width *= 2)
        {
            for (var left = 0; left < items.Length; left += 2 * width)
            {
                var (middle, right) = (Math.Min(left + width, items.Length), Math.Min(left + (2 * width), items.Length));
                var (a, b) = (left, middle);
                for (var i = left; i < right; i++)
                {
                    scratch[i] = a < middle && (b >= right || order.Compare(items[b], items[a]) >= 0) ? items[a++] : items[b++];
                }
            }

            scratch[..items.Length].CopyTo(items);
        }
    }
}

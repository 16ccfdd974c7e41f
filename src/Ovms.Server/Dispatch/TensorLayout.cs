using Ovms.Runtime.Inference;

namespace Ovms.Server.Dispatch;

/// <summary>A layout: which dimension is the batch, the channels and so on (M§5.6). Letters N C H W D once each, <c>?</c>, at most one <c>...</c>.</summary>
internal sealed class TensorLayout
{
    private const string Letters = "NCHWD";

    private TensorLayout(string text, int lettersBefore, int lettersAfter, bool hasEllipsis)
    {
        Text = text;
        MinRank = lettersBefore + lettersAfter;
        HasEllipsis = hasEllipsis;
        var end = hasEllipsis ? lettersBefore : text.Length;
        BatchAxis = text.AsSpan(0, end).IndexOf('N');
    }

    /// <summary>Upper case, without spaces, brackets and commas.</summary>
    public string Text { get; }

    /// <summary>Position of <c>N</c> counted from the front, or −1 when there is none there (an <c>N</c> behind <c>...</c> has no position).</summary>
    public int BatchAxis { get; }

    /// <summary>Least rank it fits.</summary>
    public int MinRank { get; }

    /// <summary>Whether more dimensions than letters are allowed.</summary>
    public bool HasEllipsis { get; }

    /// <summary>Whether tensors of this rank can have the layout.</summary>
    public bool FitsRank(int rank) => HasEllipsis ? rank >= MinRank : rank == MinRank;

    /// <summary>Reads <c>NCHW</c>, <c>N...</c>, <c>?C??</c>, also in the spelling of model files, <c>[N,C,H,W]</c>. Case and spaces do not matter.</summary>
    public static bool TryParse(string text, out TensorLayout? layout)
    {
        layout = null;
        var clean = text.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (clean.StartsWith('[') && clean.EndsWith(']'))
        {
            clean = clean[1..^1].Replace(",", "", StringComparison.Ordinal);
        }

        var ellipsis = clean.IndexOf("...", StringComparison.Ordinal);
        var before = ellipsis < 0 ? clean : clean[..ellipsis];
        var after = ellipsis < 0 ? "" : clean[(ellipsis + 3)..];
        var seen = 0;
        foreach (var letter in before + after)
        {
            var position = Letters.IndexOf(letter, StringComparison.Ordinal);
            if (letter == '?')
            {
                continue;
            }

            if (position < 0 || (seen & (1 << position)) != 0)
            {
                return false;
            }

            seen |= 1 << position;
        }

        if (clean.Length == 0)
        {
            return false;
        }

        layout = new TensorLayout(clean, before.Length, after.Length, ellipsis >= 0);
        return true;
    }

    /// <summary>Whether two valid texts say the same.</summary>
    public static bool SameText(string first, string second) =>
        TryParse(first, out var one) && TryParse(second, out var other) && one!.Text == other!.Text;

    /// <summary>The batch axis of a declared tensor: by its layout, or dimension 0 (the default layout is <c>N...</c>, a scalar's is <c>...</c>).</summary>
    public static int BatchAxisOf(TensorDescriptor descriptor)
    {
        if (descriptor.Layout is { } text && TryParse(text, out var layout))
        {
            return layout!.BatchAxis;
        }

        return descriptor.Shape.IsRankKnown && descriptor.Shape.Rank == 0 ? -1 : 0;
    }
}

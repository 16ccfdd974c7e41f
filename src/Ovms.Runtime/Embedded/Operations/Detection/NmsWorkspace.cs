namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>A box that is still a candidate.</summary>
/// <param name="Score">Its score, lowered by soft suppression.</param>
/// <param name="Index">Its number in the batch entry.</param>
/// <param name="Begin">Selected boxes of this class that it was compared with already.</param>
internal readonly record struct NmsCandidate(float Score, int Index, int Begin);

/// <summary>A selected box.</summary>
internal readonly record struct NmsBox(int Batch, int Class, int Index, float Score);

/// <summary>Growing buffers of suppression: a heap of candidates, best on top, and the boxes selected. One per request, reused, so that
/// runs after the first allocate only when there is more to hold than ever before.</summary>
internal sealed class NmsWorkspace
{
    private NmsCandidate[] _heap = [];
    private NmsBox[] _results = [];
    private NmsBox[] _merge = [];
    private int[] _order = [];
    private float[] _overlaps = [];
    private int _candidates;

    /// <summary>Boxes selected so far.</summary>
    public int Selected { get; private set; }

    /// <summary>The boxes selected, the first <see cref="Selected"/> entries.</summary>
    public Span<NmsBox> Results => _results;

    /// <summary>Room for the numbers of <paramref name="count"/> boxes.</summary>
    public Span<int> Order(int count)
    {
        _order = _order.Length < count ? new int[count] : _order;
        return _order;
    }

    /// <summary>Room for one overlap of each of <paramref name="count"/> boxes.</summary>
    public Span<float> Overlaps(int count)
    {
        _overlaps = _overlaps.Length < count ? new float[count] : _overlaps;
        return _overlaps;
    }

    /// <summary>Forgets everything.</summary>
    public void Reset() => (_candidates, Selected) = (0, 0);

    /// <summary>Keeps the first <paramref name="count"/> results.</summary>
    public void Truncate(int count) => Selected = Math.Min(count, Selected);

    /// <summary>Replaces the candidates by all boxes with a score above <paramref name="threshold"/>.</summary>
    public void LoadCandidates(ReadOnlySpan<float> scores, float threshold)
    {
        BeginCandidates(scores.Length);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > threshold)
            {
                _heap[_candidates++] = new NmsCandidate(scores[i], i, 0);
            }
        }

        for (var i = (_candidates / 2) - 1; i >= 0; i--)
        {
            Sink(i);
        }
    }

    /// <summary>Forgets the candidates and makes room for <paramref name="capacity"/> of them.</summary>
    public void BeginCandidates(int capacity)
    {
        _candidates = 0;
        if (_heap.Length < capacity)
        {
            _heap = new NmsCandidate[capacity];
        }
    }

    /// <summary>Takes the candidate of the highest score, of equal ones the first.</summary>
    public bool TryPop(out NmsCandidate best)
    {
        if (_candidates == 0)
        {
            best = default;
            return false;
        }

        best = _heap[0];
        _heap[0] = _heap[--_candidates];
        Sink(0);
        return true;
    }

    /// <summary>Adds a candidate, or puts back one that was popped; there must be room.</summary>
    public void Push(NmsCandidate candidate)
    {
        var at = _candidates++;
        while (at > 0 && Better(candidate, _heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = candidate;
    }

    /// <summary>Appends a selected box.</summary>
    public void AddResult(NmsBox box)
    {
        if (Selected == _results.Length)
        {
            Array.Resize(ref _results, Math.Max(64, 2 * Selected));
        }

        _results[Selected++] = box;
    }

    /// <summary>Sorts all results by score, keeping the order (batch, class, selection) of equal ones.</summary>
    public void SortResults() => SortResults(0, Selected, NmsOrder.Score);

    /// <summary>Sorts a range of results; the sort is stable.</summary>
    public void SortResults(int start, int end, NmsOrder order)
    {
        if (_merge.Length < _results.Length)
        {
            _merge = new NmsBox[_results.Length];
        }

        var (from, to) = (_results, _merge);
        for (var width = 1; width < end - start; width *= 2)
        {
            for (var left = start; left < end; left += 2 * width)
            {
                var (middle, right) = (Math.Min(left + width, end), Math.Min(left + (2 * width), end));
                var (a, b) = (left, middle);
                for (var i = left; i < right; i++)
                {
                    to[i] = a < middle && (b >= right || !Before(from[b], from[a], order)) ? from[a++] : from[b++];
                }
            }

            Array.Copy(to, start, from, start, end - start);
        }
    }

    private static bool Before(in NmsBox left, in NmsBox right, NmsOrder order) => order switch
    {
        NmsOrder.Score => left.Score > right.Score,
        NmsOrder.ClassThenScore => left.Class < right.Class || (left.Class == right.Class && left.Score > right.Score),
        _ => left.Class < right.Class,
    };

    private static bool Better(in NmsCandidate left, in NmsCandidate right) =>
        left.Score > right.Score || (left.Score == right.Score && left.Index < right.Index);

    private void Sink(int at)
    {
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= _candidates)
            {
                return;
            }

            if (child + 1 < _candidates && Better(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Better(_heap[child], _heap[at]))
            {
                return;
            }

            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }
}

/// <summary>Orders of selected boxes.</summary>
internal enum NmsOrder
{
    Score,
    Class,
    ClassThenScore,
}

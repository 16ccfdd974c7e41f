using System.Runtime.CompilerServices;

namespace Ovms.Runtime.Protobuf;

/// <summary>A repeated field of values: numbers, enums, strings, slices. Keeps its memory when cleared.</summary>
public sealed class ProtoList<T>
{
    private T[] _items = [];
    private int _count;

    /// <summary>Number of elements.</summary>
    public int Count => _count;

    /// <summary>One element.</summary>
    public T this[int index]
    {
        get => AsSpan()[index];
        set => AsSpan()[index] = value;
    }

    /// <summary>The elements; valid until the list changes.</summary>
    public Span<T> AsSpan() => _items.AsSpan(0, _count);

    /// <summary>For <c>foreach</c>.</summary>
    public Span<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    /// <summary>Appends an element.</summary>
    public void Add(T item)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, _count * 2));
        }

        _items[_count++] = item;
    }

    /// <summary>Appends elements.</summary>
    public void AddRange(ReadOnlySpan<T> items)
    {
        if (items.Length > _items.Length - _count)
        {
            Array.Resize(ref _items, Math.Max(_count + items.Length, _count * 2));
        }

        items.CopyTo(_items.AsSpan(_count));
        _count += items.Length;
    }

    /// <summary>Removes all elements.</summary>
    public void Clear()
    {
        if (_items.Length > ProtoLimits.MaxKeptItems)
        {
            _items = [];
        }
        else if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            AsSpan().Clear();
        }

        _count = 0;
    }
}

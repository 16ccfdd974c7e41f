namespace Ovms.Runtime.Protobuf;

/// <summary>A repeated field of messages. Keeps its message objects when cleared and gives them out again.</summary>
public sealed class ProtoMessageList<T>
    where T : class, IProtoMessage, new()
{
    private T?[] _items = [];
    private int _count;

    /// <summary>Number of elements.</summary>
    public int Count => _count;

    /// <summary>One element.</summary>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            return _items[index]!;
        }
    }

    /// <summary>Appends an empty message, which stays the list's.</summary>
    public T Add()
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, _count * 2));
        }

        // What lies behind the end was cleared when it was given up.
        return _items[_count++] ??= new T();
    }

    /// <summary>Removes all elements.</summary>
    public void Clear()
    {
        if (_items.Length > ProtoLimits.MaxKeptItems)
        {
            _items = [];
        }

        for (var i = 0; i < Math.Min(_count, _items.Length); i++)
        {
            _items[i]!.Clear();
        }

        _count = 0;
    }
}

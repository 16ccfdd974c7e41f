using System.Runtime.CompilerServices;

namespace Ovms.Runtime.Protobuf;

/// <summary>A map field: entries in order of first appearance, found by key. Keeps memory and message objects when cleared.</summary>
/// <remarks>Few entries are searched one by one; from <see cref="IndexThreshold"/> on a hash index is kept, so that a request with a
/// million keys costs no quadratic time.</remarks>
public sealed class ProtoMap<TKey, TValue>
    where TKey : notnull, IEquatable<TKey>
{
    private const int IndexThreshold = 16;

    private Entry[] _entries = [];
    private int[] _buckets = []; // 1 + index of the first entry, 0 for none
    private bool _indexed;
    private int _count;

    /// <summary>Number of entries.</summary>
    public int Count => _count;

    /// <summary>Key of the entry at <paramref name="index"/>.</summary>
    public TKey KeyAt(int index) => _entries.AsSpan(0, _count)[index].Key;

    /// <summary>Value of the entry at <paramref name="index"/>.</summary>
    public TValue ValueAt(int index) => _entries.AsSpan(0, _count)[index].Value;

    /// <summary>Position of a key, or −1.</summary>
    public int IndexOf(TKey key)
    {
        if (!_indexed)
        {
            for (var i = 0; i < _count; i++)
            {
                if (_entries[i].Key.Equals(key))
                {
                    return i;
                }
            }

            return -1;
        }

        var hash = key.GetHashCode();
        for (var i = _buckets[Bucket(hash)] - 1; i >= 0; i = _entries[i].Next)
        {
            if (_entries[i].Hash == hash && _entries[i].Key.Equals(key))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Value of a key.</summary>
    public bool TryGetValue(TKey key, out TValue value)
    {
        var index = IndexOf(key);
        value = index < 0 ? default! : _entries[index].Value;
        return index >= 0;
    }

    /// <summary>Adds an entry or replaces its value.</summary>
    public void Set(TKey key, TValue value)
    {
        ref var entry = ref Reserve();
        (entry.Key, entry.Value) = (key, value);
        Commit();
    }

    /// <summary>The free place behind the last entry, to be filled and then taken by <see cref="Commit"/>. Its value may be a message object
    /// left from before.</summary>
    public ref Entry Reserve()
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(4, _count * 2));
        }

        return ref _entries[_count];
    }

    /// <summary>Takes the entry filled in <see cref="Reserve"/>: the last value of a key wins, in the place of the first.</summary>
    public void Commit()
    {
        ref var entry = ref _entries[_count];
        var index = IndexOf(entry.Key);
        if (index >= 0)
        {
            // The replaced message object stays behind the end, for reuse.
            (_entries[index].Value, entry.Value) = (entry.Value, _entries[index].Value);
            ClearEntry(ref entry);
            return;
        }

        _count++;
        if (_indexed && _count <= _buckets.Length)
        {
            Link(_count - 1);
        }
        else if (_count > IndexThreshold)
        {
            Rehash();
        }
    }

    /// <summary>Removes all entries.</summary>
    public void Clear()
    {
        if (_entries.Length > ProtoLimits.MaxKeptItems)
        {
            _entries = [];
        }

        // One more than there are: a malformed entry may have been left reserved.
        for (var i = 0; i < Math.Min(_count + 1, _entries.Length); i++)
        {
            ClearEntry(ref _entries[i]);
        }

        if (_buckets.Length > ProtoLimits.MaxKeptItems * 2)
        {
            _buckets = [];
        }

        _indexed = false;
        _count = 0;
    }

    private static void ClearEntry(ref Entry entry)
    {
        entry.Key = default!;
        if (entry.Value is IProtoMessage message)
        {
            message.Clear();
        }
        else
        {
            entry.Value = default!;
        }
    }

    private void Rehash()
    {
        if (_buckets.Length < _entries.Length * 2)
        {
            _buckets = new int[_entries.Length * 2];
        }

        _buckets.AsSpan().Clear();
        _indexed = true;
        for (var i = 0; i < _count; i++)
        {
            Link(i);
        }
    }

    private void Link(int index)
    {
        ref var entry = ref _entries[index];
        entry.Hash = entry.Key.GetHashCode();
        ref var bucket = ref _buckets[Bucket(entry.Hash)];
        entry.Next = bucket - 1;
        bucket = index + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Bucket(int hash) => (uint)hash % (uint)_buckets.Length;

    /// <summary>One entry.</summary>
    public struct Entry
    {
        internal int Hash;
        internal int Next;

        /// <summary>Key.</summary>
        public TKey Key { get; set; }

        /// <summary>Value.</summary>
        public TValue Value { get; set; }
    }
}

/// <summary>Operations of maps whose values are messages.</summary>
public static class ProtoMapExtensions
{
    /// <summary>Adds an entry, or empties the present one, and returns its message, which stays the map's.</summary>
    public static TMessage Put<TKey, TMessage>(this ProtoMap<TKey, TMessage> map, TKey key)
        where TKey : notnull, IEquatable<TKey>
        where TMessage : class, IProtoMessage, new()
    {
        ArgumentNullException.ThrowIfNull(map);
        ref var entry = ref map.Reserve();
        var message = entry.Value ??= new TMessage();
        message.Clear();
        entry.Key = key;
        map.Commit();
        return message;
    }
}

namespace Ovms.Server.Dispatch;

/// <summary>All models at one moment, found by the UTF-8 bytes of their names without making a string. Immutable; published by one pointer.</summary>
internal sealed class ModelCatalog
{
    // Open addressing, at most half full. Names come from the operator's configuration, so a plain hash needs no defence.
    private readonly ModelEntry?[] _slots;

    /// <summary>A catalog of models with different names.</summary>
    public ModelCatalog(ModelEntry[] models)
    {
        Models = models;
        _slots = new ModelEntry?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(models.Length * 2, 2))];
        foreach (var model in models)
        {
            var slot = Hash(model.NameUtf8) & (_slots.Length - 1);
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = model;
        }
    }

    /// <summary>No models.</summary>
    public static ModelCatalog Empty { get; } = new([]);

    /// <summary>All models, in the order they were added.</summary>
    public ModelEntry[] Models { get; }

    /// <summary>The model with this name, or null.</summary>
    public ModelEntry? Find(ReadOnlySpan<byte> nameUtf8)
    {
        var slot = Hash(nameUtf8) & (_slots.Length - 1);
        while (_slots[slot] is { } model)
        {
            if (nameUtf8.SequenceEqual(model.NameUtf8))
            {
                return model;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        return null;
    }

    /// <summary>This catalog with one model added or replaced.</summary>
    public ModelCatalog With(ModelEntry model)
    {
        var index = Array.FindIndex(Models, m => m.Name == model.Name);
        if (index < 0)
        {
            return new ModelCatalog([.. Models, model]);
        }

        var replaced = (ModelEntry[])Models.Clone();
        replaced[index] = model;
        return new ModelCatalog(replaced);
    }

    // FNV-1a, 32 bits.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var octet in name)
        {
            hash = (hash ^ octet) * 16777619u;
        }

        return (int)(hash ^ (hash >> 16));
    }
}

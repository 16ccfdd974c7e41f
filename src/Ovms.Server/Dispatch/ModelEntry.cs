using System.Text;

namespace Ovms.Server.Dispatch;

/// <summary>One version in a <see cref="ModelCatalog"/>: its state and, while it can be leased, its servable.</summary>
internal sealed record VersionEntry(long Version, ModelVersionState State, int ErrorCode, ServableVersion? Servable)
{
    /// <summary>True when loading failed, which the wire shows as LOADING with an error code (M§3.6).</summary>
    public bool HasFailed => State == ModelVersionState.Loading && ErrorCode != 0;
}

/// <summary>One model in a <see cref="ModelCatalog"/>. Immutable.</summary>
internal sealed class ModelEntry
{
    /// <summary>A model with its versions in ascending order.</summary>
    public ModelEntry(string name, VersionEntry[] versions)
    {
        Name = name;
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        Versions = versions;
        for (var i = versions.Length - 1; i >= 0 && Default is null; i--)
        {
            Default = versions[i].State == ModelVersionState.Available ? versions[i] : null;
        }
    }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Name as on the wire.</summary>
    public byte[] NameUtf8 { get; }

    /// <summary>Versions, ascending, retired ones included: they are never forgotten (M§3.9).</summary>
    public VersionEntry[] Versions { get; }

    /// <summary>The highest version that is available, or null.</summary>
    public VersionEntry? Default { get; }

    /// <summary>The version with this number, or null.</summary>
    public VersionEntry? Find(long version)
    {
        foreach (var entry in Versions)
        {
            if (entry.Version == version)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>This model with one version added or replaced.</summary>
    public ModelEntry With(VersionEntry version)
    {
        var index = Array.FindIndex(Versions, v => v.Version >= version.Version);
        if (index >= 0 && Versions[index].Version == version.Version)
        {
            var replaced = (VersionEntry[])Versions.Clone();
            replaced[index] = version;
            return new ModelEntry(Name, replaced);
        }

        index = index < 0 ? Versions.Length : index;
        return new ModelEntry(Name, [.. Versions[..index], version, .. Versions[index..]]);
    }
}

namespace Ovms.Server.Configuration;

/// <summary>The configuration file does not have the required form; thrown at start only.</summary>
/// <param name="schemaPointer">Where in the schema.</param>
/// <param name="keyword">The violated rule.</param>
/// <param name="pointer">Where in the file.</param>
internal sealed class ConfigSchemaException(string schemaPointer, string keyword, string pointer) : Exception(pointer)
{
    /// <summary>Where in the schema.</summary>
    public string SchemaPointer { get; } = schemaPointer;

    /// <summary>The violated rule.</summary>
    public string Keyword { get; } = keyword;

    /// <summary>Where in the file.</summary>
    public string Pointer { get; } = pointer;

    /// <summary>A sentence for the operator, or null.</summary>
    public string? Reason { get; private init; }

    /// <summary>A part of the format that this version does not serve.</summary>
    public static ConfigSchemaException Unsupported(string name, string pointer) =>
        new("#/properties/" + name, "unsupported", pointer) { Reason = $"{name} is not supported by this version of the server" };
}

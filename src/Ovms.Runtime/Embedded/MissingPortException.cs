namespace Ovms.Runtime.Embedded;

/// <summary>An operation asked for an input or output that its layer does not have. Becomes an error that names the layer.</summary>
internal sealed class MissingPortException(string message) : Exception(message);

namespace Ovms.Runtime.Native;

/// <summary>A call into OpenVINO failed while something was set up: status and the library's text, read at once.</summary>
internal sealed class OvException(OvStatus status, string text) : Exception(text)
{
    /// <summary>The status.</summary>
    public OvStatus Status { get; } = status;
}

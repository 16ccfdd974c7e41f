namespace Ovms.Server.Dispatch;

/// <summary>What a status query says of one version (W§1.3, §1.11, §3.5).</summary>
/// <param name="Version">Version number.</param>
/// <param name="State">Life-cycle state; the numbers are those of the wire.</param>
/// <param name="ErrorCode">0 OK, 2 UNKNOWN (load failed), 9 FAILED_PRECONDITION; its name is the error message (W§1.3).</param>
internal readonly record struct ModelVersionStatus(long Version, ModelVersionState State, int ErrorCode);

/// <summary>States of a version, numbered as <c>ModelVersionStatus.State</c> on the wire.</summary>
internal enum ModelVersionState
{
    Unknown = 0,
    Start = 10,
    Loading = 20,
    Available = 30,
    Unloading = 40,
    End = 50,
}

namespace Ovms.Server.Dispatch;

/// <summary>What a status query says of one version (W§1.3, §1.11, §3.5).</summary>
/// <param name="Version">Version number.</param>
/// <param name="State">Life-cycle state; the numbers are those of the wire.</param>
/// <param name="ErrorCode">0 OK, 2 UNKNOWN (load failed), 9 FAILED_PRECONDITION; its name is the error message (W§1.3).</param>
internal readonly record struct ModelVersionStatus(long Version, ModelVersionState State, int ErrorCode)
{
    /// <summary>Error code of a version that could not be loaded.</summary>
    public const int LoadFailed = 2;

    /// <summary>The <c>error_message</c> of an error code: its name.</summary>
    public static string ErrorName(int errorCode) => errorCode switch
    {
        0 => "OK",
        LoadFailed => "UNKNOWN",
        9 => "FAILED_PRECONDITION",
        _ => throw new ArgumentOutOfRangeException(nameof(errorCode), errorCode, "a status query has no such code"),
    };
}

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

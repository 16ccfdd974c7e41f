namespace Ovms.Server.Dispatch;

/// <summary>How a request ended: a status and, on failure, the details that follow its text.</summary>
/// <param name="Status">The status; <see cref="ServingStatus.Ok"/> for success.</param>
/// <param name="Details">Text after <c>" - "</c>, or null (W§2.1, §2.3). Built only on failure.</param>
internal readonly record struct ServingFault(ServingStatus Status, string? Details = null)
{
    /// <summary>Success.</summary>
    public static ServingFault None => default;

    /// <summary>True when the request failed.</summary>
    public bool IsFault => Status != ServingStatus.Ok;

    /// <summary>What the client reads: <c>TEXT</c> or <c>TEXT - DETAILS</c>.</summary>
    public string Message => Details is null ? ServingStatusTable.Text(Status) : $"{ServingStatusTable.Text(Status)} - {Details}";
}

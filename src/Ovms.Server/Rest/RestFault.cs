using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest;

/// <summary>How a REST request ended: HTTP code and, on failure, the text for the client.</summary>
/// <param name="HttpCode">HTTP status code; 0 or 200 for success.</param>
/// <param name="Message">What the client reads; null for success. Built only on failure.</param>
internal readonly record struct RestFault(int HttpCode, string? Message)
{
    /// <summary>Success.</summary>
    public static RestFault None => default;

    /// <summary>True when the request failed.</summary>
    public bool IsFault => Message is not null;

    /// <summary>A failure of <see cref="RestStatusTable"/>, with optional details after <c>" - "</c> (W§2.1).</summary>
    public static RestFault Of(RestStatus status, string? details = null)
    {
        var text = RestStatusTable.Text(status);
        return new RestFault(RestStatusTable.HttpCode(status), details is null ? text : $"{text} - {details}");
    }

    /// <summary>A failure of the dispatcher.</summary>
    public static RestFault Of(in ServingFault fault) => fault.IsFault ? new RestFault(ServingStatusTable.HttpCode(fault.Status), fault.Message) : None;
}

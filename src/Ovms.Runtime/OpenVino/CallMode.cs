namespace Ovms.Runtime.OpenVino;

/// <summary>How requests of a model call the library.</summary>
public enum CallMode
{
    /// <summary><c>ov_infer_request_infer</c> on the caller's thread: a third of the cost for small models (C§15a).</summary>
    Synchronous,

    /// <summary><c>ov_infer_request_start_async</c>; a callback ends it.</summary>
    Asynchronous,
}

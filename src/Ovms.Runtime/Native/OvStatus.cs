namespace Ovms.Runtime.Native;

/// <summary>Result of a call into the OpenVINO C library.</summary>
/// <remarks>Source: <c>openvino/c/ov_common.h</c>, <c>ov_status_e</c> (C§3). Nearly every user error is <see cref="GeneralError"/>; only the text
/// tells them apart.</remarks>
internal enum OvStatus
{
    Ok = 0,
    GeneralError = -1,
    NotImplemented = -2,
    NetworkNotLoaded = -3,
    ParameterMismatch = -4,
    NotFound = -5,
    OutOfBounds = -6,
    Unexpected = -7,
    RequestBusy = -8,
    ResultNotReady = -9,
    NotAllocated = -10,
    InferNotStarted = -11,
    NetworkNotRead = -12,
    InferCancelled = -13,

    /// <summary>A null or malformed argument. The only failure that stores no text.</summary>
    InvalidParameter = -14,
    UnknownError = -15,
    NotImplementedMethod = -16,

    /// <summary>Something other than an OpenVINO exception was thrown, such as <c>std::bad_alloc</c>.</summary>
    UnknownException = -17,
}

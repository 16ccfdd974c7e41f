namespace Ovms.Server.Rest;

/// <summary>Failures that only REST knows; every other failure is a <see cref="Dispatch.ServingStatus"/>.</summary>
/// <remarks>Source: W§2.2, part "REST routing and parsing"; names as there, in .NET spelling.</remarks>
internal enum RestStatus
{
    /// <summary>Success.</summary>
    Ok = 0,
    JsonInvalid,
    JsonNestingDepthExceeded,
    PathInvalid,
    InvalidUrl,
    UnsupportedMethod,
    NotFound,
    BodyIsNotAnObject,
    PredictUnknownOrder,
    InstancesNotAnArray,
    NamedInstanceNotAnObject,
    InputNotPreallocated,
    NoInstancesFound,
    InstancesNotNamedOrNonamed,
    CouldNotParseInstance,
    InstancesBatchSizeDiffer,
    InputsNotAnObject,
    NoInputsFound,
    CouldNotParseInput,
    InvalidInputFormat,
    ProtoToStringError,
    UnsupportedPrecision,

    /// <summary>The body, inflated, is above the limit; Drogon's 413 has no text of its own.</summary>
    BodyTooLarge,

    /// <summary>The body does not inflate.</summary>
    BodyNotInflatable,

    /// <summary>A <c>Content-Encoding</c> other than gzip, deflate and identity.</summary>
    UnsupportedContentEncoding,

    /// <summary>A part of the API this build does not have.</summary>
    NotImplemented,
}

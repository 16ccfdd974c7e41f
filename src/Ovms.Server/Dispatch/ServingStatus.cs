namespace Ovms.Server.Dispatch;

/// <summary>Every way a request can end. Text, gRPC code and HTTP code of each are in <see cref="ServingStatusTable"/>.</summary>
/// <remarks>Source: W§2.2; names as there, in .NET spelling.</remarks>
internal enum ServingStatus
{
    /// <summary>Success.</summary>
    Ok = 0,
    ModelNameMissing,
    ModelVersionMissing,
    ModelVersionNotLoadedAnymore,
    ModelVersionNotLoadedYet,
    ModelSpecMissing,
    InvalidSignatureDef,
    InvalidNoOfInputs,
    InvalidMissingInput,
    InvalidNoOfShapeDimensions,
    InvalidBatchSize,
    InvalidShape,
    InvalidPrecision,
    InvalidValueCount,
    InvalidContentSize,
    InternalError,
    NotImplemented,
}

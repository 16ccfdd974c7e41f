namespace Ovms.Server.Dispatch;

/// <summary>Every way a request can end. Text, gRPC code and HTTP code of each are in <see cref="ServingStatusTable"/>.</summary>
/// <remarks>Source: W§2.2, in its order; names as there, in .NET spelling. The summaries are the texts clients read.</remarks>
internal enum ServingStatus
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>Model with requested name is not found</summary>
    ModelNameMissing,

    /// <summary>Model with requested version is not found</summary>
    ModelVersionMissing,

    /// <summary>Model with requested name and/or version is not found</summary>
    ModelMissing,

    /// <summary>Model with requested version is retired</summary>
    ModelVersionNotLoadedAnymore,

    /// <summary>Model with requested version is not loaded yet</summary>
    ModelVersionNotLoadedYet,

    /// <summary>Pipeline with requested name is not found</summary>
    PipelineDefinitionNameMissing,

    /// <summary>Pipeline is retired</summary>
    PipelineDefinitionNotLoadedAnymore,

    /// <summary>Pipeline is not loaded yet</summary>
    PipelineDefinitionNotLoadedYet,

    /// <summary>Pipeline execution aborted due to no content from custom node</summary>
    PipelineDemultiplexerNoResults,

    /// <summary>Mediapipe graph definition with requested name is not found</summary>
    MediapipeDefinitionNameMissing,

    /// <summary>Mediapipe is retired</summary>
    MediapipeDefinitionNotLoadedAnymore,

    /// <summary>Mediapipe is not loaded yet</summary>
    MediapipeDefinitionNotLoadedYet,

    /// <summary>Mediapipe execution failed. MP status</summary>
    MediapipeExecutionError,

    /// <summary>Mediapipe graph precondition failed</summary>
    MediapipePreconditionFailed,

    /// <summary>model_spec missing in request</summary>
    ModelSpecMissing,

    /// <summary>invalid model version format in request</summary>
    ModelVersionInvalidFormat,

    /// <summary>Invalid signature name</summary>
    InvalidSignatureDef,

    /// <summary>Invalid number of inputs</summary>
    InvalidNoOfInputs,

    /// <summary>Missing input with specific name</summary>
    InvalidMissingInput,

    /// <summary>Unexpected input</summary>
    InvalidUnexpectedInput,

    /// <summary>Invalid number of shape dimensions</summary>
    InvalidNoOfShapeDimensions,

    /// <summary>Invalid input batch size</summary>
    InvalidBatchSize,

    /// <summary>Invalid input shape</summary>
    InvalidShape,

    /// <summary>Invalid input precision</summary>
    InvalidPrecision,

    /// <summary>Invalid number of values in tensor proto container</summary>
    InvalidValueCount,

    /// <summary>Invalid content size of tensor proto</summary>
    InvalidContentSize,

    /// <summary>Passing buffers both in ModelInferRequest::InferInputTensor::contents and in ModelInferRequest::raw_input_contents is not allowed</summary>
    InvalidMessageStructure,

    /// <summary>Invalid string input</summary>
    InvalidStringInput,

    /// <summary>Inputs inside buffer does not match expected format.</summary>
    InvalidInputFormat,

    /// <summary>Maximum 2D array after string conversion exceeded 1GB</summary>
    InvalidStringMaxSizeExceeded,

    /// <summary>Received binary image input but resource not configured to accept NHWC layout</summary>
    UnsupportedLayout,

    /// <summary>Invalid number of channels in binary input</summary>
    InvalidNoOfChannels,

    /// <summary>Binary input images for this endpoint are required to have the same resolution</summary>
    BinaryImagesResolutionMismatch,

    /// <summary>String val is empty</summary>
    StringValEmpty,

    /// <summary>Bytes contents is empty</summary>
    BytesContentsEmpty,

    /// <summary>Image parsing failed</summary>
    ImageParsingFailed,

    /// <summary>Model could not be reshaped with requested shape</summary>
    ReshapeError,

    /// <summary>Cannot compile model into target device</summary>
    CannotCompileModelIntoTargetDevice,

    /// <summary>Error while loading a model</summary>
    ModelNotLoaded,

    /// <summary>Unsupported deserialization precision</summary>
    OvUnsupportedDeserializationPrecision,

    /// <summary>Internal deserialization error</summary>
    OvInternalDeserializationError,

    /// <summary>Internal inference error</summary>
    OvInternalInferenceError,

    /// <summary>Unsupported serialization precision</summary>
    OvUnsupportedSerializationPrecision,

    /// <summary>Internal serialization error</summary>
    OvInternalSerializationError,

    /// <summary>Internal server error</summary>
    InternalError,

    /// <summary>Functionality not implemented</summary>
    NotImplemented,

    /// <summary>Server is not ready</summary>
    ServerNotReady,

    /// <summary>Unauthorized request due to invalid or missing api-key</summary>
    Unauthorized,

    /// <summary>The file is not valid json</summary>
    JsonInvalid,

    /// <summary>The provided base path is invalid or doesn't exists</summary>
    PathInvalid,

    /// <summary>File not found or cannot open</summary>
    FileInvalid,

    /// <summary>Not a single model version directory has valid numeric name</summary>
    NoModelVersionAvailable,

    /// <summary>ModelInstance not found</summary>
    ModelInstanceNotFound,

    /// <summary>The provided shape is in wrong format</summary>
    ShapeWrongFormat,

    /// <summary>Plugin config is in wrong format</summary>
    PluginConfigWrongFormat,

    /// <summary>Model version policy is in wrong format</summary>
    ModelVersionPolicyWrongFormat,

    /// <summary>Model version policy contains unsupported key</summary>
    ModelVersionPolicyUnsupportedKey,

    /// <summary>JSON nesting depth exceeds the allowed limit</summary>
    JsonNestingDepthExceeded,

    /// <summary>Sequence with provided ID does not exist</summary>
    SequenceMissing,

    /// <summary>Sequence with provided ID already exists</summary>
    SequenceAlreadyExists,

    /// <summary>Sequence ID has not been provided in request inputs</summary>
    SequenceIdNotProvided,

    /// <summary>Unexpected value of sequence control input</summary>
    InvalidSequenceControlInput,

    /// <summary>Could not find sequence id in expected tensor proto field uint64_val</summary>
    SequenceIdBadType,

    /// <summary>Could not find sequence control input in expected tensor proto field uint32_val</summary>
    SequenceControlInputBadType,

    /// <summary>Sequence last request is being processed and it's not available anymore</summary>
    SequenceTerminated,

    /// <summary>Special input proto does not contain tensor shape information</summary>
    SpecialInputNoTensorShape,

    /// <summary>Max sequence number has been reached. Could not create new sequence.</summary>
    MaxSequenceNumberReached,

    /// <summary>Invalid request URL</summary>
    RestInvalidUrl,

    /// <summary>Unsupported method</summary>
    RestUnsupportedMethod,

    /// <summary>Requested REST resource not found</summary>
    RestNotFound,

    /// <summary>Could not parse model version in request</summary>
    RestCouldNotParseVersion,

    /// <summary>Request body should be JSON object</summary>
    RestBodyIsNotAnObject,

    /// <summary>Invalid JSON structure. Could not detect row or column format</summary>
    RestPredictUnknownOrder,

    /// <summary>Invalid JSON structure. Nonamed instance is not an array.</summary>
    RestInstancesNotAnArray,

    /// <summary>Invalid JSON structure. One of named instances is not a JSON object.</summary>
    RestNamedInstanceNotAnObject,

    /// <summary>Internal allocation error</summary>
    RestInputNotPreallocated,

    /// <summary>Invalid JSON structure. Missing instances in row format</summary>
    RestNoInstancesFound,

    /// <summary>Could not detect neither named or nonamed format</summary>
    RestInstancesNotNamedOrNonamed,

    /// <summary>Could not parse instance content. Not valid ndarray detected</summary>
    RestCouldNotParseInstance,

    /// <summary>Invalid JSON structure. Request inputs have different batch sizes</summary>
    RestInstancesBatchSizeDiffer,

    /// <summary>Invalid JSON structure. One of inputs is not a JSON object.</summary>
    RestInputsNotAnObject,

    /// <summary>Invalid JSON structure, missing inputs</summary>
    RestNoInputsFound,

    /// <summary>Could not parse input content. Not valid ndarray detected</summary>
    RestCouldNotParseInput,

    /// <summary>Could not parse output content.</summary>
    RestCouldNotParseOutput,

    /// <summary>Could not parse request parameters</summary>
    RestCouldNotParseParameters,

    /// <summary>Response parsing to JSON error</summary>
    RestProtoToStringError,

    /// <summary>Could not parse input content. Unsupported data precision detected</summary>
    RestUnsupportedPrecision,

    /// <summary>Size of data in tensor_content does not match declared tensor shape</summary>
    RestSerializeTensorContentInvalidSize,

    /// <summary>Number of elements in xxx_val field does not match declared tensor shape</summary>
    RestSerializeValFieldInvalidSize,

    /// <summary>Decode Base64 to string error</summary>
    RestBase64DecodeError,

    /// <summary>Inference-Header-Content-Length header is invalid and couldn't be parsed</summary>
    RestInferenceHeaderContentLengthInvalid,

    /// <summary>Inference-Header-Content-Length header exceeds actual payload length</summary>
    RestInferenceHeaderContentLengthExceeded,

    /// <summary>binary_data_size parameter is invalid and cannot be parsed</summary>
    RestBinaryDataSizeParameterInvalid,

    /// <summary>Received buffer size is smaller than binary_data_size parameter indicates</summary>
    RestBinaryBufferExceeded,

    /// <summary>Request contains values both in binary data and in content value</summary>
    RestContentsFieldNotEmpty,

    /// <summary>The client gave up. Not in W§2.2: upstream does not honour deadlines and has no bound on waiting.</summary>
    RequestCancelled,

    /// <summary>The deadline passed before the answer was there. Not in W§2.2: upstream does not honour deadlines and has no bound on waiting.</summary>
    DeadlineExceeded,

    /// <summary>The model's waiting queue is full. Not in W§2.2: upstream does not honour deadlines and has no bound on waiting.</summary>
    QueueFull,

    /// <summary>The request's tensors do not fit the memory limits. Not in W§2.2: upstream does not honour deadlines and has no bound on waiting.</summary>
    OutOfMemory,

    /// <summary>The body, inflated, is above the limit. Not in W§2.2: Drogon answers 413 without a text of OVMS.</summary>
    RestBodyTooLarge,

    /// <summary>The body does not inflate. Not in W§2.2: upstream inflates nothing.</summary>
    RestBodyNotInflatable,

    /// <summary>A <c>Content-Encoding</c> that is not known. Not in W§2.2: upstream inflates nothing.</summary>
    RestUnsupportedContentEncoding,

    /// <summary>The body ends early, breaks its framing, or its sender is gone. Not in W§2.2: Drogon answers 400 without a text of OVMS.</summary>
    RestBodyNotReadable,

    /// <summary>The body arrives too slowly. Not in W§2.2.</summary>
    RestBodyTooSlow,
}

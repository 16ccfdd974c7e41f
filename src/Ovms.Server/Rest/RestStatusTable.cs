namespace Ovms.Server.Rest;

/// <summary>The one table from <see cref="RestStatus"/> to text and HTTP code (W§2.2).</summary>
internal static class RestStatusTable
{
    /// <summary>The fixed text.</summary>
    public static string Text(RestStatus status) => status switch
    {
        RestStatus.Ok => "",
        RestStatus.JsonInvalid => "The file is not valid json",
        RestStatus.JsonNestingDepthExceeded => "JSON nesting depth exceeds the allowed limit",
        RestStatus.PathInvalid => "The provided base path is invalid or doesn't exists",
        RestStatus.InvalidUrl => "Invalid request URL",
        RestStatus.UnsupportedMethod => "Unsupported method",
        RestStatus.NotFound => "Requested REST resource not found",
        RestStatus.BodyIsNotAnObject => "Request body should be JSON object",
        RestStatus.PredictUnknownOrder => "Invalid JSON structure. Could not detect row or column format",
        RestStatus.InstancesNotAnArray => "Invalid JSON structure. Nonamed instance is not an array.",
        RestStatus.NamedInstanceNotAnObject => "Invalid JSON structure. One of named instances is not a JSON object.",
        RestStatus.InputNotPreallocated => "Internal allocation error",
        RestStatus.NoInstancesFound => "Invalid JSON structure. Missing instances in row format",
        RestStatus.InstancesNotNamedOrNonamed => "Could not detect neither named or nonamed format",
        RestStatus.CouldNotParseInstance => "Could not parse instance content. Not valid ndarray detected",
        RestStatus.InstancesBatchSizeDiffer => "Invalid JSON structure. Request inputs have different batch sizes",
        RestStatus.InputsNotAnObject => "Invalid JSON structure. One of inputs is not a JSON object.",
        RestStatus.NoInputsFound => "Invalid JSON structure, missing inputs",
        RestStatus.CouldNotParseInput => "Could not parse input content. Not valid ndarray detected",
        RestStatus.InvalidInputFormat => "Inputs inside buffer does not match expected format.",
        RestStatus.ProtoToStringError => "Response parsing to JSON error",
        RestStatus.UnsupportedPrecision => "Could not parse input content. Unsupported data precision detected",
        RestStatus.BodyTooLarge => "Request body is too large",
        RestStatus.BodyNotInflatable => "Request body does not match its Content-Encoding",
        RestStatus.UnsupportedContentEncoding => "Unsupported Content-Encoding",
        RestStatus.NotImplemented => "Functionality not implemented",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "no text"),
    };

    /// <summary>The HTTP status code.</summary>
    public static int HttpCode(RestStatus status) => status switch
    {
        RestStatus.Ok => 200,
        RestStatus.JsonInvalid => 412,
        RestStatus.UnsupportedMethod => 406,
        RestStatus.NotFound => 404,
        RestStatus.InputNotPreallocated or RestStatus.ProtoToStringError => 500,
        RestStatus.BodyTooLarge => 413,
        RestStatus.UnsupportedContentEncoding => 415,
        RestStatus.NotImplemented => 501,
        _ => 400,
    };
}

using System.Buffers.Text;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;
using Ovms.Server.Routing;

namespace Ovms.Server.Rest.TfServing;

/// <summary>The <c>/v1</c> API: routes a request to its endpoint (W§3.1). Labels are accepted and ignored: the default version answers.</summary>
[RestEndpoints]
internal sealed partial class TfServingEndpoints : IDisposable
{
    private readonly RestServerOptions _options;
    private readonly PredictEndpoint _predict;
    private readonly StatusEndpoint _status;
    private readonly MetadataEndpoint _metadata;

    public TfServingEndpoints(RestServerOptions options, Dispatcher dispatcher)
    {
        _options = options;
        _predict = new PredictEndpoint(options, dispatcher);
        _status = new StatusEndpoint(dispatcher);
        _metadata = new MetadataEndpoint(dispatcher);
        Memory = new TensorMemoryPool(options.MaxPooledBytes);
    }

    /// <summary>Memory of the tensors being parsed.</summary>
    public TensorMemoryPool Memory { get; }

    /// <summary>Answers one request.</summary>
    public ValueTask HandleAsync(RestExchange exchange)
    {
        // Step 1: what needs no path, in upstream's order.
        if (exchange.Verb == RestVerb.Options)
        {
            exchange.Begin(200, 0);
            return ValueTask.CompletedTask;
        }

        if (Climbs(exchange.Path))
        {
            return RefuseAsync(exchange, ServingStatus.PathInvalid);
        }

        if (exchange.Verb == RestVerb.Other)
        {
            return RefuseAsync(exchange, ServingStatus.RestUnsupportedMethod);
        }

        // Step 2: the endpoint. HEAD is GET without a body, which the transport leaves out.
        var outcome = Match(exchange.Verb == RestVerb.Post ? "POST"u8 : "GET"u8, exchange.Path, out var route, out var values);
        if (outcome != RouteOutcome.Matched)
        {
            return RefuseAsync(exchange, outcome == RouteOutcome.WrongVerb ? ServingStatus.RestUnsupportedMethod : ServingStatus.RestInvalidUrl);
        }

        // Step 3: the servable addressed.
        var connection = Connection(exchange);
        connection.Address(values.Model.Of(exchange.Path), ParseVersion(values.Version.Of(exchange.Path)));
        return Dispatch(route, exchange, connection);
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();

    // Whether the path climbs: "/../" inside, "../" in front, "/.." at the end.
    private static bool Climbs(ReadOnlySpan<byte> path) =>
        path.IndexOf("/../"u8) >= 0 || path.StartsWith("../"u8) || path.EndsWith("/.."u8);

    // No digits stand for the default version; a number beyond 63 bits for one that no model has.
    private static long ParseVersion(ReadOnlySpan<byte> digits) =>
        digits.IsEmpty ? 0 : Utf8Parser.TryParse(digits, out long version, out _) ? version : TfServingConnection.NoSuchVersion;

    private static ValueTask RefuseAsync(RestExchange exchange, ServingStatus status) =>
        RestErrorWriter.WriteAsync(exchange, new ServingFault(status));

    [RestRoute("POST", "?/v1/models/{model}[/versions/{version:digits}]:predict")]
    [RestRoute("POST", "?/v1/models/{model}/labels/{label:word}:predict")]
    private ValueTask PredictAsync(RestExchange exchange, TfServingConnection connection) => _predict.HandleAsync(exchange, connection);

    [RestRoute("POST", "?/v1/models/{model}[/versions/{version:digits}]:classify")]
    [RestRoute("POST", "?/v1/models/{model}/labels/{label:word}:classify")]
    private ValueTask ClassifyAsync(RestExchange exchange, TfServingConnection connection) => RefuseAsync(exchange, ServingStatus.RestNotFound);

    [RestRoute("POST", "?/v1/models/{model}[/versions/{version:digits}]:regress")]
    [RestRoute("POST", "?/v1/models/{model}/labels/{label:word}:regress")]
    private ValueTask RegressAsync(RestExchange exchange, TfServingConnection connection) => RefuseAsync(exchange, ServingStatus.RestNotFound);

    [RestRoute("GET", "?/v1/models[/{model}][/versions/{version:digits}]")]
    [RestRoute("GET", "?/v1/models[/{model}]/labels/{label:word}")]
    private ValueTask StatusAsync(RestExchange exchange, TfServingConnection connection) => _status.HandleAsync(exchange, connection);

    [RestRoute("GET", "?/v1/models[/{model}][/versions/{version:digits}]/metadata")]
    [RestRoute("GET", "?/v1/models[/{model}]/labels/{label:word}/metadata")]
    private ValueTask MetadataAsync(RestExchange exchange, TfServingConnection connection) => _metadata.HandleAsync(exchange, connection);

    [RestRoute("GET", "?/v1/config")]
    private ValueTask ConfigAsync(RestExchange exchange, TfServingConnection connection) =>
        RestErrorWriter.WriteConfigAsync(exchange, new ServingFault(ServingStatus.NotImplemented));

    [RestRoute("POST", "?/v1/config/reload")]
    private ValueTask ReloadConfigAsync(RestExchange exchange, TfServingConnection connection) =>
        RestErrorWriter.WriteConfigAsync(exchange, new ServingFault(ServingStatus.NotImplemented));

    private TfServingConnection Connection(RestExchange exchange)
    {
        if (exchange.ConnectionState is not TfServingConnection connection)
        {
            connection = new TfServingConnection(Memory, _options);
            exchange.ConnectionState = connection;
        }

        return connection;
    }
}

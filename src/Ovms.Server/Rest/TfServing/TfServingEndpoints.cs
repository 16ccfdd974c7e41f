using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Rest.TfServing;

/// <summary>The <c>/v1</c> API: routes a request to its endpoint (W§3.1).</summary>
internal sealed class TfServingEndpoints : IDisposable
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
        if (exchange.Verb == RestVerb.Options)
        {
            exchange.Begin(200, 0);
            return ValueTask.CompletedTask;
        }

        if (RestRouter.Climbs(exchange.Path))
        {
            return RestErrorWriter.WriteAsync(exchange, new ServingFault(ServingStatus.PathInvalid));
        }

        if (exchange.Verb == RestVerb.Other)
        {
            return RestErrorWriter.WriteAsync(exchange, new ServingFault(ServingStatus.RestUnsupportedMethod));
        }

        var route = RestRouter.Match(exchange.Path);
        if (route.Resource == RestResource.None)
        {
            return RestErrorWriter.WriteAsync(exchange, new ServingFault(ServingStatus.RestInvalidUrl));
        }

        var isPost = exchange.Verb == RestVerb.Post;
        var wantsPost = route.Resource is RestResource.Predict or RestResource.ClassifyOrRegress or RestResource.ConfigReload;
        return isPost == wantsPost
            ? AnswerAsync(exchange, route)
            : RestErrorWriter.WriteAsync(exchange, new ServingFault(ServingStatus.RestUnsupportedMethod));
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();

    private ValueTask AnswerAsync(RestExchange exchange, in RestRoute route)
    {
        var connection = Connection(exchange);
        return route.Resource switch
        {
            RestResource.Predict => _predict.HandleAsync(exchange, connection, route),
            RestResource.Status => _status.HandleAsync(exchange, connection, route),
            RestResource.Metadata => _metadata.HandleAsync(exchange, connection, route),
            RestResource.ClassifyOrRegress => RestErrorWriter.WriteAsync(exchange, new ServingFault(ServingStatus.RestNotFound)),
            _ => RestErrorWriter.WriteConfigAsync(exchange, new ServingFault(ServingStatus.NotImplemented)),
        };
    }

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

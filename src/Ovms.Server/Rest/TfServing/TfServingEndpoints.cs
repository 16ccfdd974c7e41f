using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

/// <summary>The <c>/v1</c> API: routes a request to its endpoint (W§3.1).</summary>
internal sealed class TfServingEndpoints : IDisposable
{
    private readonly RestServerOptions _options;
    private readonly Dispatcher _dispatcher;

    public TfServingEndpoints(RestServerOptions options, Dispatcher dispatcher)
    {
        (_options, _dispatcher) = (options, dispatcher);
    }

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
            return RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.PathInvalid));
        }

        if (exchange.Verb == RestVerb.Other)
        {
            return RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.UnsupportedMethod));
        }

        var route = RestRouter.Match(exchange.Path);
        if (route.Resource == RestResource.None)
        {
            return RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.InvalidUrl));
        }

        var isPost = exchange.Verb == RestVerb.Post;
        var wantsPost = route.Resource is RestResource.Predict or RestResource.ClassifyOrRegress or RestResource.ConfigReload;
        return isPost == wantsPost
            ? AnswerAsync(exchange, route)
            : RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.UnsupportedMethod));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private ValueTask AnswerAsync(RestExchange exchange, in RestRoute route)
    {
        switch (route.Resource)
        {
            case RestResource.ClassifyOrRegress:
                return RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.NotFound));
            case RestResource.Config or RestResource.ConfigReload:
                return RestErrorWriter.WriteConfigAsync(exchange, RestFault.Of(RestStatus.NotImplemented));
            default:
                return RestErrorWriter.WriteAsync(exchange, RestFault.Of(RestStatus.NotImplemented));
        }
    }
}
